import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmark.localization import (
    AVERAGE,
    CENTRE,
    FRAME,
    HITS,
    MEASURES,
    RANDOM,
    Looks,
    centre_map,
    inside_any,
    judge,
    judge_all,
    judge_box,
    overlap,
    peak,
    predicted_box,
    resized,
    summarise,
)

maps = arrays("float64", (6, 7), elements=st.floats(0, 1, width=16))
sides = st.integers(1, 40)
box = st.tuples(st.integers(0, 20), st.integers(0, 20), sides, sides).map(np.array)


def spot(*places, value=1.0, size=8):
    heat = np.zeros((size, size))
    for place in places:
        heat[place] = value
    return heat


@pytest.mark.parametrize(
    ("other", "shared"),
    [((0, 0, 4, 4), 1), ((2, 0, 4, 4), 8 / 24), ((4, 0, 4, 4), 0), ((1, 1, 2, 2), 4 / 16)],
)
def test_overlap_is_intersection_over_union(other, shared):
    assert overlap(np.array([0.0, 0, 4, 4]), np.array([other])) == pytest.approx([shared])


@given(box, box)
def test_overlap_is_symmetric_a_share_and_one_for_equals(a, b):
    there, back = overlap(a, b[None])[0], overlap(b, a[None])[0]
    assert there == pytest.approx(back)
    assert 0 <= there <= 1
    assert overlap(a, a[None])[0] == pytest.approx(1)


def test_the_predicted_box_goes_round_the_spot_that_holds_the_maximum_alone():
    heat = spot((1, 1), (1, 2), value=0.6) + spot((2, 3)) + spot((6, 6), value=0.9)
    assert predicted_box(heat).tolist() == [1, 1, 3, 2]
    assert predicted_box(heat, share=0.7).tolist() == [3, 2, 1, 1]


@given(maps.filter(np.any), st.floats(0.1, 0.9), st.floats(0.05, 1))
def test_a_lower_share_never_shrinks_the_predicted_box_and_scale_changes_nothing(heat, low, more):
    x, y, width, height = predicted_box(heat, share=low)
    high = low + (1 - low) * more
    inner = predicted_box(heat, share=high)
    assert x <= inner[0] and y <= inner[1]
    assert x + width >= inner[0] + inner[2] and y + height >= inner[1] + inner[3]
    assert predicted_box(heat * 8, share=low).tolist() == [x, y, width, height]


def test_a_map_is_judged_by_its_box_its_peak_and_its_heat():
    heat = spot((1, 1), (1, 2)) + spot((6, 6), value=0.4)
    judgement = judge(heat, np.array([[1, 1, 2, 2], [7, 0, 1, 1]]))
    assert judgement.iou == pytest.approx(2 / 4)
    assert judgement.pointing == 1
    assert judgement.containment == pytest.approx(2 / 2.4)
    assert judgement.measures() == {
        **dict.fromkeys(HITS[:5], 1.0),
        **dict.fromkeys(HITS[5:], 0.0),
        "iou": pytest.approx(0.5),
        "pointing": 1.0,
        "containment": pytest.approx(2 / 2.4),
        "empty": 0.0,
    }


def test_the_best_of_several_boxes_counts():
    heat = spot((1, 1))
    assert judge(heat, np.array([[5, 5, 2, 2], [1, 1, 1, 1]])).iou == 1


def test_a_map_of_zeros_hits_nothing_and_is_counted():
    assert judge(np.zeros((8, 8)), np.array([[0, 0, 8, 8]])).measures() == {
        **dict.fromkeys(MEASURES, 0.0),
        "empty": 1.0,
    }


@given(maps, box)
def test_measures_are_shares_and_hits_fall_with_the_overlap_asked_for(heat, drawn):
    measures = judge(heat, drawn[None] % 6 + np.array([0, 0, 1, 1])).measures()
    assert all(0 <= value <= 1 + 1e-9 for value in measures.values())
    hits = [measures[name] for name in HITS]
    assert hits == sorted(hits, reverse=True)


def test_a_plateau_peaks_in_its_middle():
    assert peak(np.ones((5, 7))) == (2, 3)
    assert judge(np.ones((8, 8)), np.array([[0, 0, 3, 3]])).pointing == 0


def test_a_box_judged_as_a_map_is_even_inside_and_points_at_its_centre():
    half = FRAME / 2
    drawn = np.array([[0, 0, half, half]])
    judgement = judge_box(np.array([half / 2, 0, half, half]), drawn)
    assert judgement.iou == pytest.approx(1 / 3)
    assert judgement.containment == pytest.approx(0.5)
    assert judgement.pointing == 0
    assert judge_box(drawn[0], drawn).measures() == {
        **dict.fromkeys(MEASURES, 1.0),
        "empty": 0.0,
    }


def test_a_pixel_is_inside_where_its_centre_is():
    inside = inside_any(np.array([[1.6, 0, 2, 1], [0, 3, 1, 9]]), (4, 4))
    assert np.argwhere(inside).tolist() == [[0, 2], [0, 3], [3, 0]]


