"""FeatureModel: any classifier of scikit-learn's kind on named features."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.metrics import roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC, LinearSVC
from xgboost import XGBClassifier

from features.errors import InputError
from models.base import Job
from models.estimators import fit_findings
from models.feature_model import FeatureModel
from models.one_vs_rest import OneVsRestXGBoost
from models.registry import find, from_file

CLASSIFIERS = {
    "logistic regression": lambda seed: LogisticRegression(max_iter=300, random_state=seed),
    "scaled support vectors": lambda seed: make_pipeline(StandardScaler(), LinearSVC()),
    "kernel support vectors": lambda seed: SVC(),
    "forest": lambda seed: RandomForestClassifier(30, random_state=seed),
    "boosting": lambda seed: GradientBoostingClassifier(n_estimators=10, random_state=seed),
    "histogram boosting": lambda seed: HistGradientBoostingClassifier(max_iter=5),
    "neighbours": lambda seed: KNeighborsClassifier(),
    "XGBoost's own": lambda seed: XGBClassifier(n_estimators=10, n_jobs=1, random_state=seed),
    "bayes": lambda seed: GaussianNB(),
    "ridge": lambda seed: RidgeClassifier(),
    "one-vs-rest": lambda seed: OneVsRestClassifier(LogisticRegression(max_iter=300)),
    "XGBoost": lambda seed: OneVsRestXGBoost(rounds=20, colsample=0.5, random_state=seed),
}


def model_of(make, *names, **attributes) -> FeatureModel:
    """Make a model of a classifier and the names of its features."""
    members = {"features": names or ("hog",), "estimator": lambda self, seed: make(seed)}
    return type("Made", (FeatureModel,), members | attributes)(size=32)


@pytest.fixture
def job(tmp_path) -> Job:
    return Job(tmp_path)


@pytest.fixture
def train(spotted):
    return spotted(160)


@pytest.fixture
def valid(spotted):
    return spotted(40, seed=1)


@pytest.fixture
def test(spotted):
    return spotted(60, seed=2)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_any_classifier_scores_every_finding(name, train, valid, test, job, tmp_path):
    model = model_of(CLASSIFIERS[name]).fit(train, valid, job)
    scores = model.predict(test.without_truth())
    assert scores.shape == (60, 2) and scores.min() >= 0 and scores.max() <= 1
    assert roc_auc_score(test.labels, scores) > 0.6
    saved = tmp_path / "saved"
    saved.mkdir()
    model.save(saved)
    assert np.array_equal(type(model).load(saved).predict(test.without_truth()), scores)


@pytest.mark.parametrize("name", ["logistic regression", "forest", "XGBoost"])
def test_unknown_labels_are_left_out_finding_by_finding(name, train, valid, test, job):
    train.labels[:60, 0] = np.nan
    scores = model_of(CLASSIFIERS[name]).fit(train, valid, job).predict(test.without_truth())
    assert np.isfinite(scores).all() and roc_auc_score(test.labels, scores) > 0.6


@pytest.mark.parametrize("name", ["logistic regression", "forest", "XGBoost"])
@pytest.mark.parametrize("present", [0, 1])
def test_a_finding_with_one_class_gets_its_prevalence_and_a_note(
    name, present, train, valid, test, job
):
    train.labels[:, 1] = present
    model = model_of(CLASSIFIERS[name]).fit(train, valid, job)
    scores = model.predict(test.without_truth())
    assert (scores[:, 1] == present).all() and scores[:, 0].std() > 0
    assert model.facts["notes"] == [
        "Emphysema has one class in the training part: its score is its prevalence"
    ]


def test_where_no_finding_has_two_classes_there_is_still_a_model(train, valid, test, job, tmp_path):
    train.labels[:] = 0
    model = model_of(CLASSIFIERS["XGBoost"]).fit(train, valid, job)
    saved = tmp_path / "saved"
    saved.mkdir()
    model.save(saved)
    assert not type(model).load(saved).predict(test).any()


@pytest.mark.parametrize("estimator", [OneVsRestXGBoost(rounds=3), KNeighborsClassifier()])
def test_a_single_finding_may_have_unknown_labels(estimator):
    X = np.linspace(0, 1, 40, dtype="float32")[:, None]
    labels = np.column_stack([X[:, 0] > 0.5, np.zeros(40)]).astype("float32")
    labels[::8, 0] = np.nan

    fitted = fit_findings(estimator, X, labels, (X, labels))

    assert np.ptp(fitted.predict(X)[:, 0]) > 0 and not fitted.predict(X)[:, 1].any()
    assert fitted.predict(X[:0]).shape == (0, 2)


def test_features_stand_side_by_side(train, valid, job):
    widths = {
        names: model_of(CLASSIFIERS["XGBoost"], *names).fit(train, valid, job).facts["dimensions"]
        for names in (("hog",), ("lbp",), ("metadata",), ("hog", "lbp", "metadata"))
    }
    assert widths[("metadata",)] == 6
    assert widths[("hog", "lbp", "metadata")] == sum(
        widths[(name,)] for name in ("hog", "lbp", "metadata")
    )


def test_metadata_needs_no_pixels(train, valid, test, job):
    from dataclasses import replace

    train, valid, test = (replace(part, archive=None, rows=None) for part in (train, valid, test))
    model = model_of(CLASSIFIERS["XGBoost"], "metadata").fit(train, valid, job)
    assert model.predict(test.without_truth()).shape == (60, 2)


def test_an_unknown_feature_names_the_nearest(train, valid, job):
    with pytest.raises(InputError, match=r"unknown feature 'hogg'.*did you mean 'hog'"):
        model_of(CLASSIFIERS["bayes"], "hogg").fit(train, valid, job)


def test_the_seed_reaches_the_classifier_and_valid_the_booster(train, valid, tmp_path):
    seen = {}

    class Watching(OneVsRestXGBoost):
        def fit(self, X, y, *, valid=None, progress=None):
            seen.update(seed=self.random_state, valid=valid[1].shape)
            return super().fit(X, y)

    model = model_of(lambda seed: Watching(rounds=2, random_state=seed))
    model.fit(train, valid, Job(tmp_path, seed=11))
    assert seen == {"seed": 11, "valid": (40, 2)}


def test_what_cannot_rank_is_refused(train, valid, job):
    with pytest.raises(InputError, match="LinearRegression has neither predict_proba nor"):
        model_of(lambda seed: LinearRegression()).fit(train, valid, job)


def doubled(X):
    """Stand for a function that a student's pipeline might hold."""
    return 2 * X


