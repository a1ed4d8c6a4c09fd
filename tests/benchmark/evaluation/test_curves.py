import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, roc_auc_score

from benchmark.evaluation.curves import curves


@given(st.integers(0, 2**16), st.integers(2, 3000))
def test_thinned_curves_keep_their_ends_their_order_and_their_area(seed, n):
    random = np.random.default_rng(seed)
    truth = (random.random(n) < 0.3).astype(float)
    truth[:2] = 0, 1
    scores = truth * 0.3 + random.random(n)
    drawn = curves(truth, scores)
    roc, pr = drawn["roc"], drawn["pr"]
    assert (roc["fpr"][0], roc["tpr"][0], roc["fpr"][-1], roc["tpr"][-1]) == (0, 0, 1, 1)
    assert len(roc["fpr"]) <= 102
    assert np.all(np.diff(roc["fpr"]) >= 0)
    assert np.all(np.diff(pr["recall"]) <= 0)
    assert auc(roc["fpr"], roc["tpr"]) == pytest.approx(roc_auc_score(truth, scores), abs=0.01)


def test_a_finding_with_one_class_has_no_curve():
    assert curves(np.zeros(9), np.arange(9.0)) is None
