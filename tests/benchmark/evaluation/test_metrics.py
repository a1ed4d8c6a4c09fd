import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from benchmark.evaluation.metrics import (
    Decision,
    confusion,
    finding_metrics,
    macro,
    micro,
    ranking,
    rates,
)

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=40)


@given(CASES, st.integers(0, 6))
def test_decision_metrics_are_scikit_learns_where_those_are_defined(pairs, cut):
    truth = np.array([present for present, _ in pairs])
    called = np.array([score >= cut for _, score in pairs])
    found = rates(**confusion(truth, called))
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(truth, called))
    if truth.any():
        assert found["recall"] == pytest.approx(sk.recall_score(truth, called))
        assert found["f1"] == pytest.approx(sk.f1_score(truth, called))
    if called.any() and truth.any():
        assert found["precision"] == pytest.approx(sk.precision_score(truth, called))
    if not truth.all():
        specificity = sk.recall_score(~truth, ~called)
        assert found["specificity"] == pytest.approx(specificity)


@given(CASES)
def test_ranking_is_scikit_learns_ties_and_all(pairs):
    truth, scores = np.array(pairs).T
    truth = truth.astype(bool)
    if 0 < truth.sum() < len(truth):
        made = {"auc": sk.roc_auc_score(truth, scores)}
        made["ap"] = sk.average_precision_score(truth, scores)
        assert ranking(truth, scores) == pytest.approx(made)


def test_what_cannot_be_computed_is_nan_and_never_zero():
    nothing_called = rates(tp=0, fp=0, tn=9, fn=1)
    assert np.isnan(nothing_called["precision"])
    assert nothing_called["recall"] == nothing_called["f1"] == 0
    no_positive = rates(tp=0, fp=2, tn=8, fn=0)
    assert np.isnan(no_positive["recall"])
    assert np.isnan(no_positive["f1"])
    assert np.isnan(no_positive["precision"])


@pytest.mark.parametrize("truth", [np.zeros(5, bool), np.ones(5, bool), np.zeros(0, bool)])
def test_an_absent_class_gives_no_auc(truth):
    assert all(np.isnan(value) for value in ranking(truth, np.arange(len(truth))).values())


def test_images_of_unknown_label_do_not_count():
    truth = np.array([1, 0, np.nan, 1, 0])
    scores = np.array([0.9, 0.1, 0.5, 0.8, 0.85])
    line = finding_metrics(truth, scores, Decision(0.8, "f1"))
    assert (line["n"], line["positives"]) == (4, 2)
    assert line["auc"] == 0.75
    assert [line[name] for name in ("tp", "fp", "tn", "fn")] == [2, 1, 1, 0]


def _line(finding, auc, **more):
    names = ("ap", "precision", "recall", "specificity", "f1", "accuracy", "prevalence")
    counts = {"n": 10, "positives": 2, "tp": 1, "fp": 1, "tn": 7, "fn": 1}
    return {"finding": finding, "auc": auc} | dict.fromkeys(names, 0.5) | counts | more


def test_macro_is_over_the_fourteen_findings_and_leaves_no_finding_out():
    lines = [_line("Mass", 0.8), _line("Nodule", 0.6), _line("No Finding", 0.1)]
    assert macro(lines)["auc"] == pytest.approx(0.7)
    assert macro(lines)["note"] == ""


def test_macro_says_which_findings_had_no_figure():
    line = macro([_line("Mass", 0.8), _line("Hernia", np.nan)])
    assert line["auc"] == 0.8
    assert line["note"] == "AUC over 1 findings, without Hernia"
    assert np.isnan(macro([_line("Mass", np.nan)])["auc"])
    line = macro([_line("Mass", 0.8), _line("Hernia", 0.6, precision=np.nan)])
    assert line["note"] == "precision over 1 findings, without Hernia"


def test_micro_pools_all_pairs_of_image_and_finding():
    random = np.random.default_rng(0)
    truth = (random.random((50, 2)) < 0.3).astype(float)
    scores = random.random((50, 2))
    lines = [
        {"finding": name, **finding_metrics(truth[:, k], scores[:, k], Decision(0.5, "f1"))}
        for k, name in enumerate(("Mass", "Nodule"))
    ]
    pooled = micro(lines, truth, scores)
    assert pooled["auc"] == pytest.approx(sk.roc_auc_score(truth.ravel(), scores.ravel()))
    assert pooled["f1"] == pytest.approx(sk.f1_score(truth.ravel(), scores.ravel() >= 0.5))
