"""XGBoost one-vs-rest: one matrix, one booster a finding, the same whatever the workers."""

from types import SimpleNamespace

import joblib
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks
from xgboost import XGBClassifier

from models.one_vs_rest import OneVsRestXGBoost

QUICK = {"rounds": 15, "colsample": 1.0, "learning_rate": 0.3}


@parametrize_with_checks([OneVsRestXGBoost(**QUICK)])
def test_it_is_a_scikit_learn_classifier(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def data() -> tuple[np.ndarray, np.ndarray]:
    """Five findings, each told by a feature of its own and noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 12)).astype("float32")
    y = (X[:, :5] + rng.normal(scale=0.7, size=(400, 5)) > 0.8).astype("float32")
    return X, y


def test_every_finding_is_learnt(data):
    X, y = data
    scores = OneVsRestXGBoost(**QUICK).fit(X[:300], y[:300]).predict_proba(X[300:])
    assert scores.shape == (100, 5) and scores.min() >= 0 and scores.max() <= 1
    assert roc_auc_score(y[300:], scores) > 0.8


def test_it_scores_as_scikit_learns_one_vs_rest_does(data):
    X, y = data
    ours = OneVsRestXGBoost(rounds=15, colsample=1.0, learning_rate=0.3, max_depth=3).fit(X, y)
    scores = ours.predict_proba(X)
    for column, share in enumerate(y.mean(axis=0)):
        plain = XGBClassifier(
            n_estimators=15, max_depth=3, learning_rate=0.3, max_bin=64, base_score=float(share)
        )
        theirs = OneVsRestClassifier(plain).fit(X, y[:, [column]]).predict_proba(X)
        np.testing.assert_allclose(scores[:, column], theirs[:, -1], atol=1e-6)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_scores_are_bit_identical_whatever_the_workers(data, backend):
    X, y = data
    options = QUICK | {"subsample": 0.7, "colsample": 0.5, "random_state": 3}
    alone = OneVsRestXGBoost(**options).fit(X, y).predict_proba(X)
    with joblib.parallel_config(backend, n_jobs=3):
        together = OneVsRestXGBoost(**options).fit(X, y).predict_proba(X)
    assert np.array_equal(alone, together)


def test_another_seed_gives_other_trees(data):
    X, y = data
    seeds = [OneVsRestXGBoost(**QUICK | {"colsample": 0.3}, random_state=s) for s in (0, 0, 1)]
    first, same, other = (model.fit(X, y).predict_proba(X) for model in seeds)
    assert np.array_equal(first, same) and not np.array_equal(first, other)


def test_an_unknown_label_counts_for_nothing(data):
    X, y = data
    masked = y.copy()
    masked[:100, 1] = np.nan
    scores = OneVsRestXGBoost(**QUICK).fit(X, masked).predict_proba(X)
    without = OneVsRestXGBoost(**QUICK).fit(X[100:], y[100:, 1:2].ravel()).predict_proba(X)[:, 1]
    assert np.corrcoef(scores[:, 1], without)[0, 1] > 0.95
    flipped = masked.copy()
    flipped[:100, 1] = np.where(np.isnan(masked[:100, 1]), np.nan, 1)
    assert np.array_equal(OneVsRestXGBoost(**QUICK).fit(X, flipped).predict_proba(X), scores)


def test_a_mask_on_one_finding_leaves_the_others_alone(data):
    X, y = data
    masked = y.copy()
    masked[:100, 1] = np.nan
    others = [0, 2, 3, 4]
    with_mask, without = (
        OneVsRestXGBoost(**QUICK).fit(X, labels).predict_proba(X)[:, others]
        for labels in (masked, y)
    )
    assert np.array_equal(with_mask, without)


@pytest.mark.parametrize(("value", "share"), [(0, 0.0), (1, 1.0), (np.nan, 0.0)])
def test_a_finding_with_one_class_gets_its_prevalence(data, value, share):
    X, y = data
    single = y.copy()
    single[:, 2] = value
    model = OneVsRestXGBoost(**QUICK).fit(X, single)
    assert (model.predict_proba(X)[:, 2] == share).all() and model.rounds_[2] == 0
    assert np.array_equal(
        model.predict_proba(X)[:, 0], OneVsRestXGBoost(**QUICK).fit(X, y).predict_proba(X)[:, 0]
    )


def test_boosting_stops_early_only_where_valid_holds_enough_positives(data):
    X, y = data
    enough = int(y[200:].sum(axis=0).max())
    model = OneVsRestXGBoost(**QUICK, enough_positives=enough, max_rounds=500, patience=5)
    model.fit(X[:200], y[:200], valid=(X[200:], y[200:]))
    stopped = y[200:].sum(axis=0) >= enough
    assert stopped.any() and not stopped.all()
    assert (model.rounds_[~stopped] == 15).all() and (model.rounds_[stopped] != 15).all()


def test_the_best_round_on_valid_is_the_last_that_is_kept(data):
    from sklearn.metrics import log_loss

    X, y = data
    train, valid = (X[:200], y[:200, 0]), (X[200:], y[200:, :1])
    options = QUICK | {"enough_positives": 1, "max_rounds": 200, "patience": 10}
    best = OneVsRestXGBoost(**options).fit(*train, valid=valid)

    def loss(rounds):
        scores = OneVsRestXGBoost(**QUICK | {"rounds": int(rounds)}).fit(*train).predict_proba(X)
        return log_loss(y[200:, 0], scores[200:, 1])

    kept = int(best.rounds_[0])
    assert 1 < kept < 200
    assert loss(kept) == min(loss(kept + step) for step in (-1, 0, 1))


def test_balancing_raises_the_scores_of_rare_findings(data):
    X, y = data
    plain, balanced = (
        OneVsRestXGBoost(**QUICK, balanced=weigh).fit(X, y).predict_proba(X).mean()
        for weigh in (False, True)
    )
    assert balanced > plain


def test_progress_counts_findings(data):
    X, y = data
    told = []
    single = y.copy()
    single[:, 0] = 0
    OneVsRestXGBoost(**QUICK).fit(X, single, progress=lambda *step: told.append(step))
    assert told[0] == ("boosting", 0, 5) and told[-1] == ("boosting", 5, 5)


def test_a_saved_classifier_scores_the_same(data, tmp_path):
    X, y = data
    y = y.copy()
    y[:, 4] = 0
    model = OneVsRestXGBoost(**QUICK).fit(X, y)
    model.save(tmp_path)
    again = OneVsRestXGBoost.load(tmp_path)
    assert np.array_equal(again.predict_proba(X), model.predict_proba(X))
    assert again.get_params() == model.get_params()
    assert {file.suffix for file in tmp_path.iterdir()} == {".ubj", ".json"}


def test_options_of_a_model_are_taken_by_name():
    options = {"rounds": 7, "balanced": True, "features": ("hog",)}
    model = OneVsRestXGBoost.of(SimpleNamespace(**options), seed=5)
    assert (model.rounds, model.balanced, model.random_state) == (7, True, 5)


def test_labels_other_than_zero_and_one_are_refused(data):
    X, y = data
    with pytest.raises(ValueError, match="1, 0, or NaN"):
        OneVsRestXGBoost(**QUICK).fit(X, y * 2)
