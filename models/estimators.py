"""Scikit-learn's estimators fitted to findings: one for all where it can, else one a finding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import joblib
import numpy as np

from features.errors import InputError
from features.files import read_json, write_json
from features.progress import Progress, silent

#: What a saved estimator may be made of, beside what skops trusts itself: the parts of
#: scikit-learn's and XGBoost's classifiers, all of them plain data once loaded.
TRUSTED = (
    "sklearn._loss.link.Interval",
    "sklearn._loss.link.LogitLink",
    "sklearn._loss.loss.HalfBinomialLoss",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils._bunch.Bunch",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
)


@dataclass
class FittedFindings:
    """Estimators that together score every finding.

    Parameters
    ----------
    estimators : list
        One that scores all of `columns` at once, or one for each of them.
    columns : list of int
        The findings that had both classes in training.
    prevalence : numpy.ndarray
        Shape (findings,): share of positives among the known training labels, the score of every
        other finding.
    joint : bool
        Whether there is one estimator for all.
    """

    estimators: list
    columns: list[int]
    prevalence: np.ndarray
    joint: bool

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return probabilities: shape (n, findings), float64 in [0, 1]."""
        from threadpoolctl import threadpool_limits

        scores = np.tile(self.prevalence, (len(X), 1))
        if not len(X):  # of which scikit-learn makes an error
            return scores
        groups = [self.columns] if self.joint else [[column] for column in self.columns]
        with threadpool_limits(limits=1):
            for columns, estimator in zip(groups, self.estimators, strict=True):
                scores[:, columns] = probabilities(estimator, X, len(columns))
        return scores.clip(0, 1)

    def trees(self) -> dict[str, int]:
        """Count ``trees`` and their ``leaves`` where `OneVsRestXGBoost` has boosted them."""
        if not self._boosted:
            return {}
        boosters = [booster for booster in self.estimators[0].boosters_ if booster is not None]
        dumps = [tree for booster in boosters for tree in booster.get_dump()]
        return {"trees": len(dumps), "leaves": sum(tree.count("leaf=") for tree in dumps)}

    def booster(self, column: int) -> Any | None:
        """Return the trees that `OneVsRestXGBoost` has boosted for a finding; None for none."""
        if column not in self.columns:
            return None
        return self.estimators[0].boosters_[self.columns.index(column)]

    def gains(self) -> np.ndarray | None:
        """Return what each feature has gained in the trees of each of `columns`.

        Returns
        -------
        numpy.ndarray or None
            Shape (columns, d); see `total_gain`. None where nothing is boosted.
        """
        if not self._boosted:
            return None
        model = self.estimators[0]
        return np.stack([total_gain(trees, model.n_features_in_) for trees in model.boosters_])

    @property
    def _boosted(self) -> bool:
        from models.one_vs_rest import OneVsRestXGBoost

        return self.joint and isinstance(self.estimators[0], OneVsRestXGBoost)

    def save(self, folder: Path) -> None:
        """Write into a folder, as plain data."""
        said = {
            "kind": "xgboost" if self._boosted else "skops",
            "columns": self.columns,
            "prevalence": self.prevalence.tolist(),
            "joint": self.joint,
        }
        write_json(folder / "findings.json", said)
        if self._boosted:
            self.estimators[0].save(folder)
        else:
            import skops.io

            skops.io.dump(self.estimators, folder / "estimators.skops")

    @classmethod
    def load(cls, folder: Path, trusted: Sequence[str] = ()) -> Self:
        """Read what `save` wrote.

        Parameters
        ----------
        folder : Path
            Where it lies.
        trusted : sequence of str
            Types that may be loaded beside `TRUSTED`.

        Raises
        ------
        InputError
            If the file holds a type that is not trusted.
        """
        from models.one_vs_rest import OneVsRestXGBoost

        said = read_json(folder / "findings.json")
        estimators: list
        if said["kind"] == "xgboost":
            estimators = [OneVsRestXGBoost.load(folder)]
        else:
            estimators = _load_skops(folder / "estimators.skops", trusted)
        return cls(estimators, said["columns"], np.array(said["prevalence"]), said["joint"])


