"""The section on labels: two kinds of negatives, two sets of labels."""

import pytest

from reports import label_quality
from reports.page import render


def line(row, finding, key, kind, auc, **more):
    ends = {"auc": auc, "auc_low": auc - 0.02, "auc_high": auc + 0.02}
    counts = {"n": 240, "positives": 12, "patients": 9}
    return {"row": row, "finding": finding, key: kind, **counts, **ends, "note": "", **more}


@pytest.fixture
def labelled(little):
    """A run judged against both kinds of negatives and by both sets of labels."""
    negatives, second = [], []
    for row, base in (("metadata_xgboost", 0.6), ("cnn6", 0.7)):
        for finding in ("Mass", "macro"):
            lift = {"lift": 0.033, "lift_low": 0.01, "lift_high": 0.05}
            negatives += [
                line(row, finding, "negatives", "all", base, lift=None),
                line(row, finding, "negatives", "no finding", base + 0.033, n=130, **lift),
            ]
            change = {"change": -0.1, "change_low": -0.12, "change_high": -0.08}
            cells = {"both": 8.0, "first_only": 4, "second_only": 2, "neither": 226, "kappa": 0.71}
            second += [
                line(row, finding, "labels", "first", base),
                line(row, finding, "labels", "panel.csv", base - 0.1, **change, **cells),
            ]
    little["tables"] = {"negatives": negatives, "second_labels": second}
    return little


def test_both_kinds_of_negatives_stand_in_one_line_a_row_the_leader_first(labelled):
    table = label_quality.negatives(labelled, means=True)
    assert [column.label for column in table.columns] == [
        *("Row", "AUC, all negatives", "Images, no finding", "AUC, no finding", "Lift")
    ]
    assert [[cell.text for cell in it.cells] for it in table.lines] == [
        ["cnn6", "0.700", "130", "0.733", "0.033"],
        ["metadata_xgboost", "0.600", "130", "0.633", "0.033"],
    ]


def test_findings_have_a_table_of_their_own(labelled):
    table = label_quality.negatives(labelled, means=False)
    assert [it.cells[1].text for it in table.lines] == ["Mass", "Mass"]


def test_agreement_is_told_once_for_all_rows(labelled):
    second = label_quality.section(labelled, "run")["second"]
    assert [[cell.text for cell in it.cells] for it in second["agreed"].lines] == [
        ["Mass", "8", "4", "2", "226", "0.710"]
    ]
    assert [it.row for it in second["macro"].lines] == ["cnn6", "metadata_xgboost"]


def test_the_page_names_the_second_file_and_is_silent_without_one(labelled, summary):
    assert "<code>panel.csv</code>" in render(labelled)
    labelled["tables"]["second_labels"] = []
    page = render(labelled)
    assert "Second labels" not in page
    assert 'id="run-labels"' in page
    assert label_quality.section(summary, "run") == {}
