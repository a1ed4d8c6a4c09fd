"""The section on differences: who beats whom, by how much, and what is not known."""

import re

import pytest

from reports import comparison
from reports.page import render
from reports.tables import EMPTY

MINUS = "\N{MINUS SIGN}"
ROWS = {"cnn6": 0.72, "hog": 0.78, "floor": 0.55}


def line(row, other, metric, finding, difference, verdict, **more):
    known = difference is not None
    return {
        "row": row,
        "other": other,
        "metric": metric,
        "finding": finding,
        "difference": difference,
        "low": difference - 0.03 if known else None,
        "high": difference + 0.01 if known else None,
        "se": 0.01 if known else None,
        "p": 0.0004 if known else None,
        "p_holm": 0.03 if known else None,
        "mdd": 0.028 if known else None,
        "within_margin": False,
        "verdict": verdict,
        **more,
    }


def lines(metric):
    """Three pairs: hog before cnn6 before the floor; Hernia cannot be judged."""
    gaps = {("cnn6", "hog"): -0.06, ("cnn6", "floor"): 0.17, ("hog", "floor"): 0.23}
    for (row, other), gap in gaps.items():
        verdict = "better" if gap > 0 else "worse"
        yield line(row, other, metric, "Mass", gap, verdict)
        yield line(row, other, metric, "Hernia", None, "undecided")
        yield line(row, other, metric, "macro", gap, verdict)
        yield line(row, other, metric, "micro", 0.004, "equivalent", within_margin=True)


def wins(metric):
    for row, other, win, loss in (("cnn6", "hog", 0, 1), ("cnn6", "floor", 1, 0)):
        pair = {"row": row, "other": other, "metric": metric}
        yield pair | {"win": win, "loss": loss, "equivalent": 0, "undecided": 1}


@pytest.fixture
def compared():
    """The least summary that has the section."""
    metrics = [
        {"row": row, "part": "test", "finding": "macro", "auc": auc, "ap": auc / 2}
        for row, auc in ROWS.items()
    ]
    delong = {"row": "cnn6", "finding": "Mass", "auc": 0.72, "low": 0.7, "high": 0.74}
    delong |= {"se": 0.01, "se_clustered": 0.015, "ratio": 1.5, "note": "as if independent"}
    test = {"part": "test", "images": 240, "patients": 1080, "positives": {}}
    nothing = dict.fromkeys(("auc", "low", "high", "se", "se_clustered", "ratio"))
    return {
        "name": "demo",
        "rows": [{"name": row, "status": "done", "kind": "deep"} for row in ROWS],
        "findings": [{"name": name, "label": name} for name in ("Mass", "Hernia")],
        "data": {"source": "phantom", "images": 240, "patients": 1080, "parts": [test]},
        "evaluation": {"draws": 1000, "level": 0.95, "margin": 0.02},
        "metrics": metrics,
        "tables": {
            "comparison": [*lines("auc"), *lines("ap")],
            "wins": [*wins("auc"), *wins("ap")],
            "delong": [delong, delong | {"finding": "Hernia"} | nothing],
        },
    }


def section(summary):
    found = re.search(r'<section id="run-comparison".*?</section>', render(summary), re.S)
    return found[0] if found else ""


def words(html):
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def test_rows_stand_by_their_macro_means_and_meet_both_ways(compared):
    table = comparison.wins(compared, "auc")
    assert [made.row for made in table.lines] == ["hog", "cnn6", "floor"]
    hog, cnn6, floor = (made.cells for made in table.lines)
    assert (hog[2].text, cnn6[1].text) == ("1 / 0 / 0", "0 / 0 / 1")
    assert cnn6[3].text == "1 / 0 / 0"
    assert floor[2].hint == (
        "floor against cnn6: better on 0, equivalent on 0, worse on 1, undecided on 1 of 2 findings"
    )
    assert [hog[1].text, cnn6[2].text, floor[3].text] == [EMPTY] * 3


def test_a_difference_turned_round_says_the_same(compared):
    known = comparison.both_ways(compared)
    one, back = known["cnn6", "hog", "auc", "Mass"], known["hog", "cnn6", "auc", "Mass"]
    ends = ("difference", "low", "high")
    assert [one[end] for end in ends] == pytest.approx([-0.06, -0.09, -0.05])
    assert [back[end] for end in ends] == pytest.approx([0.06, 0.05, 0.09])
    assert (one["verdict"], back["verdict"]) == ("worse", "better")
    assert known["hog", "cnn6", "auc", "micro"]["verdict"] == "equivalent"


