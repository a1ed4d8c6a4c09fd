"""Drawings: what they compute, and that what they draw fits a themed page."""

import re
import xml.etree.ElementTree as ET
from importlib.resources import files

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from reports import distribution, figures, numbers
from reports.palette import VARIABLES, heat_level, placeholder, row_styles
from reports.svg import to_svg

ROWS = [
    {"name": "cnn6", "kind": "deep"},
    {"name": "hog", "kind": "classical"},
    {"name": "metadata", "kind": "floor"},
]
CURVE = {"fpr": [0, 0.2, 1], "tpr": [0, 0.7, 1]}
PR = {"recall": [1.0, 0.5, 0.5, 0.0], "precision": [0.2, 0.4, 0.6, 1.0]}


def roc(name="roc-1", curves=None, rows=ROWS):
    curves = curves or {"cnn6": CURVE, "metadata": CURVE}
    return figures.roc_panel(
        curves, row_styles(rows), hints={row: f"{row}: AUC 0.7" for row in curves},
        name=name, label="ROC curves",
    )  # fmt: skip


def findings(count=3):
    return [{"name": f"F_{i}", "label": f"Finding {i}"} for i in range(count)]


def parts(counts=(5, 3, 0)):
    return [
        {"part": part, "images": n, "positives": {f"F_{i}": c for i, c in enumerate(counts)}}
        for part, n in (("train", 50), ("valid", 10), ("test", 20))
    ]


def test_the_mean_of_equal_roc_curves_is_that_curve():
    mean = numbers.mean_roc([CURVE, CURVE])
    heights = np.interp([0.1, 0.2, 0.6], mean["fpr"], mean["tpr"])
    assert heights == pytest.approx([0.35, 0.7, 0.85])
    assert (mean["fpr"][0], mean["tpr"][0]) == (0, 0)


def test_precision_at_a_recall_is_that_of_the_threshold_that_reaches_it():
    steps = numbers.pr_steps(PR)
    assert steps["recall"] == [0, 0.5, 0.5, 1]
    assert steps["precision"] == [0.6, 0.6, 0.4, 0.2]
    mean = numbers.mean_pr([PR])
    at = dict(zip(np.round(mean["recall"], 2), mean["precision"], strict=True))
    assert (at[0.1], at[0.5], at[0.6], at[1.0]) == (0.6, 0.6, 0.2, 0.2)


def test_shares_divide_by_the_finding_on_the_left():
    shares = numbers.shares([[10, 5, 0], [5, 20, 0], [0, 0, 0]])
    assert shares[0, 1] == 0.5
    assert shares[1, 0] == 0.25
    assert np.isnan(np.diag(shares)).all()
    assert np.isnan(shares[2]).all()


def test_prevalence_is_of_the_part_that_it_belongs_to():
    table = numbers.prevalences(parts(), findings()).set_index(["part", "finding"])
    assert table.loc[("train", "Finding 0"), "prevalence"] == 0.1
    assert table.loc[("valid", "Finding 1"), "prevalence"] == 0.3
    assert table.loc[("test", "Finding 2"), "positives"] == 0


def test_every_row_has_a_look_of_its_own():
    many = [{"name": f"m{i}", "kind": "deep"} for i in range(12)]
    floors = [{"name": f"f{i}", "kind": "floor"} for i in range(2)]
    styles = row_styles(many + floors)
    looks = {(style.colour, style.dash) for style in styles.values()}
    assert len(looks) == 14
    assert styles["f0"].colour == "floor"


def test_a_rows_colour_does_not_depend_on_whether_it_finished():
    failed = [row | {"status": "failed"} for row in ROWS]
    assert row_styles(failed) == row_styles(ROWS)


@pytest.mark.parametrize(("share", "level"), [(-1, 0), (0, 0), (0.05, 0), (0.5, 5), (1, 9), (7, 9)])
def test_the_heat_ramp_ends_where_its_range_ends(share, level):
    assert heat_level(share) == level


def test_the_stylesheet_defines_every_colour_of_the_drawings():
    css = files("reports").joinpath("templates/_variables.css").read_text("utf-8")
    defined = set(re.findall(r"--([\w-]+):", css))
    assert set(VARIABLES) <= defined


