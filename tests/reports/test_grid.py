"""The page of a grid: what it ranks, what it says of its spread, where it leads."""

import copy
import re

import pytest

from reports import grid
from reports.marks import Marks
from reports.page import fragment, render
from reports.tables import EMPTY, Column, Line, Table, cell
from reports.writers import to_csv, to_latex, to_markdown

HOSTILE = "<script>alert(1)</script>'&amp; $x$ `|` שלום"
AUCS = {"hog": (0.70, 0.74), "metadata": (0.61, 0.59), "prevalence": (0.5, 0.5)}


def figure(row, finding, auc, sd, setting=""):
    line = {"row": row, "finding": finding, "setting": setting}
    for metric in ("auc", "ap", "precision", "recall", "f1"):
        line |= {metric: auc, f"{metric}_sd": sd, f"{metric}_cells": 2}
        line |= {f"{metric}_sd_split": sd, f"{metric}_sd_training": 0.003}
    return line


def row(name, kind, **more):
    return {"name": name, "title": name, "kind": kind, "status": "done", "reason": None} | more


def cells():
    return [
        {
            "name": f"split.seed={seed}",
            "at": f"split.seed = {seed}",
            "drawn": f"split.seed = {seed}",
            "report": f"cells/split.seed={seed}/report.html",
            "split": f"{seed:016x}",
            "test": 210,
            "auc": {name: aucs[seed] for name, aucs in AUCS.items()},
            "setting": dict.fromkeys(AUCS, ""),
            "failed": {"cnn6": "disk full"} if seed else {},
        }
        for seed in (0, 1)
    ]


SUMMARY = {
    "name": "small",
    "title": "A small grid",
    "data": {"source": "nih", "images": 1050, "patients": 844},
    "findings": [{"name": "Mass", "label": "Mass"}, {"name": "Hernia", "label": "Hernia"}],
    "rows": [
        row("prevalence", "floor"),
        row("metadata", "floor"),
        row("hog", "classical"),
        row("cnn6", "deep", status="failed", reason="disk full"),
    ],
    "grid": {
        "varies": "Cells differ in split.seed (0, 1).",
        "folds": "",
        "caution": "Cells share radiographs.",
        "sources": ["split"],
        "averaged": 2,
        "figures": [
            figure(name, finding, sum(aucs) / 2, abs(aucs[0] - aucs[1]) / 2**0.5)
            for name, aucs in AUCS.items()
            for finding in ("Mass", "macro", "micro")
        ],
        "cells": cells(),
    },
    "experiment": "[grid.split]\nseed = [0, 1]\n",
}


@pytest.fixture
def summary():
    return copy.deepcopy(SUMMARY)


def words(sentences):
    return re.sub("<[^>]+>", "", " ".join(sentences))


def test_the_leaderboard_ranks_means_and_says_over_how_many_cells(summary):
    board = grid.leaderboard(summary)
    shown = [[cell.text for cell in line.cells[:2]] for line in board.lines]
    assert shown == [
        ["hog", "0.720 ± 0.028"],
        ["metadata", "0.600 ± 0.014"],
        ["prevalence", "0.500 ± 0.000"],
        ["cnn6", "failed: disk full"],
    ]
    assert [column.label for column in board.columns][:3] == ["Row", "AUC", "Cells"]
    assert board.lines[0].cells[2].text == "2 of 2"
    assert board.lines[0].cells[1].sort == pytest.approx(0.72)


def test_over_both_split_and_training_each_has_its_column(summary):
    summary["grid"]["sources"] = ["split", "training"]
    labels = [column.label for column in grid.leaderboard(summary).columns]
    assert labels[1:5] == ["AUC", "Cells", "SD, split", "SD, training"]


def test_settings_have_lines_and_columns_of_their_own(summary):
    summary["grid"]["figures"] += [
        figure("hog", finding, 0.8, None, "data.size = 224") for finding in ("Mass", "macro")
    ]
    board = grid.leaderboard(summary)
    assert [cell.text for cell in board.lines[0].cells[:3]] == ["hog", "data.size = 224", "0.800"]
    title, _, matrix = grid.matrices(summary)[0]
    assert title == "AUC"
    assert [column.label for column in matrix.columns][1:3] == ["hog, data.size = 224", "hog"]