def test_every_difference_is_listed_once_with_the_better_row_first(compared):
    table = comparison.differences(compared)
    assert len(table.lines) == 2 * 4 * 3
    labels = [column.label for column in table.columns]
    shown = dict(zip(labels, (made.text for made in table.lines[0].cells), strict=True))
    assert shown == {
        **{"Row": "hog", "Against": "cnn6", "Metric": "AUC", "Finding": "Macro mean"},
        **{"Difference": "+0.060", "Interval": "[+0.050, +0.090]", "Verdict": "better"},
        **{"Within margin": "no", "p, Holm": "0.030", "p": "< 0.001", "SE": "0.010"},
        "Detectable": "0.028",
    }
    assert table.records[0]["metric"] == "auc"
    assert "label" not in table.records[0]


def test_what_cannot_be_judged_is_a_dash_and_undecided(compared):
    table = comparison.differences(compared)
    hernia = next(made for made in table.lines if made.cells[3].text == "Hernia")
    texts = [made.text for made in hernia.cells]
    assert texts[4:] == [EMPTY, EMPTY, "undecided", "no", EMPTY, EMPTY, EMPTY, EMPTY]


def test_numbers_with_signs_are_sorted_by_their_values(compared):
    table = comparison.differences(compared)
    place = [column.label for column in table.columns].index("Difference")
    assert [made.cells[place].sort for made in table.lines[:3]] == [0.06, 0.23, 0.17]


def test_each_row_is_drawn_against_the_leader_with_its_verdict(compared):
    svg = comparison.behind_leader(compared, "auc", "run")
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert {"cnn6", "floor", "worse", "macro AUC minus that of the leader"} <= set(drawn)
    assert "hog" not in drawn
    hint = "cnn6: -0.060 [-0.090, -0.050], worse".replace("-", MINUS)
    assert f"<title>{hint}</title>" in svg
    assert "Each row's macro AUC minus that of hog" in svg


def test_a_real_difference_within_the_margin_says_both(compared):
    for one in compared["tables"]["comparison"]:
        one["within_margin"] = True
    assert "worse, within margin" in comparison.behind_leader(compared, "auc", "run")


def test_nothing_is_drawn_where_no_mean_has_an_interval(compared):
    for one in compared["tables"]["comparison"]:
        one |= {"low": None, "high": None}
    assert comparison.behind_leader(compared, "auc", "run") == ""
    assert "Which differences are real" in section(compared)


def test_the_section_says_what_its_verdicts_mean(compared):
    text = words(section(compared))
    assert "on the 240 test images of 1,080 patients. The same 1,000 draws" in text
    assert "adjusted by Holm, is at most 0.05" in text
    assert "the 2 findings of all 3 pairs of rows; and over all pairs, each by itself" in text
    assert "the 90% interval lies within ±0.02" in text
    assert "Neither has been shown, which is not equality" in text


def test_the_table_begins_with_the_macro_means_of_auc(compared):
    html = section(compared)
    assert '<option value="Macro mean" selected>' in html
    assert '<option value="AUC" selected>' in html
    assert html.count(" selected>") == 2
    assert 'data-column="6"' in html


def test_delongs_intervals_are_folded_away_under_what_they_assume(compared):
    html = section(compared)
    folded = re.search(r'<details class="delong">(.*?)</details>', html, re.S)[1]
    assert "intervals, which assume independent images" in words(folded)
    assert "standard errors here are 1.5 times" in words(folded)
    assert "[0.700, 0.740]" in folded
    compared["tables"]["delong"] = []
    assert "<details" not in section(compared)


@pytest.mark.parametrize("lacking", ["tables", "evaluation"])
def test_without_its_figures_there_is_no_section(compared, lacking):
    del compared[lacking]
    assert section(compared) == ""


def test_one_row_has_nothing_to_be_compared_with(compared):
    compared["tables"] |= {"comparison": [], "wins": []}
    assert section(compared) == ""


def test_hostile_names_stay_text(compared):
    hostile = '<script>alert("1")</script> $x$'
    for one in (*compared["rows"], *compared["metrics"], *compared["tables"]["comparison"]):
        for key in ("name", "row", "other"):
            one |= {key: hostile} if one.get(key) == "hog" else {}
    html = section(compared)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (-0.0004, "0.000"), (0.0126, "+0.013"), (-1, f"{MINUS}1.000")],
)
def test_differences_carry_their_sign(value, text):
    assert comparison.signed(value) == text


@pytest.mark.parametrize(("value", "text"), [(1e-9, "< 0.001"), (0.001, "0.001"), (1.0, "1.000")])
def test_small_p_values_are_bounds(value, text):
    assert comparison.p_value(value) == text
