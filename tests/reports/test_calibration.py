"""The sections on thresholds and on calibration: what they show, and when they are left out."""

import numpy as np
import pytest

from reports import calibration, thresholds
from reports.page import render
from reports.palette import row_styles
from reports.reliability import decision_panel, reliability_panel
from reports.tables import EMPTY

ROWS = ("cnn6", "metadata_xgboost")
FINDINGS = ("Mass", "Pleural_Thickening", "Hernia")


def estimate(key, value, half=0.05):
    return {key: value, f"{key}_low": value and value - half, f"{key}_high": value and value + half}


def threshold_line(row, finding):
    found = finding != "Hernia"
    figures = [("precision", 0.3), ("recall", 0.4), ("specificity", 0.9), ("f1", 0.35)]
    line = {"row": row, "finding": finding, "n": 240, "positives": 12, "patients": 8}
    line |= {"rule": "f1" if found else "prevalence", "threshold": 0.07}
    for key, value in figures:
        line |= estimate(key, value if found or key == "specificity" else None)
    for key in ("precision", "recall"):
        bounds = (0.111, 0.555) if found and finding != "macro" else (None, None)
        line |= dict(zip((f"{key}_wilson_low", f"{key}_wilson_high"), bounds, strict=True))
    line |= {"precision_05": None, "recall_05": 0.0, "f1_05": 0.0 if found else None}
    return line | {"note": "" if found else "2 positives in valid, f1 needs 10"}


def calibration_line(row, finding, stage):
    found = finding != "Hernia"
    line = {"row": row, "stage": stage, "finding": finding, "n": 240, "positives": 12}
    line |= {"patients": 8, "brier_reference": 0.051, "ece": 0.034}
    for key, value in (("brier", 0.049), ("skill", 0.04), ("intercept", -0.6), ("slope", 0.8)):
        line |= estimate(key, value if found or key in ("brier", "skill") else None)
    return line | {"note": "" if found else "needs images with and without the finding"}


def tables(stages=("as is",), rows=ROWS):
    grid = [0.005, 0.05, 0.5]
    each = [(row, finding) for row in rows for finding in FINDINGS]
    named = [
        {"row": row, "stage": stage, "finding": finding}
        for row, finding in each
        for stage in stages
    ]
    return {
        "thresholds": [threshold_line(row, name) for row in rows for name in (*FINDINGS, "macro")],
        "calibration": [
            calibration_line(row, finding, stage)
            for row in rows
            for stage in stages
            for finding in (*FINDINGS, "macro")
        ],
        "reliability": [
            {**it, "bin": k + 1, "n": 80, "positives": 4, "score": score, "observed": score / 2}
            for it in named
            for k, score in enumerate((0.01, 0.05, 0.2) if it["row"] == "cnn6" else (0.05,))
        ],
        "net_benefit": [
            {**it, "threshold": t, "net_benefit": 0.05 - t / 20, "everybody": 0.05 - t / 5}
            for it in named
            for t in grid
        ],
        "prevalence": [
            {"finding": name, "train": 0.03, "valid": 0.02, "test": 0.1} | estimate("ratio", 3.4)
            for name in FINDINGS
        ],
    }


@pytest.fixture
def run(little):
    """Three rows, one of which failed, and three findings, one of which nobody has in test."""
    judged = {"threshold": "f1", "level": 0.95, "draws": 1000, "min_positives": 10}
    sentence = {"Thresholds": "One a finding and row: the one of the highest F1 on valid."}
    drawn = {"curves": {}, "history": {}, "cooccurrence": None}  # by other sections
    return little | drawn | {"tables": tables(), "evaluation": judged, "protocol": sentence}


def cells(table, row, finding):
    places = [k for k, it in enumerate(table.records) if (it["row"], it["label"]) == (row, finding)]
    line = table.lines[places[0]]
    return {column.label: it for column, it in zip(table.columns, line.cells, strict=True)}


def test_each_threshold_stands_with_its_intervals_and_what_a_half_would_do(run):
    made = thresholds.content(run)
    assert len(made["every"].lines) == 6
    assert len(made["means"].lines) == 2
    shown = cells(made["every"], "cnn6", "Mass")
    assert (shown["Recall"].text, shown["Recall"].aside) == ("0.400", "[0.350, 0.450]")
    assert shown["Recall, Wilson"].text == "[0.111, 0.555]"
    assert shown["Recall at 0.5"].text == "0.000"
    assert (shown["Precision at 0.5"].text, shown["Precision at 0.5"].hint) == (
        EMPTY,
        "nothing is called",
    )
    lacking = cells(made["every"], "cnn6", "Hernia")
    assert (lacking["Recall"].text, lacking["Rule"].text) == (EMPTY, "prevalence")
    assert lacking["Recall"].hint == "2 positives in valid, f1 needs 10"
    assert made["otherwise"] == 2