def test_a_drawing_is_coloured_by_variables_alone():
    svg = roc()
    assert "var(--row-0)" in svg
    assert "var(--floor)" in svg
    assert not re.search(r"#[0-9a-f]{6}\b", svg.replace("url(#", ""))
    assert "<style" not in svg


def test_the_same_drawing_is_the_same_text():
    assert roc() == roc()


def test_labels_stay_text_in_the_pages_font():
    svg = roc()
    assert ">recall</text>" in svg
    assert "DejaVu" not in svg


def test_a_row_can_be_found_and_is_named_where_one_points_at_it():
    root = ET.fromstring(roc())
    marked = {g.get("data-row"): g[0].text for g in root.iter() if g.get("data-row")}
    assert marked == {"0": "cnn6: AUC 0.7", "2": "metadata: AUC 0.7"}


def test_identifiers_of_two_drawings_do_not_meet():
    table = numbers.prevalences(parts(), findings())
    ids = [
        set(re.findall(r' id="([^"]+)"', distribution.split_balance(table, name=name, label="x")))
        for name in ("one", "two")
    ]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_a_label_is_told_to_who_does_not_see_the_drawing():
    root = ET.fromstring(roc())
    assert (root.get("role"), root.get("aria-label")) == ("img", "ROC curves")


@pytest.mark.filterwarnings("error")
def test_names_in_any_script_are_drawn_without_a_warning():
    table = numbers.prevalences(parts(), [{"name": "F_0", "label": "胸膜 שלום"}])
    distribution.class_distribution(table, name="d", label="x")
    distribution.split_balance(table, name="b", label="x")
    assert "胸膜" in distribution.cooccurrence([[1]], ["胸膜"], name="c", label="x")


def test_names_are_drawn_as_they_stand_not_as_markup_or_mathematics():
    label = '<b>"$x^2$'
    svg = distribution.cooccurrence([[3, 1], [1, 2]], [label, "胸膜"], name="c", label="x")
    texts = [t.text for t in ET.fromstring(svg).iter() if t.tag.endswith("text")]
    assert texts.count(label) == 2
    assert texts.count("胸膜") == 2


def test_a_long_name_is_cut_to_fit():
    svg = distribution.cooccurrence([[3]], ["M" * 200], name="c", label="x")
    longest = max(len(t.text) for t in ET.fromstring(svg).iter() if t.tag.endswith("text"))
    assert longest == 20


def test_cooccurrence_shows_the_counts():
    svg = distribution.cooccurrence([[30, 7], [7, 1234]], ["A", "B"], name="c", label="x")
    texts = [t.text for t in ET.fromstring(svg).iter() if t.tag.endswith("text")]
    assert sorted(t for t in texts if t not in "AB") == ["1,234", "30", "7", "7"]


def test_findings_without_positives_are_drawn_too():
    table = numbers.prevalences(parts((0, 0, 0)), findings())
    for draw in (distribution.class_distribution, distribution.split_balance):
        assert "Finding 2" in draw(table, name="d", label="x")


def test_training_curves_skip_epochs_without_a_value():
    history = [
        {"epoch": 1, "val_loss": None, "loss": 0.9},
        {"epoch": 2, "val_loss": float("nan"), "loss": 0.8},
        {"epoch": 3, "val_loss": 0.7, "loss": 0.7},
    ]
    style = row_styles(ROWS)["hog"]
    svg = figures.training_panel(
        history, train="loss", valid="val_loss", style=style, title="loss", name="t", label="x"
    )
    assert "var(--row-1)" in svg
    assert "nan" not in svg


def test_precision_recall_is_drawn_above_the_prevalence():
    svg = figures.pr_panel(
        {"cnn6": PR}, row_styles(ROWS), hints={}, prevalence=0.2, name="pr", label="x"
    )
    assert "var(--row-0)" in svg
    assert "NaN" not in svg


def test_black_is_not_taken_for_a_placeholder():
    figure = Figure()
    figure.text(0.5, 0.5, "ink", color=placeholder("ink"))
    assert "fill:var(--ink)" in to_svg(figure, name="f", label="x")


def test_drawing_leaves_matplotlibs_settings_alone():
    keys = ("svg.fonttype", "svg.hashsalt", "text.parse_math", "font.size")
    before = [matplotlib.rcParams[key] for key in keys]
    roc()
    assert [matplotlib.rcParams[key] for key in keys] == before