def test_a_finding_that_no_cell_can_score_is_empty(summary):
    matrix = grid.matrices(summary)[0][-1]
    hernia = next(line for line in matrix.lines if line.cells[0].text == "Hernia")
    assert {(cell.text, cell.hint) for cell in hernia.cells[1:]} == {
        (EMPTY, "not defined in any cell")
    }


def test_the_story_tells_means_cell_by_cell_wins_failures_and_the_source_of_the_spread(summary):
    story = words(grid.story(summary))
    assert (
        "hog has the highest mean macro test AUC: 0.720 ± 0.028 (mean ± SD over 2 cells)" in story
    )
    assert "It stands 0.120 above the best floor, metadata (0.600), ahead in 2 of 2 cells." in story
    assert "cnn6 failed in 1 cell: disk full." in story
    assert "Cells differ in split.seed (0, 1)." in story


def test_each_cell_leads_to_its_report_from_the_page_and_from_nowhere_else(summary):
    assert 'href="cells/split.seed=1/report.html"' in render(summary)
    assert "report.html" not in fragment(summary)


def test_every_link_inside_the_page_arrives(summary, astray):
    assert astray(render(summary)) == set()


def test_a_column_is_chosen_with_its_row_however_many_values_its_setting_has(summary):
    marks, place = Marks(summary), [row["name"] for row in summary["rows"]].index("hog")
    for name in ("hog", "hog, size = 224", "hog, size = 224, rounds = 20"):
        assert marks.of(name) == f' data-row="{place}"'
    assert marks.of("hogs, size = 224") == ""


def test_the_drawing_has_a_dot_a_line_and_a_tick_a_cell(summary):
    hints = {spread.row: spread.hint for spread in grid.spreads(summary)}
    assert hints["hog"] == "hog: 0.720 ± 0.028"
    assert [list(spread.cells) for spread in grid.spreads(summary)] == [
        list(AUCS[name]) for name in ("hog", "metadata", "prevalence")
    ]
    assert "hog: 0.720 ± 0.028</title>" in render(summary)


def test_each_setting_of_a_row_is_drawn_under_its_own_figures(summary):
    summary["grid"]["figures"].append(figure("hog", "macro", 0.8, None, "size = 224"))
    page = render(summary)
    assert "hog, size = 224: 0.800</title>" in page
    assert "hog: 0.720 ± 0.028</title>" in page


def test_a_grid_of_which_nothing_has_finished_is_a_page_that_says_so(summary):
    summary["grid"]["figures"] = []
    for one in summary["grid"]["cells"]:
        one |= {"auc": {}, "setting": {}}
    assert "No row has finished yet." in render(summary)


def test_hostile_names_are_text(summary):
    text = render(summary)
    for name in ("hog", "cnn6", "Mass", "split.seed = 1"):
        assert name in text
    summary["rows"][2]["name"] = HOSTILE
    for line in summary["grid"]["figures"]:
        line["row"] = HOSTILE if line["row"] == "hog" else line["row"]
        line["setting"] = HOSTILE
    for one in summary["grid"]["cells"]:
        one["at"] = one["report"] = HOSTILE
        one["failed"] = {HOSTILE: HOSTILE}
    assert "<script>alert" not in render(summary)


def test_a_spread_is_written_with_its_sd_in_papers_and_apart_from_it_in_data():
    column, record = Column("auc", "AUC", "spread"), {"auc": 0.7124, "auc_sd": 0.01}
    assert cell(record, column).text == "0.712 ± 0.010"
    table = Table("grid", "", [column], [Line([cell(record, column)])], [record])
    assert "± 0.010" in to_markdown(table)
    assert r"$\pm$ 0.010" in to_latex(table)
    assert to_csv([record]) == "auc,auc_sd\n0.7124,0.01\n"
    assert cell({"auc": 0.5, "auc_sd": None}, column).text == "0.500"