def fit_findings(
    estimator: Any,
    X: np.ndarray,
    labels: np.ndarray,
    valid: tuple[np.ndarray, np.ndarray] | None = None,
    progress: Progress = silent,
    each: Callable[[int, np.ndarray], None] | None = None,
) -> FittedFindings:
    """Fit an estimator to every finding that has both classes.

    One that takes several labels at once (its scikit-learn tags say so) is fitted once, unless
    labels are missing, which only `OneVsRestXGBoost` masks itself. Any other is fitted a finding at
    a time, over joblib's workers, on the radiographs whose label is known.

    Parameters
    ----------
    estimator : scikit-learn classifier
        Not fitted yet; has `predict_proba` or `decision_function`.
    X : numpy.ndarray
        Shape (n, d), float32.
    labels : numpy.ndarray
        Shape (n, findings): 1, 0, or NaN where unknown.
    valid : tuple of numpy.ndarray, optional
        Features and labels for estimators whose `fit` takes ``valid``.
    progress : callable, optional
        Told how many findings are fitted.
    each : callable, optional
        Told a finding's column and its scores on `valid`, shape (n,), once it is fitted; nothing of
        an estimator that fits all at once, unless its `fit` takes ``each``.

    Raises
    ------
    InputError
        If the estimator can score nothing.
    """
    _check(estimator)
    positives, known = np.nansum(labels, axis=0), (~np.isnan(labels)).sum(axis=0)
    columns = np.flatnonzero((positives > 0) & (positives < known))
    prevalence = positives / np.maximum(known, 1)
    targets = labels[:, columns]
    joint = len(columns) > 0 and _takes_all(estimator, targets)
    lent: dict[str, Any] = {"progress": progress}
    if valid is not None:
        lent["valid"] = valid[0], valid[1][:, columns]
        if each is not None:
            lent["each"] = lambda column, scores: each(int(columns[column]), scores)
    if joint:
        fitted = [_fit_joint(estimator, X, targets, lent)]
    else:
        fitted = _fit_each(estimator, X, targets, **lent)
    return FittedFindings(fitted, columns.tolist(), prevalence.astype(float), joint)


def probabilities(estimator: Any, X: np.ndarray, outputs: int) -> np.ndarray:
    """Score the positive class with whatever a fitted classifier offers for it.

    Returns
    -------
    numpy.ndarray
        Shape (n, outputs): `predict_proba` where there is one, else the logistic function of
        `decision_function`.
    """
    if not hasattr(estimator, "predict_proba"):
        decisions = np.reshape(estimator.decision_function(X), (len(X), outputs))
        return 0.5 + 0.5 * np.tanh(decisions / 2)  # the logistic function, free of overflow
    scores = estimator.predict_proba(X)
    if isinstance(scores, list):  # forests and neighbours answer output by output
        return np.column_stack([output[:, 1] for output in scores])
    return scores[:, 1:] if outputs == 1 else scores


def total_gain(booster: Any | None, width: int) -> np.ndarray:
    """Return by how much the splits on each feature have lowered the loss.

    Parameters
    ----------
    booster : xgboost.Booster or None
        A finding's trees, without names of features; None where it has none.
    width : int
        The number of features.

    Returns
    -------
    numpy.ndarray
        Shape (width,), at least 0, summed over all trees.
    """
    gains = np.zeros(width)
    if booster is not None:
        for name, gain in booster.get_score(importance_type="total_gain").items():
            gains[int(name.removeprefix("f"))] = gain
    return gains


def _check(estimator: Any) -> None:
    if not any(hasattr(estimator, how) for how in ("predict_proba", "decision_function")):
        raise InputError(
            f"{type(estimator).__name__} has neither predict_proba nor decision_function: "
            "it cannot rank radiographs"
        )


def _takes_all(estimator: Any, targets: np.ndarray) -> bool:
    from sklearn.utils import get_tags

    from models.one_vs_rest import OneVsRestXGBoost

    if isinstance(estimator, OneVsRestXGBoost):
        return True
    tags = get_tags(estimator).classifier_tags
    return tags is not None and tags.multi_label and not np.isnan(targets).any()


def _fit_joint(estimator, X, targets, lent):
    from sklearn.utils.validation import has_fit_parameter

    options = {name: it for name, it in lent.items() if has_fit_parameter(estimator, name)}
    if targets.shape[1] == 1:  # as scikit-learn has it: one column, and every label known
        known = ~np.isnan(targets[:, 0])
        X, targets = X[known], targets[known, 0]
    whole = targets if np.isnan(targets).any() else targets.astype(int)
    return estimator.fit(X, whole, **options)


def _fit_each(estimator, X, targets, progress, valid=None, each=None) -> list:
    from sklearn.base import clone

    tasks = (joblib.delayed(_fit_one)(clone(estimator), X, target) for target in targets.T)
    fitted = []
    progress("fitting findings", 0, targets.shape[1])
    for one in joblib.Parallel(return_as="generator")(tasks):
        fitted.append(one)
        progress("fitting findings", len(fitted), targets.shape[1])
        if each is not None:
            each(len(fitted) - 1, probabilities(one, valid[0], 1)[:, 0])
    return fitted


def _fit_one(estimator, X, target):
    from threadpoolctl import threadpool_limits

    known = ~np.isnan(target)
    with threadpool_limits(limits=1):  # workers share the cores; small teams stall each other
        return estimator.fit(X[known], target[known].astype(int))


def _load_skops(file: Path, trusted: Sequence[str]) -> list:
    import skops.io

    allowed = {*TRUSTED, *trusted}
    strange = sorted(set(skops.io.get_untrusted_types(file=file)) - allowed)
    if strange:
        raise InputError(
            f"{file} holds {', '.join(strange)}, which is not trusted; name it in the model's "
            "`trusted` if you know it to be harmless"
        )
    return skops.io.load(file, trusted=sorted(allowed))