def test_resizing_keeps_cells_where_they_are():
    heat = spot((0, 3), size=4)
    big = resized(heat, 64)
    assert big.shape == (64, 64)
    assert big[:8, 56:].min() == 1 and big[:, :40].max() == 0
    assert resized(np.full((3, 5), 0.7), 10) == pytest.approx(0.7)
    assert resized(heat, 4) == pytest.approx(heat)


@given(maps)
def test_resizing_stays_within_the_values(heat):
    big = resized(heat, 32)
    assert big.min() >= heat.min() - 1e-9 and big.max() <= heat.max() + 1e-9


def test_the_centre_is_a_bump_that_knows_no_direction():
    heat = centre_map(FRAME)
    assert peak(heat) == (FRAME / 2 - 0.5,) * 2
    assert heat == pytest.approx(heat.T) and heat == pytest.approx(heat[::-1])
    _, _, width, height = predicted_box(heat)
    assert width == height and width / FRAME == pytest.approx(2 * np.sqrt(2 * np.log(2)) / 6, 0.02)


def looks():
    """Two patients with a Mass in the top left, one of them twice, and one with a Nodule."""
    boxes = pd.DataFrame(
        [
            ("a0", "a", "Mass", 0, 0, 256, 256),
            ("a1", "a", "Mass", 0, 0, 512, 512),
            ("b0", "b", "Mass", 0, 0, 256, 256),
            ("c0", "c", "Nodule", 900, 900, 64, 64),
        ],
        columns=["image", "patient", "finding", "x", "y", "width", "height"],
    )
    found = spot((0, 0), size=4)
    return Looks(boxes[["image", "finding"]], [found, found, np.zeros((4, 4)), found], boxes)


@pytest.fixture(scope="module")
def judged():
    return judge_all(looks(), "net")


def of(judged, name, image):
    return judged[(judged["map"] == name) & (judged["image"] == image)].iloc[0]


def test_every_pair_is_judged_beside_three_baselines(judged):
    assert judged.groupby("map").size().to_dict() == {"net": 4, CENTRE: 4, RANDOM: 4, AVERAGE: 4}
    assert of(judged, "net", "a0")["pointing"] == 1
    assert of(judged, "net", "b0")["empty"] == 1
    assert of(judged, "net", "c0")["iou"] == 0
    assert of(judged, CENTRE, "a0")["pointing"] == 0


def test_the_average_box_is_that_of_other_patients_alone(judged):
    assert of(judged, AVERAGE, "a0")["iou"] == 1  # b's box, and not the larger one of a
    assert of(judged, AVERAGE, "b0")["iou"] == pytest.approx((256 / 384) ** 2)
    assert np.isnan(of(judged, AVERAGE, "c0")["iou"])


def test_random_maps_are_a_mean_of_draws_that_the_seed_settles(judged):
    again, other = judge_all(looks(), "net"), judge_all(looks(), "net", seed=1)
    pd.testing.assert_frame_equal(judged, again)
    assert not judged.equals(other)
    random = judged[judged["map"] == RANDOM]
    assert (random["containment"] > 0).all() and (random["containment"] < 0.6).all()


def test_the_table_has_a_line_a_finding_then_their_mean_with_counts(judged):
    table = summarise(judged, row="net", part="test").set_index(["map", "finding"])
    assert list(table.loc["net"].index) == ["Mass", "Nodule", "mean"]
    counts = ["images", "boxes", "patients", "empty"]
    assert table.loc[("net", "Mass"), counts].tolist() == [3, 3, 2, 1]
    assert table.loc[("net", "Mass"), "pointing"] == pytest.approx(2 / 3)
    assert np.isnan(table.loc[(AVERAGE, "Nodule"), "iou"])


def test_all_means_are_over_the_findings_that_all_maps_are_judged_on(judged):
    table = summarise(judged, row="net", part="test").set_index(["map", "finding"])
    for name in ("net", CENTRE, RANDOM, AVERAGE):  # nobody else has a Nodule to lend a box
        mean, mass = table.loc[(name, "mean")], table.loc[(name, "Mass")]
        pd.testing.assert_series_equal(mean, mass, check_names=False)


def test_the_mean_weighs_findings_alike(judged):
    lent = judged[judged["finding"] == "Nodule"].assign(patient="d", image="d0", iou=0.0)
    both = pd.concat([judged.dropna(), lent])
    table = summarise(both, row="net", part="test").set_index(["map", "finding"])
    assert table.loc[("net", "mean"), "pointing"] == pytest.approx((2 / 3 + 0) / 2)


def test_without_a_finding_to_compare_on_there_is_no_mean(judged):
    nodule = judged[judged["finding"] == "Nodule"]
    table = summarise(nodule, row="net", part="test").set_index(["map", "finding"])
    assert table.loc[("net", "Nodule"), "images"] == 1
    assert table.loc[("net", "mean"), "images"] == 0
    assert np.isnan(table.loc[("net", "mean"), "pointing"])


def test_without_a_box_the_table_is_empty():
    nothing = looks()
    none = Looks(nothing.pairs[:0], [], nothing.boxes[:0])
    assert summarise(judge_all(none, "net"), row="net", part="test").empty
