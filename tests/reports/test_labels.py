"""Labels beside points: close to them, inside the room, and never on one another."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from reports.labels import Box, place

ROOM = Box(0, 0, 320, 180)
RADIUS = 3.0
POINTS = st.lists(st.tuples(st.floats(0, 320), st.floats(0, 180)), min_size=1, max_size=14)


def labels(points, size=(60, 9)):
    return place(points, [size] * len(points), ROOM, radius=RADIUS)


def mark(point):
    return Box(*(v - RADIUS for v in point), *(v + RADIUS for v in point))


def test_a_lone_point_has_its_label_on_its_right():
    (label,) = labels([(100, 90)])
    assert label.leader is None
    assert 103 < label.box.left < 108
    assert label.box.bottom < 90 < label.box.top


def test_at_the_right_edge_the_label_stands_on_the_left():
    (label,) = labels([(318, 90)])
    assert label.box.right < 318


def test_six_labels_fit_around_one_spot():
    found = labels([(160, 90)] * 6)
    assert all(found)
    assert not any(label.leader for label in found)


def test_where_neighbours_are_in_the_way_a_line_leads_to_the_label():
    around = [(160 + x, 90 + y) for x in (-12, 0, 12) for y in (-12, 0, 12) if (x, y) != (0, 0)]
    *_, label = place([*around, (160, 90)], [(1, 1)] * 8 + [(60, 9)], ROOM, radius=RADIUS)
    assert label.leader[0] == (160, 90)
    assert label.box.nearest(label.leader[1]) == label.leader[1]


@settings(max_examples=30)
@given(POINTS)
def test_no_label_covers_another_or_a_point_or_leaves_the_room(points):
    found = labels(points)
    placed = [(at, label.box) for at, label in enumerate(found) if label]
    assert all(ROOM.holds(box) for _, box in placed)
    assert not any(a.meets(b) for (_, a), (_, b) in itertools.combinations(placed, 2))
    assert not any(
        box.meets(mark(point))
        for at, box in placed
        for other, point in enumerate(points)
        if other != at
    )


def test_points_that_lie_apart_have_their_labels():
    points = [(40 + 60 * x + 17 * y, 25 + 33 * y) for x in range(3) for y in range(5)]
    assert all(labels(points))


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(40, 280), st.floats(22, 158)), min_size=1, max_size=3))
def test_up_to_three_points_anywhere_off_the_edge_have_their_labels(points):
    assert all(labels(points))


def test_labels_keep_off_what_is_taken():
    line = Box(0, 89, 320, 91)
    (label,) = place([(100, 90)], [(60, 9)], ROOM, radius=RADIUS, taken=[line])
    assert not label.box.meets(line)
    assert label.leader is None


def test_where_no_place_is_free_there_is_no_label():
    assert labels([(160, 90)], size=(400, 9)) == [None]


def test_a_box_that_touches_another_meets_it():
    assert Box(0, 0, 1, 1).meets(Box(1, 1, 2, 2))
    assert not Box(0, 0, 1, 1).meets(Box(1.1, 0, 2, 1))
    assert Box(0, 0, 1, 1).nearest((5, 0.5)) == (1, 0.5)
