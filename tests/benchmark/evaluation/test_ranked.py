import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmark.evaluation import ranked
from benchmark.evaluation.intervals import draw_patients
from benchmark.evaluation.ranked import Ranked


def sample(seed, *, images=80, patients=20, digits=2):
    """Truth, scores with ties (few digits, many ties), and whose images they are."""
    random = np.random.default_rng(seed)
    truth = (random.random(images) < 0.3).astype(float)
    truth[:2] = 0, 1
    scores = np.round(random.random(images) + 0.3 * truth, digits)
    return truth, scores, random.integers(patients, size=images)


@given(st.integers(0, 2**16), st.integers(0, 3))
def test_both_metrics_of_each_draw_are_those_of_scikit_learn(seed, digits):
    truth, scores, patients = sample(seed, digits=digits)
    weights = draw_patients(20, draws=5, seed=seed)
    auc, ap = Ranked.of(truth, scores, patients, count=20).weighted(weights)
    for draw, weight in enumerate(weights[patients].T):
        if {0, 1} <= set(truth[weight > 0]):
            drawn = {"sample_weight": weight}
            assert auc[draw] == pytest.approx(roc_auc_score(truth, scores, **drawn), abs=1e-9)
            assert ap[draw] == pytest.approx(
                average_precision_score(truth, scores, **drawn), abs=1e-9
            )
        else:
            assert np.isnan([auc[draw], ap[draw]]).all()


def test_weighing_patients_is_the_same_as_repeating_their_images():
    truth, scores, patients = sample(1)
    weights = draw_patients(20, draws=10, seed=1)
    auc, ap = Ranked.of(truth, scores, patients, count=20).weighted(weights)
    for draw in range(10):
        again = np.repeat(np.arange(80), weights[patients, draw].astype(int))
        assert auc[draw] == pytest.approx(roc_auc_score(truth[again], scores[again]), abs=1e-9)
        assert ap[draw] == pytest.approx(
            average_precision_score(truth[again], scores[again]), abs=1e-9
        )


@given(st.integers(0, 2**16), st.integers(0, 3))
def test_influences_are_the_derivatives_and_add_up_to_nothing(seed, digits):
    truth, scores, patients = sample(seed, digits=digits)
    judged = Ranked.of(truth, scores, patients, count=20)
    step = 1e-5
    moved = judged.weighted(np.ones((20, 20)) + step * np.eye(20))
    moved_back = judged.weighted(np.ones((20, 20)) - step * np.eye(20))
    for exact, up, down in zip(judged.influence(), moved, moved_back, strict=True):
        assert exact == pytest.approx((up - down) / (2 * step), abs=1e-7)
        assert exact.sum() == pytest.approx(0, abs=1e-9)


def test_the_same_scores_for_all_are_chance():
    truth = np.array([1.0, 0, 0, 0])
    auc, ap = Ranked.of(truth, np.full(4, 0.3), np.arange(4), count=4).weighted(np.ones((4, 1)))
    assert (auc[0], ap[0]) == (0.5, 0.25)


@pytest.mark.parametrize("truth", [[0.0, 0, 0], [1.0, 1, 1], [np.nan, 1, np.nan]])
def test_one_class_alone_has_no_metric(truth):
    judged = Ranked.of(np.array(truth), np.arange(3.0), np.arange(3), count=3)
    assert np.isnan(judged.weighted(np.ones((3, 2)))).all()
    assert np.isnan(judged.influence()).all()


def test_images_of_unknown_label_do_not_count():
    truth, scores, patients = sample(2)
    unknown = np.append(truth, np.nan)
    judged = Ranked.of(unknown, np.append(scores, 9.0), np.append(patients, 0), count=20)
    alone = Ranked.of(truth, scores, patients, count=20)
    ones = np.ones((20, 1))
    assert np.array_equal(judged.weighted(ones), alone.weighted(ones))


def test_blocks_of_draws_do_not_change_a_figure(monkeypatch):
    truth, scores, patients = sample(3)
    judged = Ranked.of(truth, scores, patients, count=20)
    weights = draw_patients(20, draws=50, seed=0)
    whole = judged.weighted(weights)
    monkeypatch.setattr(ranked, "_BLOCK", 7 * judged.positives.shape[0])
    assert np.allclose(judged.weighted(weights), whole, rtol=0, atol=1e-12, equal_nan=True)
