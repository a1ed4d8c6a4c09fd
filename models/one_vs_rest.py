"""XGBoost one-vs-rest: a booster for each finding, over one shared quantised matrix."""

from collections.abc import Callable, Iterator
from copy import copy
from functools import partial
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from features.errors import WorkError
from features.files import read_json, write_json
from features.progress import Progress, silent
from models.gpu import boosting_device, has_driver

#: Groups of findings for each worker: more balance the load and move the progress bar more often,
#: each quantises the matrix once more. Where each finding is heard of, the order has to be the same
#: on every machine, and so has the number of groups.
GROUPS_PER_WORKER, GROUPS_HEARD = 2, 7


class OneVsRestXGBoost(ClassifierMixin, BaseEstimator):
    """Gradient-boosted trees, one binary classifier a finding.

    Findings are spread over joblib's workers. A worker quantises the features once and fits its
    findings on them one after the other, each on a single thread: small OpenMP teams stall each
    other on a busy machine. The result is the same whatever the number of workers.

    Parameters
    ----------
    rounds : int
        Trees of a finding for which `valid` holds too few positives to stop early.
    max_rounds : int
        Trees at most where stopping early is possible.
    patience : int
        Stop early once this many rounds have not lowered the log-loss on `valid`.
    enough_positives : int
        The positives that `valid` must hold for a finding to be stopped early.
    learning_rate : float
        In (0, 1]: how much of each tree is added.
    max_depth : int
        Depth of the trees.
    min_child_weight : float
        Least sum of second derivatives in a leaf.
    subsample : float
        In (0, 1]: share of the radiographs that a tree sees.
    colsample : float
        In (0, 1]: share of the features that a tree sees.
    reg_lambda : float
        L2 penalty on the leaves.
    max_bin : int
        Bins into which a feature is quantised.
    balanced : bool
        Weight positives by negatives / positives. Ranks hardly change, probabilities are no longer
        prevalences.
    device : {"auto", "cpu", "cuda"}
        Where to boost; see `models.gpu.boosting_device`. A GPU takes one finding at a time.
    random_state : int
        The one source of randomness.

    Attributes
    ----------
    classes_ : numpy.ndarray
        The columns' positions, or the two classes where `y` is one column.
    prevalence_ : numpy.ndarray
        Shape (findings,): share of positives among the known labels.
    rounds_ : numpy.ndarray
        Shape (findings,): trees of each booster; 0 where a finding has one class only.
    n_features_in_ : int
        Features seen.

    References
    ----------
    Chen and Guestrin, "XGBoost: a scalable tree boosting system", KDD 2016.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.arange(40.0).reshape(20, 2)
    >>> y = np.column_stack([X[:, 0] > 20, X[:, 0] < 10])
    >>> OneVsRestXGBoost(rounds=20, colsample=1.0).fit(X, y).predict_proba(X).shape
    (20, 2)
    """

    def __init__(
        self,
        *,
        rounds: int = 200,
        max_rounds: int = 1000,
        patience: int = 30,
        enough_positives: int = 100,
        learning_rate: float = 0.05,
        max_depth: int = 3,
        min_child_weight: float = 1.0,
        subsample: float = 1.0,
        colsample: float = 0.1,
        reg_lambda: float = 1.0,
        max_bin: int = 64,
        balanced: bool = False,
        device: str = "auto",
        random_state: int = 0,
    ) -> None:
        self.rounds = rounds
        self.max_rounds = max_rounds
        self.patience = patience
        self.enough_positives = enough_positives
        self.learning_rate = learning_rate
        self.max_depth = max_depth
        self.min_child_weight = min_child_weight
        self.subsample = subsample
        self.colsample = colsample
        self.reg_lambda = reg_lambda
        self.max_bin = max_bin
        self.balanced = balanced
        self.device = device
        self.random_state = random_state

    @classmethod
    def of(cls, row: object, seed: int) -> Self:
        """Make one for a row: its options that are named like a parameter count."""
        named = {name: getattr(row, name) for name in cls().get_params() if hasattr(row, name)}
        return cls(**named | {"random_state": seed})

    def fit(
        self,
        X: np.ndarray,
        y: np.ndarray,
        *,
        valid: tuple[np.ndarray, np.ndarray] | None = None,
        progress: Progress = silent,
        each: Callable[[int, np.ndarray], None] | None = None,
    ) -> Self:
        """Fit a booster for each column of `y`.

        Parameters
        ----------
        X : array-like
            Shape (n, d). NaN is a missing feature.
        y : array-like
            Shape (n, findings): 1, 0, or NaN where unknown, which keeps the radiograph out of that
            finding's fit. Or shape (n,), of two classes.
        valid : tuple of array-like, optional
            Features and labels on which boosting is stopped early.
        progress : callable, optional
            Told how many findings are fitted.
        each : callable, optional
            Told a finding's column and its scores on `valid` once it is fitted.
        """
        if y is None:
            raise ValueError("OneVsRestXGBoost requires y to be passed, but the target y is None")
        X = self._features(X, reset=True)
        labels = self._labels(np.asarray(y))
        check_consistent_length(X, labels)
        if valid is not None:
            valid = self._features(valid[0]), np.asarray(valid[1], "float32")
        self.prevalence_ = _prevalence(labels)
        self.boosters_: list = [None] * labels.shape[1]
        progress("boosting", 0, labels.shape[1])
        fitted = self._boost(X, labels, valid, heard=each is not None)
        for done, (column, trees) in enumerate(fitted, start=1):
            self.boosters_[column] = _booster(trees)
            progress("boosting", done, labels.shape[1])
            if each and valid:
                each(column, self.boosters_[column].inplace_predict(valid[0]))
        progress("boosting", labels.shape[1], labels.shape[1])
        self.rounds_ = np.array([b.num_boosted_rounds() if b else 0 for b in self.boosters_])
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities: shape (n, findings), or (n, 2) where `y` was one column.

        A finding that had one class in training has its prevalence.
        """
        check_is_fitted(self)
        X = self._features(X)
        scores = np.tile(self.prevalence_.astype("float32"), (len(X), 1))
        for column, booster in enumerate(self.boosters_):
            if booster is not None:
                scores[:, column] = booster.inplace_predict(X)
        return np.hstack([1 - scores, scores]) if self._one_column else scores

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the likelier class: shape (n, findings) of 0 and 1, or (n,) of the two classes."""
        likely = self.predict_proba(X)
        if self._one_column:
            return self.classes_[likely.argmax(axis=1)]
        return (likely > 0.5).astype(int)

    def save(self, folder: Path) -> None:
        """Write the boosters as ``.ubj`` and everything else as JSON into a folder."""
        check_is_fitted(self)
        said = {
            "parameters": self.get_params(),
            "classes": self.classes_.tolist(),
            "one_column": self._one_column,
            "features": self.n_features_in_,
            "prevalence": self.prevalence_.tolist(),
            "rounds": self.rounds_.tolist(),
        }
        for column, booster in enumerate(self.boosters_):
            if booster is not None:
                booster.save_model(folder / f"{column:02}.ubj")
        write_json(folder / "one_vs_rest.json", said)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote into a classifier that predicts the same."""
        said = read_json(folder / "one_vs_rest.json")
        model = cls(**said["parameters"])
        model.classes_ = np.array(said["classes"])
        model._one_column = said["one_column"]
        model.n_features_in_ = said["features"]
        model.prevalence_ = np.array(said["prevalence"])
        model.rounds_ = np.array(said["rounds"])
        files = [folder / f"{column:02}.ubj" for column in range(len(model.rounds_))]
        model.boosters_ = [
            _booster(file) if rounds else None
            for file, rounds in zip(files, model.rounds_, strict=True)
        ]
        return model

    def _features(self, X: np.ndarray, *, reset: bool = False) -> np.ndarray:
        checks: dict[str, Any] = {"dtype": "float32", "order": "C"}
        checks["ensure_all_finite"] = "allow-nan"
        return validate_data(self, X, reset=reset, **checks)

    def _labels(self, y: np.ndarray) -> np.ndarray:
        """Return the labels as (n, findings) floats and note the classes."""
        self._one_column = y.ndim == 1 or y.shape[1] == 1
        if self._one_column:
            return self._codes(y)
        labels = check_array(y, dtype="float32", ensure_all_finite="allow-nan", input_name="y")
        if not np.isin(labels[~np.isnan(labels)], (0, 1)).all():
            raise ValueError("labels are 1, 0, or NaN where unknown")
        self.classes_ = np.arange(labels.shape[1])
        return labels

    def _codes(self, y: np.ndarray) -> np.ndarray:
        """Return one column of 0 and 1 for two classes of any kind."""
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) > 2:
            raise ValueError(
                "Only binary classification is supported. The type of the target is multiclass."
            )
        return codes[:, None].astype("float32")

    def _boost(self, X, labels, valid, *, heard: bool) -> Iterator[tuple[int, bytearray]]:
        """Yield each finding's column and booster as its group is done, in order where `heard`."""
        columns = np.flatnonzero((self.prevalence_ > 0) & (self.prevalence_ < 1))
        sent = copy(self)  # to workers, which boost as this process would, GPU or not
        sent.device = boosting_device(self.device)
        one_device = sent.device == "cuda"
        if one_device and not has_driver("nvidia"):  # XGBoost would only warn, and take the CPU
            raise WorkError("device = 'cuda': there is no GPU here; 'auto' takes one that is there")
        workers = 1 if one_device else joblib.effective_n_jobs(None)  # as the harness has them
        groups = GROUPS_HEARD if heard else workers * GROUPS_PER_WORKER if workers > 1 else 1
        tasks = (
            joblib.delayed(_fit_findings)(sent, X, labels, valid, columns[group::groups])
            for group in range(min(groups, len(columns)))
        )
        alone = {"n_jobs": 1} if one_device else {}
        order = "generator" if heard else "generator_unordered"
        for fitted in joblib.Parallel(return_as=order, **alone)(tasks):
            yield from fitted

    def _parameters(self, prevalence: float, seed: int) -> dict[str, Any]:
        """Return XGBoost's parameters for one finding."""
        return {
            "objective": "binary:logistic",
            "tree_method": "hist",
            "nthread": 1,
            "device": self.device,
            "learning_rate": self.learning_rate,
            "max_depth": self.max_depth,
            "min_child_weight": self.min_child_weight,
            "subsample": self.subsample,
            "colsample_bytree": self.colsample,
            "reg_lambda": self.reg_lambda,
            "max_bin": self.max_bin,
            "base_score": 0.5 if self.balanced else prevalence,
            "scale_pos_weight": (1 - prevalence) / prevalence if self.balanced else 1.0,
            "seed": seed,
        }

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags


