import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from benchmark.evaluation.delong import COLUMNS, delong, delong_table, logit_interval
from benchmark.evaluation.evidence import Evidence
from benchmark.settings import Evaluation


def by_all_pairs(truth, scores):
    """DeLong's AUCs and covariance as the definition has them: every pair is compared."""
    pairs = scores[:, truth == 1][:, :, None] - scores[:, truth == 0][:, None, :]
    won = (pairs > 0) + (pairs == 0) / 2
    covariances = [np.cov(won.mean(axis=axis)) for axis in (2, 1)]
    counts = won.shape[1:]
    return won.mean(axis=(1, 2)), sum(c / n for c, n in zip(covariances, counts, strict=True))


@given(st.integers(0, 2**16), st.integers(0, 3))
def test_midranks_give_what_the_comparison_of_all_pairs_gives(seed, digits):
    random = np.random.default_rng(seed)
    truth = (random.random(60) < 0.3).astype(float)
    truth[:4] = 0, 1, 0, 1
    scores = np.round(random.random((3, 60)) + 0.3 * truth, digits)  # few digits, many ties
    auc, covariance = delong(truth, scores)
    expected, of_pairs = by_all_pairs(truth, scores)
    assert auc == pytest.approx(expected, abs=1e-12)
    assert covariance == pytest.approx(of_pairs, abs=1e-12)
    assert auc == pytest.approx([roc_auc_score(truth, row) for row in scores], abs=1e-12)


def test_the_variance_of_exponential_scores_is_that_of_the_closed_form():
    # Hanley & McNeil, Radiology 143, 1982: with exponential scores, two positives beat one negative
    # with probability A / (2 - A), and one positive two negatives with 2 A² / (1 + A).
    positives, negatives, area = 400, 900, 0.8
    shares = [(np.arange(count) + 0.5) / count for count in (positives, negatives)]
    above, below = (-np.log1p(-share) for share in shares)
    scores = np.concatenate([above * area / (1 - area), below])[None]
    truth = np.repeat([1.0, 0.0], [positives, negatives])
    auc, covariance = delong(truth, scores)
    by_negatives = (area / (2 - area) - area**2) / negatives
    by_positives = (2 * area**2 / (1 + area) - area**2) / positives
    assert auc[0] == pytest.approx(area, abs=1e-3)
    assert covariance[0, 0] == pytest.approx(by_negatives + by_positives, rel=0.01)


def test_the_same_scores_twice_differ_by_nothing():
    random = np.random.default_rng(0)
    truth = (random.random(50) < 0.4).astype(float)
    scores = np.tile(random.random(50), (2, 1))
    _, covariance = delong(truth, scores)
    assert covariance @ [1, -1] == pytest.approx(0)


def test_images_of_unknown_label_are_left_out():
    truth = np.array([1, 0, np.nan, 1, 0, 0])
    scores = np.array([[0.9, 0.1, 0.99, 0.4, 0.5, 0.2]])
    left = delong(truth, scores)
    without = delong(np.delete(truth, 2), np.delete(scores, 2, axis=1))
    assert all(np.array_equal(a, b) for a, b in zip(left, without, strict=True))


@pytest.mark.parametrize("truth", [np.zeros(4), np.ones(4), np.full(4, np.nan)])
def test_an_absent_class_has_no_auc_and_no_variance(truth):
    auc, covariance = delong(truth, np.arange(8.0).reshape(2, 4))
    assert np.isnan(auc).all()
    assert covariance.shape == (2, 2)
    assert np.isnan(covariance).all()


def test_one_positive_has_an_auc_and_no_variance():
    auc, covariance = delong(np.array([1.0, 0, 0, 0]), np.array([[0.3, 0.1, 0.2, 0.4]]))
    assert auc[0] == pytest.approx(2 / 3)
    assert np.isnan(covariance).all()


def test_the_interval_is_symmetric_in_logits_and_stays_below_one():
    low, high = logit_interval(np.array([0.98]), np.array([0.02]))
    reach = norm.ppf(0.975) * 0.02 / (0.98 * 0.02)
    centre = np.log(0.98 / 0.02)
    assert np.log(low / (1 - low)) == pytest.approx(centre - reach)
    assert np.log(high / (1 - high)) == pytest.approx(centre + reach)
    assert high < 1 < 0.98 + norm.ppf(0.975) * 0.02
    assert np.isnan(logit_interval(np.array([1.0]), np.array([0.0]))).all()


@pytest.fixture(scope="module")
def fourfold():
    """Test images of 150 patients, four alike of each, and one patient with the rarest finding."""
    random = np.random.default_rng(3)
    findings = ["Mass", "Nodule", "Hernia", "Edema"]
    own = (random.random((150, 4)) < 0.4).astype(float)
    own[:, 2:] = 0
    own[0, 2] = 1
    images = pd.Index([f"{k}.png" for k in range(600)], name="image")
    truth = pd.DataFrame(own.repeat(4, axis=0), images, findings)
    shown = (own + random.normal(size=(2, 150, 4))).repeat(4, axis=1)
    scores = {
        name: pd.DataFrame(it, images, findings) for name, it in zip("ab", shown, strict=True)
    }
    split = pd.DataFrame({"patient": np.arange(600) // 4, "part": "test"}, images)
    return Evidence(truth, split, scores, Evaluation(draws=800))


def test_four_images_for_one_make_delong_half_as_wide_as_it_should_be(fourfold):
    table = delong_table(fourfold)
    assert list(table.columns) == list(COLUMNS)
    assert table["row"].tolist() == ["a"] * 4 + ["b"] * 4
    assert set(table["note"]) == {"assumes independent images"}
    common = table[table["finding"].isin(["Mass", "Nodule"])]
    assert common["ratio"].to_numpy() == pytest.approx(2, rel=0.12)
    assert (common["ratio"] == common["se_clustered"] / common["se"]).all()
    assert ((common["low"] < common["auc"]) & (common["auc"] < common["high"])).all()


def test_what_draws_cannot_tell_is_empty(fourfold):
    table = delong_table(fourfold).set_index(["row", "finding"])
    assert table.loc[("a", "Hernia"), ["auc", "se"]].notna().all()
    assert table.loc[("a", "Hernia"), ["se_clustered", "ratio"]].isna().all()
    assert table.loc[("a", "Edema")].drop("note").isna().all()


def test_without_rows_there_are_no_lines(fourfold):
    none = Evidence(fourfold.truth, fourfold.split, {}, fourfold.settings)
    assert list(delong_table(none).columns) == list(COLUMNS)
    assert delong_table(none).empty
