"""The section on cost: what the table shows, and when it is left out."""

import pytest

from reports import cost
from reports.page import render
from reports.tables import EMPTY, write


def cells(table, row):
    line = next(line for line in table.lines if line.row == row)
    return {column.label: c for column, c in zip(table.columns, line.cells, strict=True)}


def test_each_finished_row_has_its_figures(summary):
    table = cost.table(summary)
    assert [line.row for line in table.lines] == [
        row["name"] for row in summary["rows"] if row["status"] == "done"
    ]
    shown = {label: cell.text for label, cell in cells(table, "cnn6").items()}
    assert (shown["Parameters"], shown["Epoch"]) == ("1.2 M", "4.1 s")
    assert (shown["Images/s, fit"], shown["Saved"]) == ("206", "5 MB")


def test_what_a_row_does_not_have_says_why(summary):
    shown = cells(cost.table(summary), "hog_lbp_xgboost")
    assert (shown["Parameters"].text, shown["Parameters"].hint) == (EMPTY, "not a network")
    assert shown["Trees"].text == "2,800"
    assert cells(cost.table(summary), "cnn6")["Trees"].hint == "no boosted trees"


def test_the_machine_is_a_column_only_where_there_are_several(summary):
    labels = [column.label for column in cost.table(summary).columns]
    assert "Machine" not in labels
    assert "GPU memory" not in labels
    assert cost.machine(summary) == "AMD EPYC 7B13, 2 cores"

    summary["rows"][0]["cost"] |= {"device": "NVIDIA H200", "peak_device_memory": 3_000_000_000}

    shown = cells(cost.table(summary), "cnn6")
    assert (shown["Machine"].text, shown["GPU memory"].text) == ("NVIDIA H200, 2 cores", "3.0 GB")
    assert cost.machine(summary) is None


def test_the_same_processor_with_more_cores_is_another_machine(summary):
    row = next(row for row in summary["rows"] if row["name"] == "cnn6")
    row["machine"] = row["machine"] | {"cores": 64}
    assert cells(cost.table(summary), "cnn6")["Machine"].text == "AMD EPYC 7B13, 64 cores"
    assert cost.machine(summary) is None


def test_a_run_made_before_a_figure_was_measured_is_shown_without_it(summary):
    for row in summary["rows"]:
        del row["options"], row["machine"]
        row["cost"] = {key: row["cost"][key] for key in ("seconds_fit",) if row["cost"]}
    table = cost.table(summary)
    assert [column.label for column in table.columns] == ["Row", "AUC", "Fit"]
    assert len(cost.drawings(summary, "run")) == 1


def test_auc_is_drawn_against_time_and_size(summary):
    drawn = cost.drawings(summary, "run")
    assert [panel.title for panel in drawn] == [
        "AUC against the time of the fit",
        "AUC against the size of the saved model",
    ]
    for row in summary["rows"]:
        assert (f">{row['name']}<" in drawn[0].svg) == (row["status"] == "done")


def test_without_an_auc_nothing_is_drawn_and_the_table_stays(little):
    little["metrics"] = []
    assert cost.drawings(little, "run") == []
    assert 'id="run-cost"' in render(little)


@pytest.mark.parametrize("rows", [[], [{"name": "cnn6", "status": "failed", "cost": {}}]])
def test_without_figures_there_is_no_section(rows):
    assert "run-cost" not in render({"rows": rows})


def test_the_page_names_device_and_figures(simulated):
    page = render(simulated)
    assert "What each row took on AMD EPYC 7B13, 2 cores, features" in page
    assert f'data-sort="{simulated["rows"][0]["cost"]["seconds_fit"]:.6g}"' in page


@pytest.mark.parametrize(
    ("rate", "text"), [(8.42, "8.4"), (206.4, "206"), (12_345.6, "12,346"), (None, EMPTY)]
)
def test_a_rate_is_written_with_the_digits_that_count(rate, text):
    assert write(rate, "rate") == text
