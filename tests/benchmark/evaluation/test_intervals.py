import numpy as np
import pytest
from scipy.stats import bootstrap, norm

from benchmark.evaluation.estimates import Estimates, ratio
from benchmark.evaluation.intervals import draw_patients, interval, wilson
from benchmark.evaluation.ranked import Ranked


def test_every_draw_has_as_many_patients_as_there_are():
    weights = draw_patients(30, draws=40, seed=0)
    assert weights.shape == (30, 40)
    assert (weights.sum(axis=0) == 30).all()
    assert len({tuple(column) for column in weights.T}) == 40


def test_draws_follow_from_the_seed_alone():
    first, again = (draw_patients(30, draws=5, seed=3) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, draw_patients(30, draws=5, seed=4))


def test_percentile_bounds_are_quantiles_of_the_draws():
    draws = np.random.default_rng(0).normal(size=(3, 1000))
    made = Estimates(np.zeros(3), draws, np.zeros((3, 2)))
    low, high = interval(made, level=0.9)
    assert low == pytest.approx(np.quantile(draws, 0.05, axis=1))
    assert high == pytest.approx(np.quantile(draws, 0.95, axis=1))


def test_draws_that_are_not_defined_are_left_out():
    draws = np.array([[1.0, np.nan, 2.0, 3.0], [np.nan] * 4])
    low, high = interval(Estimates(np.zeros(2), draws, np.zeros((2, 2))), level=0.5)
    assert low[0] == pytest.approx(1.5)
    assert high[0] == pytest.approx(2.5)
    assert np.isnan([low[1], high[1]]).all()


def test_bca_is_that_of_scipy_up_to_the_draws():
    # Of a mean of skewed values, where the correction shows; SciPy takes out one value at a time
    # for the acceleration, which for a mean is the same as the influences.
    random = np.random.default_rng(5)
    values = random.exponential(size=40)
    weights = draw_patients(40, draws=20_000, seed=1)
    made = ratio(values[:, None], np.ones((40, 1)), weights)
    low, high = interval(made, method="bca")
    theirs = bootstrap(
        (values,), np.mean, n_resamples=20_000, method="BCa", random_state=random
    ).confidence_interval
    assert low[0] == pytest.approx(theirs.low, abs=0.01)
    assert high[0] == pytest.approx(theirs.high, abs=0.015)
    plain_low, plain_high = interval(made)
    assert high[0] - plain_high[0] > 0.01
    assert low[0] > plain_low[0]


def test_bca_of_an_estimate_beyond_all_draws_is_still_an_interval():
    made = Estimates(np.ones(1), np.linspace(0, 0.9, 100)[None], np.zeros((1, 4)))
    low, high = interval(made, method="bca")
    assert 0 <= low[0] <= high[0] <= 0.9


def test_wilson_is_newcombes_example():
    # Newcombe, Statistics in Medicine 17, 1998, table I, method 3: 81 of 263.
    low, high = wilson([81, 0, 0], [263, 20, 0])
    assert (low[0], high[0]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert low[1] == pytest.approx(0, abs=1e-12)
    assert np.isnan([low[2], high[2]]).all()


def clustered_sample(random, patients=100):
    """A finding and scores, both partly the patient's own; the AUC of the population is known.

    A score is the patient's offset, plus noise, plus one standard deviation where the finding
    is; patients have one to six images.
    """
    images = random.integers(1, 7, size=patients)
    codes = np.repeat(np.arange(patients), images)
    propensity = random.beta(0.6, 1.4, size=patients)
    truth = (random.random(len(codes)) < propensity[codes]).astype(float)
    offset = random.normal(scale=0.7, size=patients)
    scores = offset[codes] + random.normal(scale=0.7, size=len(codes)) + truth
    return truth, scores, codes


@pytest.mark.slow
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_the_95_percent_interval_covers_the_truth_in_95_percent_of_samples(method):
    random = np.random.default_rng(20_260_101)
    # Pairs of one patient are 1 in 100 here and share his offset: the sample's AUC aims at the
    # mean of both kinds of pairs, weighed as they occur; a large sample gives it.
    expected = _population_auc()
    covered = 0
    for sample in range(2000):
        truth, scores, codes = clustered_sample(random)
        weights = draw_patients(100, draws=1000, seed=sample)
        judged = Ranked.of(truth, scores, codes, count=100)
        (value, _), (draws, _) = judged.weighted(np.ones((100, 1))), judged.weighted(weights)
        made = Estimates(value, draws[None], judged.influence()[0][None])
        low, high = interval(made, method=method)
        covered += low[0] <= expected <= high[0]
    print(f"{method}: {covered / 2000:.4f}")
    assert 0.93 <= covered / 2000 <= 0.97


def _population_auc():
    """The AUC that samples of 100 patients have on average: within patients and between them."""
    random = np.random.default_rng(7)
    aucs, pairs = [], []
    for _ in range(4000):
        truth, scores, codes = clustered_sample(random)
        judged = Ranked.of(truth, scores, codes, count=100)
        aucs.append(judged.weighted(np.ones((100, 1)))[0][0])
        pairs.append(truth.sum() * (1 - truth).sum())
    between = norm.cdf(1 / np.sqrt(2 * (0.7**2 + 0.7**2)))
    assert abs(np.mean(aucs) - between) < 0.01
    return float(np.mean(aucs))
