"""AUC against cost, drawn."""

import re
import xml.etree.ElementTree as ET

import pytest

from reports.palette import row_styles
from reports.scatter import BYTES, SECONDS, Spot, cost_panel

ROWS = [
    {"name": "cnn6", "kind": "deep"},
    {"name": "hog_lbp_xgboost", "kind": "classical"},
    {"name": "prevalence", "kind": "floor"},
]
COSTS = {"cnn6": (61.0, 0.74), "hog_lbp_xgboost": (17.0, 0.79), "prevalence": (0.0, 0.5)}


def panel(scale=SECONDS, costs=COSTS, rows=ROWS):
    spots = [Spot(row, *given, f"{row}: {given[1]}") for row, given in costs.items()]
    return cost_panel(spots, scale, row_styles(rows), name="cost", label="AUC against time")


def texts(svg):
    return [t.text for t in ET.fromstring(svg).iter() if t.tag.endswith("}text")]


def test_every_row_is_named_once_beside_its_point():
    named = [text for text in texts(panel()) if text in COSTS]
    assert sorted(named) == sorted(COSTS)


def test_the_axis_is_written_in_words_of_time():
    assert {"0.1 s", "1 s", "10 s", "1 min"} <= set(texts(panel()))


def test_sizes_are_written_in_bytes():
    costs = {"cnn6": (4.8e6, 0.7), "prevalence": (800, 0.5)}
    assert {"1 kB", "10 kB", "100 kB", "1 MB", "10 MB"} <= set(texts(panel(BYTES, costs)))


def test_a_cost_of_nothing_is_drawn_at_the_least():
    assert panel() == panel(costs=COSTS | {"prevalence": (0.1, 0.5)})


def test_one_point_alone_or_equal_ones_have_axes_too():
    alone = panel(costs={"cnn6": (61.0, 0.74)})
    assert "1 min" in texts(alone)
    assert "nan" not in panel(costs=dict.fromkeys(COSTS, (61.0, 0.74))).lower()


def test_points_are_coloured_by_variables_and_say_their_figures_where_one_points():
    svg = panel()
    assert "var(--row-0)" in svg
    assert "var(--floor)" in svg
    assert not re.search(r"#[0-9a-f]{6}\b", svg.replace("url(#", ""))
    root = ET.fromstring(svg)
    said = {g.get("data-row"): g[0].text for g in root.iter() if g.get("data-row")}
    assert said["1"] == "hog_lbp_xgboost: 0.79"


def test_floors_and_later_rows_have_marks_of_their_own():
    rows = [{"name": f"m{k}", "kind": "deep"} for k in range(7)]
    first, seventh = (panel(costs={row: (9, 0.7)}, rows=rows) for row in ("m0", "m6"))
    shapes = [re.findall(r'<path id="m[^"]*" d="([^"]+)"', svg)[-1] for svg in (first, seventh)]
    assert shapes[0] != shapes[1]


@pytest.mark.filterwarnings("error")
def test_names_in_any_script_are_drawn_without_a_warning():
    rows = [{"name": "胸膜", "kind": "deep"}, {"name": "$x^2$" + "y" * 60, "kind": "deep"}]
    drawn = texts(panel(costs={row["name"]: (9, 0.7) for row in rows}, rows=rows))
    assert "胸膜" in drawn
    assert "$x^2$" + "y" * 14 + "…" in drawn