def test_a_type_that_is_not_trusted_is_saved_but_named_on_loading(train, valid, job, tmp_path):
    def make(seed):
        return make_pipeline(FunctionTransformer(doubled), GaussianNB())

    model = model_of(make).fit(train, valid, job)
    saved = tmp_path / "saved"
    saved.mkdir()
    model.save(saved)
    with pytest.raises(InputError, match=r"estimators\.skops holds .*doubled.*not trusted"):
        type(model).load(saved)
    trusting = type(model_of(make, trusted=(f"{__name__}.doubled",)))
    assert np.array_equal(trusting.load(saved).predict(train), model.predict(train))


def test_random_weights_of_a_backbone_do_not_depend_on_the_fits_seed(spotted, tmp_path):
    class Small(FeatureModel):
        features = ("embedding",)
        seeds: ClassVar[list] = []

        def estimator(self, seed):
            self.seeds.append(seed)
            return LogisticRegression()

    few = spotted(24)
    train, valid = few.take(range(16)), few.take(range(16, 24))
    first, second = (Small(size=32).fit(train, valid, Job(tmp_path, seed=s)) for s in (0, 1))
    assert Small.seeds == [0, 1]
    assert np.array_equal(first.predict(few), second.predict(few))
    assert first.facts["weights"] == "random" and first.facts["dimensions"] == 2048


def test_a_file_of_weights_is_part_of_what_a_fit_depends_on(tmp_path):
    file = tmp_path / "mine.h5"
    file.write_bytes(b"weights")
    plain = model_of(CLASSIFIERS["bayes"], "hog")
    embedded = model_of(CLASSIFIERS["bayes"], "embedding")
    embedded.weights = str(file)
    before = embedded.depends_on()
    file.write_bytes(b"other weights")
    assert embedded.depends_on() != before
    assert plain.depends_on().keys() == {"features", "size"}


def test_an_option_that_no_feature_reads_is_no_part_of_what_a_fit_depends_on():
    texture, metadata = find("hog_lbp_xgboost"), find("metadata_xgboost")
    assert texture(weights="imagenet").depends_on() == texture().depends_on()
    assert texture(embedding_grids=[1, 1, 1, 1]).depends_on() == texture().depends_on()
    assert texture(size=64).depends_on() != texture().depends_on()
    assert metadata(size=64).depends_on() == metadata().depends_on()


STUDENTS_FILE = '''"""Team 7: logistic regression on HOG."""
from sklearn.linear_model import LogisticRegression
from models.feature_model import FeatureModel

class Team7(FeatureModel):
    features = ("hog",)

    def estimator(self, seed):
        return LogisticRegression(max_iter=500, class_weight="balanced", random_state=seed)
'''


def test_a_students_model_is_one_file(train, valid, test, job, tmp_path):
    file = tmp_path / "team7.py"
    file.write_text(STUDENTS_FILE)
    model = from_file(file)(size=32).fit(train, valid, job)
    assert roc_auc_score(test.labels, model.predict(test.without_truth())) > 0.6
    assert model.title == "Team 7: logistic regression on HOG"