def test_the_page_says_by_which_rule_of_how_many_patients_and_what_wilson_assumes(run):
    page = render(run)
    section = page.split('<section id="run-thresholds"')[1].split("</section>")[0]
    for words in (
        "radiographs of 80 patients",
        "95% intervals from 1,000 draws",
        "assume independent images",
        "the one of the highest F1 on valid.",
        "2 of 6 thresholds",
    ):
        assert words in section


def test_every_finding_has_its_reliability_and_its_decision_curve(run):
    made = calibration.content(run, "run")
    [(_, reliability, decisions)] = made["stages"]
    labels = [finding["label"] for finding in run["findings"]]
    assert [panel.title for panel in reliability] == labels
    assert [panel.title for panel in decisions] == labels
    assert reliability[0].note == "12 pos."
    assert "<title>cnn6: ECE 0.034, slope 0.800</title>" in reliability[0].svg
    assert made["rows"] == list(ROWS)


def test_with_one_stage_of_the_scores_no_column_names_it(run):
    made = calibration.content(run, "run")
    assert "Scores" not in [column.label for column in made["every"].columns]
    assert list(made["choices"]) == ["Row", "Finding"]
    assert 'name="run-stage"' not in render(run)


def test_before_and_after_are_switched_and_told_apart_in_the_tables(run):
    run["tables"] = tables(stages=("as is", "platt"))
    made = calibration.content(run, "run")
    assert [title for title, *_ in made["stages"]] == [
        "As the rows give them",
        "Platt, fitted on valid",
    ]
    assert len(made["every"].lines) == 12
    assert list(made["choices"]) == ["Row", "Finding", "Scores"]
    columns = [column.label for column in made["every"].columns]
    assert columns[: len(made["choices"])] == list(made["choices"])
    page = render(run)
    assert page.count('name="run-stage"') == 2
    assert page.count("<h3>Decision curves</h3>") == 2


def test_figures_that_are_not_defined_say_why(run):
    shown = cells(calibration.content(run, "run")["every"], "cnn6", "Hernia")
    assert (shown["Slope"].text, shown["Slope"].hint) == (
        EMPTY,
        "needs images with and without the finding",
    )
    assert shown["Brier"].aside == "[-0.001, 0.099]"


def test_the_shift_of_prevalence_is_stated(run):
    shift = calibration.content(run, "run")["shift"]
    assert [cell.text for cell in shift.lines[0].cells] == [
        "Mass",
        "3.0%",
        "2.0%",
        "10.0%",
        "3.400",
    ]


def test_rows_are_marked_in_the_drawings_and_a_constant_one_is_a_dot(run):
    styles = row_styles(run["rows"])
    lines = {"cnn6": ([0.01, 0.3], [0.0, 0.4]), "metadata_xgboost": ([0.05], [0.1])}
    svg = reliability_panel(lines, styles, hints={}, name="x", label="Mass")
    assert f'data-row="{styles["cnn6"].index}"' in svg
    assert f'data-row="{styles["metadata_xgboost"].index}"' in svg
    assert "<use" in svg
    assert "#0000" not in svg


def test_decision_curves_stay_inside_their_axes(run):
    at = np.geomspace(0.005, 0.5, 9)
    lines = {"cnn6": (at, 0.1 - 20 * at)}
    svg = decision_panel(
        lines, list(0.1 - at), row_styles(run["rows"]), hints={}, name="x", label="Mass"
    )
    assert "clipPath" in svg
    assert "#0000" not in svg


@pytest.mark.parametrize("lacking", ["thresholds", "calibration", "reliability", "net_benefit"])
def test_a_table_that_is_missing_leaves_the_rest(run, lacking):
    run["tables"][lacking] = []
    page = render(run)
    assert ('id="run-thresholds"' in page) == (lacking != "thresholds")
    assert ('id="run-calibration"' in page) == (lacking != "calibration")


def test_without_tables_there_is_no_section(little):
    assert thresholds.content(little) == calibration.content(little, "run") == {}
    page = render(little)
    assert "run-thresholds" not in page
    assert "run-calibration" not in page


def test_names_are_text(run):
    run["tables"]["thresholds"][0]["note"] = "<b>bold</b>"
    assert "<b>bold</b>" not in render(run)