def _fit_findings(
    model: OneVsRestXGBoost,
    X: np.ndarray,
    labels: np.ndarray,
    valid: tuple[np.ndarray, np.ndarray] | None,
    columns: np.ndarray,
) -> list[tuple[int, bytearray]]:
    """Fit some findings over one quantised matrix; return each one's column and booster."""
    import xgboost

    quantise = partial(xgboost.QuantileDMatrix, max_bin=model.max_bin, nthread=1)
    train = quantise(X)
    watched = None if valid is None else quantise(valid[0], ref=train)
    seeds = np.random.SeedSequence(model.random_state).generate_state(labels.shape[1])
    fitted = []
    for column in columns:
        _set_labels(train, labels[:, column])
        options: dict[str, Any] = {"num_boost_round": model.rounds}
        if valid is not None and (valid[1][:, column] == 1).sum() >= model.enough_positives:
            _set_labels(watched, valid[1][:, column])
            options = {
                "num_boost_round": model.max_rounds,
                "early_stopping_rounds": model.patience,
                "evals": [(watched, "valid")],
                "verbose_eval": False,
            }
        seed = int(seeds[column] >> 1)  # XGBoost takes signed 32 bits
        parameters = model._parameters(float(model.prevalence_[column]), seed)
        booster = xgboost.train(parameters, train, **options)
        if "evals" in options:
            booster = booster[: booster.best_iteration + 1]
        fitted.append((int(column), booster.save_raw("ubj")))
    return fitted


def _set_labels(matrix, labels: np.ndarray) -> None:
    """Give a shared matrix one finding's labels; unknown ones weigh nothing."""
    known = ~np.isnan(labels)
    matrix.set_info(label=np.where(known, labels, 0), weight=known.astype("float32"))


def _booster(trees: bytearray | Path):
    """Load a booster, to predict on one thread."""
    import xgboost

    return xgboost.Booster({"nthread": 1}, model_file=trees)


def _prevalence(labels: np.ndarray) -> np.ndarray:
    """Return the share of positives among the known labels of each finding, 0 where none is."""
    known = np.maximum((~np.isnan(labels)).sum(axis=0), 1)
    return np.nansum(labels, axis=0) / known
