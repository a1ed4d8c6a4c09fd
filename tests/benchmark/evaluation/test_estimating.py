"""Every metric of every draw, against the images that were drawn."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmark.evaluation.estimating import estimate
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.metrics import DECISION, RANKING, confusion, rates
from benchmark.settings import Evaluation
from features.findings import FINDINGS

IMAGES, PATIENTS = 60, 25


@pytest.fixture(scope="module")
def evidence():
    """One row on 25 patients; two have a Fibrosis, one alone a Hernia, nobody an Edema."""
    random = np.random.default_rng(3)
    images = pd.Index([f"{k}.png" for k in range(IMAGES)], name="image")
    patients = np.sort(random.integers(PATIENTS, size=IMAGES))
    truth = pd.DataFrame((random.random((IMAGES, 14)) < 0.3) * 1.0, images, list(FINDINGS))
    for finding, carriers in (("Fibrosis", 2), ("Hernia", 1), ("Edema", 0)):
        truth[finding] = np.isin(patients, np.unique(patients)[:carriers]) * 1.0
    scores = (truth + random.normal(size=truth.shape)).round(1)  # with ties
    truth = truth.mask(random.random(truth.shape) < 0.1)
    split = pd.DataFrame({"patient": patients, "part": "test"}, images)
    return Evidence(truth, split, {"row": scores}, Evaluation(draws=100))


@pytest.fixture(scope="module")
def estimates(evidence):
    return estimate(evidence.test, np.full((1, 14), 0.6), evidence.weights)


def by_hand(truth, scores):
    """All metrics of some images, NaN where one is not defined."""
    truth, scores = truth[~np.isnan(truth)] > 0, scores[~np.isnan(truth)]
    both = truth.any() and not truth.all()
    ranks = (roc_auc_score, average_precision_score)
    found = [metric(truth, scores) if both else np.nan for metric in ranks]
    return dict(zip(RANKING, found, strict=True)) | rates(**confusion(truth, scores >= 0.6))


def drawn(evidence, draw):
    part = evidence.test
    return np.repeat(np.arange(IMAGES), evidence.weights[part.patients, draw].astype(int))


@pytest.mark.parametrize("finding", ["Mass", "Fibrosis"])
def test_each_draw_has_the_metrics_of_the_images_that_were_drawn(evidence, estimates, finding):
    part, k = evidence.test, FINDINGS.index(finding)
    for draw in range(100):
        images = drawn(evidence, draw)
        expected = by_hand(part.truth[images, k], part.scores[0][images, k])
        found = {name: estimates[name].draws[0, k, draw] for name in expected}
        assert found == pytest.approx(expected, nan_ok=True)


def test_a_draw_without_a_positive_has_no_precision_recall_or_f1(evidence, estimates):
    part, k = evidence.test, FINDINGS.index("Fibrosis")
    absent = [not (part.truth[drawn(evidence, draw), k] == 1).any() for draw in range(100)]
    assert any(absent)
    for name in ("precision", "recall", "f1", *RANKING):
        assert np.isnan(estimates[name].draws[0, k, absent]).all()
    assert not np.isnan(estimates["specificity"].draws[0, k]).any()


def test_what_one_patient_alone_has_keeps_its_value_and_has_no_draws(evidence, estimates):
    part, k = evidence.test, FINDINGS.index("Hernia")
    expected = by_hand(part.truth[:, k], part.scores[0][:, k])
    for name in ("precision", "recall", "f1", *RANKING):
        assert estimates[name].value[0, k] == pytest.approx(expected[name], nan_ok=True)
        assert np.isnan(estimates[name].draws[0, k]).all()


def test_what_nobody_has_is_not_defined(estimates):
    k = FINDINGS.index("Edema")
    for name in ("precision", "recall", "f1", *RANKING):
        assert np.isnan(estimates[name].value[0, k])
        assert np.isnan(estimates[name].influence[0, k]).all()
    assert 0 < estimates["specificity"].value[0, k] < 1


@pytest.mark.parametrize("name", [*RANKING, *DECISION])
def test_micro_pools_all_pairs_and_macro_is_the_mean_in_every_draw(evidence, estimates, name):
    part, made = evidence.test, estimates[name]
    for draw in (0, 50):
        images = drawn(evidence, draw)
        pooled = by_hand(part.truth[images].ravel(), part.scores[0][images].ravel())
        assert made.draws[0, 15, draw] == pytest.approx(pooled[name])
        each = made.draws[0, :14, draw]
        each = np.where(np.isnan(each), made.value[0, :14], each)
        assert made.draws[0, 14, draw] == pytest.approx(np.nanmean(each))
