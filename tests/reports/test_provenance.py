"""What was run: facts, rows with where they come from, options."""

from reports import provenance
from reports.page import render


def labels(table):
    return [column.label for column in table.columns]


def test_rows_of_this_machine_and_these_libraries_name_neither(summary):
    shown = labels(provenance.rows_table(summary))
    assert "Machine" not in shown and "Versions" not in shown
    assert "Fitted" in shown


def test_a_kept_row_says_on_which_machine_and_with_what_it_was_fitted(summary):
    row = summary["rows"][0]
    row["machine"] = {"cpu": "AMD EPYC", "cores": 1, "memory": 64_000_000_000, "system": "Linux"}
    row["versions"] = row["versions"] | {"keras": "3.8.0"}
    first, second, *_ = provenance.rows_table(summary).records
    assert first["machine"] == "AMD EPYC, 1 core, 64.0 GB"
    assert first["versions"] == "keras 3.8.0"
    assert second["machine"] == provenance.machine_words(summary["provenance"]["machine"])
    assert second["versions"] == ""


def test_a_run_that_was_reported_elsewhere_says_where_its_rows_were_fitted(summary):
    summary["provenance"]["machine"] = {"cpu": "M1", "cores": 8, "memory": None, "system": ""}
    table = provenance.rows_table(summary)
    assert "Machine" in labels(table)
    assert {record["machine"] for record in table.records} >= {"AMD EPYC 7B13, 2 cores, 8.3 GB"}


def test_a_row_of_which_nothing_is_known_says_nothing(summary):
    for row in summary["rows"]:
        del row["machine"], row["versions"], row["finished"]
    assert not {"Machine", "Versions", "Fitted"} & set(labels(provenance.rows_table(summary)))


def test_a_file_of_weights_is_told_by_its_content_and_a_word_by_itself(summary):
    first, second, *_ = summary["rows"]
    first |= {"weights": "mine.h5", "facts": {"weights_digest": "0123456789abcdef"}}
    second |= {"weights": "imagenet", "facts": {"weights_digest": "imagenet"}}
    said = [record["weights"] for record in provenance.rows_table(summary).records[:2]]
    assert said == ["mine.h5, BLAKE2b 0123456789abcdef", "imagenet"]


def test_options_stand_side_by_side(summary):
    summary["rows"][0]["options"] = {"epochs": 12, "balanced": True, "features": ["hog", "lbp"]}
    table = provenance.options_table(summary)
    record = {it["option"]: it[summary["rows"][0]["name"]] for it in table.records}
    assert record | {"rounds": None} == {
        **dict.fromkeys(record),
        "epochs": "12",
        "balanced": "yes",
        "features": "hog, lbp",
    }
    assert labels(table)[0] == "Option"


def test_the_page_tells_run_and_rows_and_leaves_out_what_is_not_known(summary):
    page = render(summary)
    assert "Report made" in page and "cxrbench run demo" in page
    for row in summary["rows"]:
        row["options"] = {}
    summary["provenance"]["git"] = "84558018abaf"
    page = render(summary)
    assert "Every option" not in page and "84558018abaf" in page
