"""Tables: what a cell says, and the files that records become."""

import csv
import io
import json

import pytest

from reports import views
from reports.tables import EMPTY, Cell, Column, Line, Table, cell, write
from reports.writers import to_csv, to_json, to_latex, to_markdown

COLUMNS = (Column("row", "Row", "row"), Column("auc", "AUC"), Column("seconds", "Time", "seconds"))
RECORDS = [
    {"row": "hog_lbp", "auc": 0.7123456789, "seconds": 61.2},
    {"row": 'a,"b"|$\n<i>', "auc": None, "seconds": float("nan")},
]


def table(records, columns=COLUMNS):
    lines = [Line([cell(record, column) for column in columns]) for record in records]
    return Table("some", "Some rows", columns, lines, records)


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0.71249, "score", "0.712"),
        (0, "score", "0.000"),
        (-0.0002, "score", "0.000"),
        (0.0125, "share", "1.2%"),
        (25596, "count", "25,596"),
        (24_643_982, "millions", "24.6 M"),
        (0.01, "seconds", "< 0.1 s"),
        (9.94, "seconds", "9.9 s"),
        (59.7, "seconds", "1 min 0 s"),
        (3725, "seconds", "1 h 2 min"),
        (999, "bytes", "999 B"),
        (8_350_000_000, "bytes", "8.3 GB"),
        (None, "score", EMPTY),
        (float("nan"), "count", EMPTY),
    ],
)
def test_a_value_is_written_as_it_is_read(value, form, text):
    assert write(value, form) == text


def test_an_empty_cell_tells_why():
    made = cell({"auc": None}, Column("auc", "AUC"), reason="no positive among 240 images")
    assert (made.text, made.hint) == (EMPTY, "no positive among 240 images")


def test_a_duration_is_sorted_by_its_seconds_not_by_its_words():
    assert cell({"t": 61.2}, Column("t", "Time", "seconds")).sort == 61.2


def test_csv_keeps_every_digit_and_reads_back():
    lines = list(csv.DictReader(io.StringIO(to_csv(RECORDS))))
    assert lines[0] == {"row": "hog_lbp", "auc": "0.7123456789", "seconds": "61.2"}
    assert lines[1] == {"row": RECORDS[1]["row"], "auc": "", "seconds": ""}


def test_a_value_that_only_a_later_record_has_is_a_column_and_a_nested_one_is_none():
    records = [{"row": "a", "cost": {"seconds": 1}}, {"row": "b", "note": "late"}]
    assert to_csv(records) == "row,note\na,\nb,late\n"


def test_a_line_that_spans_columns_is_in_no_file():
    board = table(RECORDS)
    board.lines.append(Line([Cell("cnn6"), Cell("failed: disk full", span=2)]))
    assert "cnn6" not in to_markdown(board) + to_latex(board)


def test_latex_takes_a_leading_bracket_for_text():
    text = to_latex(table([{"row": "[0.1, 0.2] ≥ \N{MINUS SIGN}1 | <b>"}], COLUMNS[:1]))
    assert r"{[0.1, 0.2] $\geq$ $-$1 \textbar{} \textless{}b\textgreater{}} \\" in text


def test_csv_of_nothing_is_its_header():
    assert to_csv([], COLUMNS) == "row,auc,seconds\n"


def test_json_has_null_where_a_value_is_missing():
    assert json.loads(to_json(RECORDS))[1] == {
        "row": RECORDS[1]["row"],
        "auc": None,
        "seconds": None,
    }


def test_markdown_keeps_a_hostile_name_in_its_cell():
    lines = to_markdown(table(RECORDS)).splitlines()
    assert lines[0] == "| Row | AUC | Time |"
    assert lines[1] == "| :-- | --: | --: |"
    assert lines[2] == "| hog\\_lbp | 0.712 | 1 min 1 s |"
    assert len(lines) == 4
    assert lines[3] == f'| a,"b"\\|$ \\<i> | {EMPTY} | {EMPTY} |'


def test_latex_escapes_what_latex_reads():
    text = to_latex(table([{"row": r"a_b & 50% \x {y} $z$ #1 ~ ^"}], COLUMNS[:1]))
    assert (
        r"a\_b \& 50\% \textbackslash{}x \{y\} \$z\$ \#1 \textasciitilde{} \textasciicircum{} \\"
    ) in text
    assert text.startswith("\\begin{tabular}{l}\n\\toprule")


def test_the_leaderboard_ranks_by_macro_auc_with_failures_at_the_foot(summary):
    board = views.leaderboard(summary, "test")
    scores = [record["auc"] for record in board.records]
    assert scores == sorted(scores, reverse=True)
    assert board.lines[-1].row == "densenet121"
    assert board.lines[-1].cells[1].text == "failed: out of memory: 2.1 GB asked for, 1.4 GB free"


def test_a_column_that_nobody_fills_is_left_out(summary):
    for row in summary["rows"]:
        row["peak_memory"] = None
    assert "Memory" not in [column.label for column in views.leaderboard(summary, "test").columns]


def test_the_matrix_marks_the_best_of_each_finding(summary):
    grid = views.matrix(summary, "auc")
    rows = [column.key for column in grid.columns[2:]]
    for record, line in zip(grid.records, grid.lines, strict=True):
        given = {row: record[row] for row in rows if record[row] is not None}
        best = {row for row, made in zip(rows, line.cells[2:], strict=True) if "best" in made.style}
        assert best == {row for row in given if given[row] == max(given.values())}


def test_a_finding_that_the_part_lacks_is_empty_with_its_reason(summary):
    grid = views.matrix(summary, "auc")
    hernia = next(line for line in grid.lines if line.cells[0].text == "Hernia")
    assert hernia.cells[1].text == "0"
    assert {made.text for made in hernia.cells[2:]} == {EMPTY}
    assert {made.hint for made in hernia.cells[2:]} == {"no positive among 240 images"}


def test_every_metric_is_listed_once(summary):
    listed = views.per_finding(summary)
    assert len(listed.lines) == len(summary["metrics"])
    assert {record["part"] for record in listed.records} == {"train", "valid", "test"}


@pytest.mark.parametrize("form", ["bar", "estimate"])
def test_an_interval_stands_behind_its_figure_on_the_page_and_in_files(form):
    column = Column("auc", "AUC", form)
    record = {"auc": 0.71249, "auc_low": 0.68, "auc_high": 0.7444}
    made = cell(record, column)
    assert (made.text, made.aside, made.bounds) == ("0.712", "[0.680, 0.744]", (0.68, 0.7444))
    assert made.sort == 0.71249
    assert "0.712 [0.680, 0.744] \\\\" in to_latex(table([record], [column]))


def test_without_bounds_a_figure_stands_alone():
    made = cell({"auc": 0.7, "auc_low": None}, Column("auc", "AUC", "estimate"))
    assert (made.text, made.aside, made.bounds) == ("0.700", "", None)
