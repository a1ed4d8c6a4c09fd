"""What an audit's page says: words that follow from the figures, and tables that hold them."""

import copy
import re
import xml.etree.ElementTree as ET

import pytest

from reports import audit, audit_words
from reports.dumbbell import Dumbbell, End, dumbbell_panel
from reports.page import fragment, render
from reports.story import headline
from reports.tables import EMPTY

HOSTILE = "<script>alert(1)</script>'&amp; $x$ `|` שלום"
KINDS = {"memory": "floor", "hog": "classical", "frozen": "deep"}


def line(row, finding, patient, image, *, train=(0.9, 0.95), spread=0.02):
    found = {"row": row, "finding": finding, "note": ""}
    figures = {"auc_patient": patient, "auc_image": image, "inflation": image - patient}
    for name, value in figures.items():
        found |= {name: value, f"{name}_low": value - spread, f"{name}_high": value + spread}
    found |= {"train_auc_patient": train[0], "train_auc_image": train[1]}
    return found | {"patients_patient": 12, "patients_image": 31}


def split(name, **more):
    sizes = {"train": 700, "valid": 100, "test": 200, "patients": 90, "shared": 0.0}
    return {"name": name, "fingerprint": f"{name}0", "description": name, **sizes, **more}


SUMMARY = {
    "name": "small-audit",
    "title": "Audit: small",
    "data": {"source": "nih", "images": 1000, "patients": 400},
    "findings": [{"name": "Mass", "label": "Mass"}, {"name": "Hernia", "label": "Hernia"}],
    "rows": [
        {"name": name, "title": name, "kind": kind, "status": "done", "reason": None}
        for name, kind in KINDS.items()
    ],
    "audit": {
        "protocols": [split("patient"), split("image", patients=170, shared=0.824)],
        "lines": [
            line(row, finding, *aucs)
            for row, aucs in {
                "memory": (0.5, 0.757),
                "hog": (0.71, 0.72),
                "frozen": (0.68, 0.79),
            }.items()
            for finding in ("Mass", "Hernia", "macro")
        ],
        "kinds": KINDS,
        "memory": "memory",
        "patients": 230,
        "by_lot": True,
        "level": 0.95,
        "draws": 1000,
    },
    "experiment": "[split]\nseed = 0\n",
}


@pytest.fixture
def summary():
    return copy.deepcopy(SUMMARY)


def words(sentences):
    return re.sub("<[^>]+>", "", " ".join(sentences))


