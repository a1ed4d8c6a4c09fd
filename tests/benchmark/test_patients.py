"""Patients are drawn by lot and spread over parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.patients import Cohort, lot
from features.errors import InputError


def cohort(counts: list[list[int]]) -> Cohort:
    """Make patients from their counts, one column a finding; the last one counts images."""
    table = np.array(counts)
    names = np.array([f"{k:03}" for k in range(len(table))], dtype=object)
    return Cohort(names, np.repeat(np.arange(len(table)), table[:, -1]), table)


def totals(people: Cohort, part: np.ndarray) -> list[list[int]]:
    """Add up what each part holds."""
    return [people.counts[part == p].sum(axis=0).tolist() for p in range(part.max() + 1)]


def test_a_lot_depends_on_patient_and_seed_alone():
    assert lot("13", seed=0).hex() == "a501ce0100f2abd3"
    assert len({lot(patient, seed=seed) for patient in ("1", "2", "13") for seed in (0, 1)}) == 6


def test_shares_are_exact_where_they_can_be():
    people = cohort([[1, 1]] * 10 + [[0, 1]] * 30)
    part = people.spread([7, 1, 2], seed=0)
    assert totals(people, part) == [[7, 28], [1, 4], [2, 8]]


def test_a_heavy_patient_goes_where_there_is_room_and_the_light_ones_make_up_for_him():
    people = cohort([[20, 20], *[[1, 1]] * 20])
    for seed in range(5):
        part = people.spread([7, 1, 2], seed=seed)
        assert part[0] == 0
        assert totals(people, part) == [[28, 28], [4, 4], [8, 8]]


def test_the_rarest_finding_is_spread_first():
    people = cohort([[1, 9, 9]] * 3 + [[0, 9, 9]] * 27)
    part = people.spread([7, 1, 2], seed=0)
    assert [rare for rare, *_ in totals(people, part)] == [1, 1, 1]


def test_three_patients_with_a_finding_go_to_three_parts():
    people = cohort([[1, 1]] * 3 + [[0, 1]] * 97)
    for seed in range(5):
        assert sorted(people.spread([7, 1, 2], seed=seed)[:3]) == [0, 1, 2]


def test_only_those_asked_for_are_spread():
    people = cohort([[0, 1]] * 10)
    among = np.arange(10) < 4
    part = people.spread([1, 1], seed=0, among=among)
    assert sorted(part[among]) == [0, 0, 1, 1]
    assert set(part[~among]) == {-1}


def test_who_else_is_there_does_not_change_the_order_of_the_lots():
    few, many = cohort([[0, 1]] * 20), cohort([[0, 1]] * 40)
    among = np.arange(40) < 20
    assert (
        many.spread([1, 1], seed=3, among=among)[:20].tolist()
        == few.spread([1, 1], seed=3).tolist()
    )


def test_too_few_patients_are_an_error():
    with pytest.raises(InputError, match="3 parts need at least 3 patients; there are 2"):
        cohort([[0, 1]] * 2).spread([7, 1, 2], seed=0)


@given(
    st.lists(st.integers(1, 12), min_size=4, max_size=40),
    st.lists(st.integers(1, 10), min_size=2, max_size=4),
    st.integers(0, 5),
)
def test_no_part_is_empty_and_none_has_more_than_its_share_but_for_a_patient(sizes, weights, seed):
    people = cohort([[size // 3, size] for size in sizes])
    part = people.spread(weights, seed=seed)
    images = np.array(totals(people, part))[:, -1]
    assert (images > 0).all()
    expected = np.array(weights) / sum(weights) * sum(sizes)
    assert (images - expected < max(sizes)).all()
