import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training import orders

COMMON, RARE, BOTH, NONE = [1, 0], [0, 1], [1, 1], [0, 0]


@pytest.mark.parametrize("sampling", ["shuffled", "balanced"])
def test_an_order_follows_from_seed_and_epoch_alone(sampling):
    targets = np.array([COMMON] * 30 + [RARE] * 5 + [NONE] * 20)

    def order(epoch, seed=5):
        return orders.make(sampling, targets, seed)(epoch).tolist()

    assert order(2) == order(2)
    assert order(2) != order(1)
    assert order(2) != order(2, seed=6)


def test_shuffling_shows_every_image_once():
    order = orders.make("shuffled", np.zeros((37, 2)), 0)(3)

    assert sorted(order) == list(range(37))


def test_balancing_shows_each_class_as_often_as_any_other():
    targets = np.array([COMMON] * 60 + [RARE] * 3 + [NONE] * 27)

    shown = targets[orders.make("balanced", targets, 0)(0)]

    assert [(shown == one).all(axis=1).sum() for one in (COMMON, RARE, NONE)] == [30, 30, 30]


def test_balancing_repeats_an_image_only_once_all_of_its_class_have_come():
    targets = np.array([COMMON] * 60 + [RARE] * 3 + [NONE] * 27)

    times = np.bincount(orders.make("balanced", targets, 0)(0), minlength=90)

    assert set(times[:60]) == {0, 1}  # 30 of 60
    assert set(times[60:63]) == {10}  # 30 turns of 3
    assert set(times[63:]) == {1, 2}  # 30 turns of 27


def test_an_image_with_two_findings_comes_by_each():
    targets = np.array([BOTH] * 2 + [COMMON] * 20)

    times = np.bincount(orders.make("balanced", targets, 0)(0), minlength=22)

    assert times[:2].sum() >= 11  # every turn of the rare one, and whatever the common one adds


@given(
    st.lists(st.lists(st.sampled_from([0.0, 1.0, np.nan]), min_size=3, max_size=3), min_size=1),
    st.integers(0, 5),
)
def test_an_epoch_is_as_long_as_the_part_whatever_the_labels(targets, epoch):
    for sampling in ("shuffled", "balanced"):
        order = orders.make(sampling, np.array(targets), 0)(epoch)
        assert order.shape == (len(targets),)
        assert ((order >= 0) & (order < len(targets))).all()
