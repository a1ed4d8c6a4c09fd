"""The section on subgroups: who is in the parts, gaps, and every figure."""

import pytest

from reports import subgroups
from reports.page import render
from reports.tables import EMPTY

GROUPS = {
    "sex": {"F": "M", "M": "F"},
    "age": {"under 18": "all others", "18 to 39": "all others", "unknown": ""},
}


def line(row, finding, axis, value, auc, gap):
    """One line of the table; an interval of ± 0.03, and none where the AUC is None."""
    figures = {}
    for name, figure in (("auc", auc), ("ap", auc and auc / 2), ("gap", gap)):
        ends = (None, None) if figure is None else (figure - 0.03, figure + 0.03)
        figures |= {name: figure, f"{name}_low": ends[0], f"{name}_high": ends[1]}
    counts = {"n": 120, "group_patients": 40, "positives": 12, "patients": 9 if auc is None else 11}
    told = {"row": row, "finding": finding, "group": axis, "value": value}
    note = "too small: 9 patients" if auc is None else ""
    return {**told, **counts, **figures, "other": GROUPS[axis][value], "note": note}


@pytest.fixture
def grouped(little):
    """A run of two finished rows in which Mass is too rare in one group."""
    lines = []
    for row, base in (("cnn6", 0.7), ("metadata_xgboost", 0.6)):
        for finding in ("Mass", "macro"):
            lines += [
                line(row, finding, "sex", "F", base, -0.05),
                line(row, finding, "sex", "M", base + 0.05, 0.05),
                line(row, finding, "age", "under 18", None if finding == "Mass" else 0.6, None),
                line(row, finding, "age", "18 to 39", base, 0.01),
                line(row, finding, "age", "unknown", base, None),
            ]
    people = {
        "part": "test",
        **{"images": 240, "patients": 80, "shared_patients": 0, "female": 30, "male": 50},
        **{"sex_unknown": 0, "age_median": 47.0, "age_quarter": 33.5, "age_three_quarters": 60.0},
        **{"age_unknown": 3, "pa": 140, "ap": 100, "view_unknown": 0, "first": 80},
        "follow_up": 160,
    }
    little["tables"] = {"subgroups": lines, "characteristics": [people]}
    return little


def texts(line):
    return [cell.text for cell in line.cells]


def test_a_gap_of_two_groups_is_told_once_and_of_more_for_each(grouped):
    table = subgroups.gaps(grouped)
    assert [column.label for column in table.columns] == [*("Row", "F less M", "Age 18 to 39")]
    (cnn6, floor) = table.lines
    assert cnn6.cells[1].text == "-0.050"
    assert cnn6.cells[1].aside == "[-0.080, -0.020]"
    assert (cnn6.row, floor.row) == ("cnn6", "metadata_xgboost")


def test_a_gap_whose_interval_leaves_out_zero_stands_out(grouped):
    (cnn6, _) = subgroups.gaps(grouped).lines
    assert [cell.style for cell in cnn6.cells] == ["", "apart", ""]


def test_every_line_is_there_and_an_empty_figure_says_why_once(grouped):
    table = subgroups.every_group(grouped)
    assert len(table.records) == 20
    empty = [it for it in table.records if it["auc"] is None]
    groups = {(it["finding"], it["group"], it["value"]) for it in empty}
    assert len(table.lines) == 20 - len(empty) + len(groups)
    (few, *_) = (it for it in table.lines if texts(it)[1:4] == ["Mass", "Age", "under 18"])
    auc = few.cells[[column.key for column in table.columns].index("auc")]
    assert (auc.text, auc.hint) == (EMPTY, "too small: 9 patients")
    assert texts(few)[0] == subgroups.EVERY_ROW


def test_unknown_columns_are_shown_where_something_is_unknown(grouped):
    table = subgroups.characteristics(grouped)
    assert [column.key for column in table.columns if "unknown" in column.key] == ["age_unknown"]
    assert "47 (33.5 to 60)" in texts(table.lines[0])


def test_each_axis_is_drawn_with_a_mark_for_every_row_and_group(grouped):
    by_sex, by_age = subgroups.panels(grouped, "run")
    assert (by_sex.title, by_age.title) == ("Sex", "Age")
    assert "cnn6, F: 0.700 [0.670, 0.730]" in by_sex.svg
    assert "120 images" in by_age.svg


def test_the_section_is_in_the_page_and_left_out_where_there_is_nothing(grouped, summary):
    page = render(grouped)
    assert 'id="run-subgroups"' in page
    assert "of 4 gaps that are all 0" in page
    assert "Too small for a gap: Age under 18." in page
    assert subgroups.section(summary, "run") == {}
    grouped["tables"]["subgroups"] = []
    assert "Who is in the parts" in render(grouped)
