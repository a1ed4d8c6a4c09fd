"""The page of runs compared: words that follow from the figures, and hostile names as text."""

import copy

import pytest
from markupsafe import Markup, escape

from reports import runs, runs_words
from reports.page import render
from reports.tables import EMPTY

HOSTILE = "<script>alert(1)</script>'&amp; $x$ `|` שלום"


def change(run, row, metric, finding, difference, verdict="undecided", *, same=False):
    ends = {} if difference is None else {"low": difference - 0.02, "high": difference + 0.02}
    after = None if difference is None else 0.6 + difference
    return {
        **{"run": run, "row": row, "metric": metric, "finding": finding, "before": 0.6},
        **{"before_low": 0.5, "before_high": 0.7, "after": after, "after_low": 0.5},
        **{"after_high": 0.7, "difference": difference, "low": None, "high": None, **ends},
        **{"se": 0.01, "p": 0.04, "p_holm": 0.0004, "mdd": 0.03, "within_margin": False},
        **{"verdict": verdict, "same_scores": same},
    }


@pytest.fixture
def summary():
    """Three runs of two rows: `hog` gets better in the second and stays as it was in the third."""
    verdicts = {
        ("b", "hog"): (0.1, "better", False),
        ("b", "cnn6"): (-0.05, "worse", False),
        ("c", "hog"): (0.0, "equivalent", True),
        ("c", "cnn6"): (0.01, "undecided", False),
    }
    changes = [
        change(run, row, metric, finding, difference, verdict, same=same)
        for metric in ("auc", "ap")
        for (run, row), (difference, verdict, same) in verdicts.items()
        for finding in ("Mass", "Hernia", "macro", "micro")
    ]
    changes[1] |= {"difference": None, "low": None, "high": None}  # Hernia of one patient
    return {
        "name": "a-vs-2-others",
        "title": "b, c against a",
        "findings": [{"name": "Mass", "label": "Mass"}, {"name": "Hernia", "label": "Hernia"}],
        "rows": [{"name": name, "kind": "deep", "status": "done"} for name in ("hog", "cnn6")],
        "runs": {
            "names": ["a", "b", "c"],
            "changes": changes,
            "rows_apart": [],
            "options": [{"what": "hog.rounds", "values": {"a": "20", "b": "200", "c": "20"}}],
            "circumstances": [],
            **{"images": 240, "patients": 57, "level": 0.95, "draws": 1000, "margin": 0.02},
        },
    }


def test_the_story_tells_every_run_by_its_verdicts(summary):
    story = [Markup(sentence).striptags() for sentence in runs_words.story(summary)]
    assert story[0] == (
        "b against a, macro test AUC: better hog 0.600 → 0.700 (+0.100 [+0.080, +0.120]); "
        "worse cnn6 0.600 → 0.550 (−0.050 [−0.070, −0.030])."  # noqa: RUF001
    )
    assert story[1] == "c against a, macro test AUC: undecided cnn6; same scores hog."
    assert story[2] == "Set differently: hog.rounds 20 → 200 → 20."
    assert "verdicts at 5%, adjusted by Holm over 4 changes" in story[3]


def test_a_change_without_an_interval_says_why_and_is_in_no_drawing(summary):
    (_, matrices), _ = runs.by_finding(summary, "run")["panes"]
    hernia = matrices[0][1].lines[1].cells
    assert (hernia[1].text, hernia[1].hint) == (EMPTY, "too few patients to draw from")
    assert hernia[2].text == "\N{MINUS SIGN}0.050"
    assert "apart" in hernia[2].style


def test_each_later_run_has_a_drawing_and_a_matrix_of_its_own(summary):
    for _, table, _, drawings in runs.changes(summary, "run")["panes"]:
        assert [run for run, _ in drawings] == ["b", "c"]
        assert len(table.lines) == 4
        assert "Run" in [column.label for column in table.columns]
    for _, matrices in runs.by_finding(summary, "run")["panes"]:
        assert [run for run, *_ in matrices] == ["b", "c"]


def test_every_link_inside_the_page_arrives(summary, astray):
    assert astray(render(summary)) == set()


def test_what_is_the_same_everywhere_is_said_to_be(summary):
    summary["runs"]["options"] = []
    page = render(summary)
    assert "All rows were run with the same options." in page
    assert "Rows, options, versions, machine and split are the same." in page


def test_hostile_names_are_text(summary):
    hostile = copy.deepcopy(summary)
    hostile["rows"][0]["name"] = HOSTILE
    hostile["runs"]["names"] = ["a", HOSTILE + "2", "c"]
    for line in hostile["runs"]["changes"]:
        line["row"] = HOSTILE if line["row"] == "hog" else line["row"]
        line["run"] = HOSTILE + "2" if line["run"] == "b" else line["run"]
    hostile["runs"]["options"][0]["values"] = {"a": HOSTILE, HOSTILE + "2": "<b>", "c": "&"}
    page = render(hostile)
    assert "<script>alert" not in page
    assert str(escape(HOSTILE)) in page
    assert "<b>" not in page.partition("Set differently")[2].partition("</p>")[0]
