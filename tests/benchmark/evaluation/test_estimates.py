import numpy as np
import pytest

from benchmark.evaluation.estimates import Estimates, ratio
from benchmark.evaluation.intervals import draw_patients


@pytest.fixture
def made():
    """Recall-like ratios of 12 patients: two rows by three metrics; the last is not defined."""
    random = np.random.default_rng(0)
    bottom = random.integers(0, 4, size=(12, 2, 3)).astype(float)
    top = np.minimum(bottom, random.integers(0, 4, size=(12, 2, 3)))
    bottom[..., 2] = 0
    top[..., 2] = 0
    return ratio(top, bottom, draw_patients(12, draws=50, seed=0)), top, bottom


def test_a_ratio_is_of_the_sums_over_those_drawn(made):
    estimates, top, bottom = made
    weights = draw_patients(12, draws=50, seed=0)
    assert estimates.value[0, 0] == top[:, 0, 0].sum() / bottom[:, 0, 0].sum()
    again = (weights[:, 7] @ top[:, 1, 1]) / (weights[:, 7] @ bottom[:, 1, 1])
    assert estimates.draws[1, 1, 7] == pytest.approx(again)


def test_the_influence_of_a_patient_is_the_derivative(made):
    estimates, top, bottom = made
    step, patient = 1e-6, 4
    weights = np.ones((12, 1))
    weights[patient] += step
    moved = ratio(top, bottom, weights).draws[..., 0]
    slope = (moved - estimates.value) / step
    assert estimates.influence[:, :2, patient] == pytest.approx(slope[:, :2], abs=1e-5)


def test_what_nobody_contributes_to_is_not_defined(made):
    estimates, *_ = made
    assert np.isnan(estimates.value[:, 2]).all()
    assert np.isnan(estimates.draws[:, 2]).all()
    assert np.isnan(estimates.standard_error[:, 2]).all()


def test_what_one_patient_contributes_to_has_a_value_but_no_draws():
    bottom = np.array([[2.0], [0.0], [0.0]])
    made = ratio(bottom / 2, bottom, draw_patients(3, draws=20, seed=0))
    assert made.value[0] == 0.5
    assert np.isnan(made.draws).all()
    assert np.isnan(made.standard_error).all()


def test_a_mean_leaves_out_what_is_not_defined(made):
    estimates, *_ = made
    mean = estimates.mean()
    assert mean.value == pytest.approx(estimates.value[:, :2].mean(axis=1))
    assert mean.draws == pytest.approx(estimates.draws[:, :2].mean(axis=1))
    assert mean.influence == pytest.approx(estimates.influence[:, :2].mean(axis=1))


def test_what_some_draws_lack_does_not_move_their_means():
    random = np.random.default_rng(2)
    draws = np.array([0.7, 0.9])[:, None] + 0.01 * random.normal(size=(2, 400))
    draws[1, ::3] = np.nan
    mean = Estimates(np.array([0.7, 0.9]), draws, np.zeros((2, 5))).mean()
    assert mean.value == pytest.approx(0.8)
    assert mean.draws == pytest.approx(0.8, abs=0.05)
    draws[1] = np.nan
    mean = Estimates(np.array([0.7, 0.9]), draws, np.zeros((2, 5))).mean()
    assert mean.draws == pytest.approx((draws[0] + 0.9) / 2)


def test_a_mean_of_nothing_that_was_drawn_has_no_draws():
    mean = Estimates(np.array([0.7, 0.9]), np.full((2, 8), np.nan), np.zeros((2, 5))).mean()
    assert mean.value == pytest.approx(0.8)
    assert np.isnan(mean.draws).all()


def test_a_difference_is_taken_draw_by_draw(made):
    estimates, *_ = made
    difference = estimates[0] - estimates[1]
    assert np.array_equal(difference.draws[:2], estimates.draws[0, :2] - estimates.draws[1, :2])
    assert (difference.standard_error[:2] > 0).all()


def test_the_standard_error_is_that_of_the_draws_and_near_that_of_the_influences():
    random = np.random.default_rng(1)
    bottom = random.integers(1, 5, size=(300, 1)).astype(float)
    top = random.binomial(bottom.astype(int), 0.3).astype(float)
    made = ratio(top, bottom, draw_patients(300, draws=2000, seed=0))
    assert made.standard_error == pytest.approx(made.draws.std(axis=-1, ddof=1))
    by_influence = np.sqrt((made.influence**2).sum(axis=-1))
    assert made.standard_error == pytest.approx(by_influence, rel=0.05)


def test_stacking_adds_an_axis(made):
    estimates, *_ = made
    assert Estimates.stack([estimates, estimates]).value.shape == (2, 2, 3)