def renamed(value, names):
    """Replace names wherever they stand in plain data, as keys too."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def macro(summary, row):
    lines = summary["audit"]["lines"]
    return next(it for it in lines if (it["row"], it["finding"]) == (row, "macro"))


def test_the_story_tells_what_looked_best_and_what_it_was_worth(summary):
    told = words(audit_words.story(summary))
    assert told.startswith(
        "On the image-level split frozen scores a macro test AUC of 0.790, on the split by patient "
        "0.680. The difference, +0.110 [0.090, 0.130], is what the leak adds."
    )
    assert "82.4% of the image-level test images are of patients in train; memory" in told
    assert "scores 0.757 there and 0.500 by patient." in told
    assert "above 0 for 2 of 3 rows: frozen and memory." in told
    assert "95% intervals from 1,000 draws of the 230 patients of both test parts." in told


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.01, 0.23, "may be chance: its interval holds 0."),
        (-0.2, -0.01, "is no inflation"),
        (None, None, "The difference, +0.110, has no interval."),
    ],
)
def test_no_more_is_said_of_a_difference_than_its_interval_allows(summary, low, high, said):
    macro(summary, "frozen").update(inflation_low=low, inflation_high=high)
    assert said in words(audit_words.story(summary))


def test_where_no_interval_lies_above_0_it_is_said(summary):
    for row in KINDS:
        macro(summary, row)["inflation_low"] = -0.1
    assert "For none of the rows" in words(audit_words.story(summary))


def test_a_test_part_that_no_lot_drew_is_said_to_be_another_reason(summary):
    assert "other patients are tested" not in render(summary)
    summary["audit"]["by_lot"] = False
    assert render(summary).count("other patients are tested") == 2  # in the story and the section


def test_the_claims_are_what_each_split_would_have_let_one_write(summary):
    told = {heading: words(said) for heading, said in audit_words.claims(summary)}
    assert told["By image"] == (
        "“On 200 held-out radiographs, frozen reaches a macro AUC of 0.790 [0.770, 0.810].” "
        "But 82.4% of these radiographs are of patients whose other radiographs were learnt from. "
        "Remembering their labels, without a look at any radiograph, already gives 0.757."
    )
    assert told["By patient"] == (
        "“On 200 radiographs of 90 patients never seen, hog reaches a macro AUC of 0.710 "
        "[0.690, 0.730].” This is the claim that holds for the next patient. "
        "By image, frozen would have been called the best."
    )
    macro(summary, "memory")["auc_image"] = 0.85
    told = {heading: words(said) for heading, said in audit_words.claims(summary)}
    assert "does better: 0.850." in told["By image"]


def test_the_table_has_every_row_with_its_intervals(summary):
    board = audit.section(summary, "run")["board"]
    shown = [[cell.text for cell in line.cells[:4]] for line in board.lines]
    assert shown == [
        ["frozen", "0.680", "0.790", "0.110"],
        ["memory", "0.500", "0.757", "0.257"],
        ["hog", "0.710", "0.720", "0.010"],
    ]
    assert board.lines[0].cells[3].bounds == pytest.approx((0.09, 0.13))


def test_a_finding_without_an_auc_is_empty_with_the_reason_and_not_drawn(summary):
    for row in KINDS:
        missing = next(
            it for it in summary["audit"]["lines"] if (it["row"], it["finding"]) == (row, "Hernia")
        )
        for key in missing:
            if key.startswith(("auc", "inflation")):
                missing[key] = None
        missing["note"] = "no AUC on one of the two test parts"
    made = audit.section(summary, "run")
    hernia = next(it for it in made["every"].lines if it.cells[1].text == "Hernia")
    assert (hernia.cells[4].text, hernia.cells[4].hint) == (
        EMPTY,
        "no AUC on one of the two test parts",
    )
    assert [panel.title for panel in made["by_finding"]] == ["frozen", "memory"]
    assert "Hernia" not in made["by_finding"][0].svg


def test_an_audit_of_which_nothing_is_finished_still_has_a_page(summary):
    summary["audit"]["lines"] = []
    summary["rows"][1] |= {"status": "failed", "reason": "disk full"}
    page = render(summary)
    assert "No row is finished on both splits yet." in page
    assert "disk full" in page


def test_every_link_inside_the_page_arrives(summary, astray):
    assert astray(render(summary)) == set()


def test_the_section_stands_in_the_report_of_a_run_too(summary):
    page = render(summary | {"metrics": []})
    assert "What leaks" in page
    assert "Leaderboard" in page
    assert str(headline(summary)[0]) in page
    assert "Leaderboard" not in render(summary)  # of which split?
    assert "What leaks" not in render(summary | {"metrics": [], "audit": None})


def test_names_are_escaped_everywhere(summary):
    hostile = renamed(summary, {"hog": HOSTILE, "Mass": HOSTILE, "patient0": HOSTILE})
    for page in (render(hostile), fragment(hostile)):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_the_drawing_is_one_element_with_a_hint_over_each_pair():
    pairs = [
        Dumbbell("hog", "row-0", End(0.7, (0.68, 0.72)), End(0.8), "hog: 0.7 and 0.8"),
        Dumbbell("memory", "floor", End(0.5), End(0.76), "memory: 0.5 and 0.76"),
    ]
    drawn = dumbbell_panel(pairs, across="AUC", name="x", label="two pairs")
    root = ET.fromstring(drawn)
    assert root.get("aria-label") == "two pairs"
    titles = {element.text for element in root.iter() if element.tag.endswith("title")}
    assert titles == {"hog: 0.7 and 0.8", "memory: 0.5 and 0.76"}
    assert "data-row" not in drawn  # a legend of the page hides rows, not pairs
    assert "var(--row-0)" in drawn and "#0000" not in drawn
