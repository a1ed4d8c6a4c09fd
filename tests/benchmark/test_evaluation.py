import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, roc_auc_score

from benchmark.evaluation import COLUMNS, curves, evaluate_row
from features.findings import FINDINGS


@pytest.fixture
def study():
    """Truth, scores and parts of 300 images; Hernia has no positive in test."""
    random = np.random.default_rng(0)
    images = pd.Index([f"{k:08d}_000.png" for k in range(300)], name="image")
    part = pd.Series(np.repeat(["train", "valid", "test"], [200, 40, 60]), images)
    truth = pd.DataFrame((random.random((300, 14)) < 0.4).astype(float), images, list(FINDINGS))
    scores = (0.3 * truth + 0.7 * random.random((300, 14))).clip(0, 1)
    truth.loc[part == "test", "Hernia"] = 0
    return truth, scores, part


def test_there_is_a_line_for_every_part_and_finding_and_both_means(study):
    table = evaluate_row("cnn6", *study, min_positives=10)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 3 * (14 + 2)
    assert set(table["row"]) == {"cnn6"}


def test_figures_are_those_of_the_part_they_are_named_after(study):
    truth, scores, part = study
    table = evaluate_row("cnn6", *study, min_positives=10).set_index(["part", "finding"])
    for name in ("train", "valid", "test"):
        mask = part == name
        expected = roc_auc_score(truth.loc[mask, "Mass"], scores.loc[mask, "Mass"])
        assert table.loc[(name, "Mass"), "auc"] == pytest.approx(expected)


def test_the_threshold_is_chosen_on_valid_and_is_the_same_in_every_part(study):
    truth, scores, part = study
    table = evaluate_row("cnn6", *study, min_positives=10)
    assert len(set(table.query("finding == 'Mass'")["threshold"])) == 1
    changed = truth.copy()
    test = part == "test"
    changed.loc[test] = 1 - changed.loc[test]
    again = evaluate_row("cnn6", changed, scores, part, min_positives=10)
    assert again["threshold"].equals(table["threshold"])


def test_a_finding_absent_from_test_is_an_empty_cell_with_its_count(study):
    table = evaluate_row("cnn6", *study, min_positives=10).set_index(["part", "finding"])
    hernia = table.loc[("test", "Hernia")]
    assert hernia["positives"] == 0
    assert hernia[["auc", "ap", "precision", "recall", "f1"]].isna().all()
    assert not table.loc[("test", "macro"), ["auc", "f1"]].isna().any()
    assert "Hernia" in table.loc[("test", "macro"), "note"]


def test_scores_are_matched_by_image_and_not_by_place(study):
    truth, scores, part = study
    shuffled = scores.sample(frac=1, random_state=0)[list(reversed(FINDINGS))]
    expected = evaluate_row("cnn6", truth, scores, part, min_positives=10)
    assert evaluate_row("cnn6", truth, shuffled, part, min_positives=10).equals(expected)


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
