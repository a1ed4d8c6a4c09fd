import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from benchmark.evaluation.thresholds import choose

SCORED = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=30)


@given(SCORED)
def test_no_threshold_has_a_higher_f1_on_valid(pairs):
    truth = np.array([float(present) for present, _ in pairs])
    scores = np.array([score / 4 for _, score in pairs])
    decision = choose(truth, scores, prevalence=0.3, min_positives=1)
    if decision.rule != "f1":
        assert truth.sum() in (0, len(truth))
        return
    best = max(f1_score(truth, scores >= cut) for cut in np.unique(scores))
    assert f1_score(truth, scores >= decision.threshold) == pytest.approx(best)


def test_too_few_positives_fall_back_to_the_prevalence_of_train_and_say_so():
    truth, scores = np.zeros(100), np.linspace(0, 1, 100)
    truth[[3, 50]] = 1
    decision = choose(truth, scores, prevalence=0.07, min_positives=10)
    assert decision.rule == "prevalence"
    assert (scores >= decision.threshold).sum() == 7
    assert "2 positives in valid" in decision.note


def test_the_fallback_reads_no_label_of_valid():
    scores = np.random.default_rng(0).random(100)
    few, none = np.zeros(100), np.zeros(100)
    few[:5] = 1
    options = {"prevalence": 0.2, "min_positives": 10}
    assert choose(few, scores, **options).threshold == choose(none, scores, **options).threshold


def test_unknown_labels_are_left_out_and_an_empty_valid_has_no_threshold():
    unknown = np.full(20, np.nan)
    decision = choose(unknown, np.ones(20), prevalence=0.1, min_positives=1)
    assert np.isnan(decision.threshold)
    assert "no image with a known label" in decision.note
