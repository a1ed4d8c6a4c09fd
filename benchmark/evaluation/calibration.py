"""Calibration: whether of the images that score 0.2 one in five has the finding."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import expit, logit

#: Scores are kept so far from 0 and 1 before their logit is taken, which has none there.
EPSILON = 1e-6

#: From labels and scores to a function that makes other scores of scores.
Calibrator = Callable[[np.ndarray, np.ndarray], Callable[[np.ndarray], np.ndarray]]


@dataclass(frozen=True, eq=False)
class Bins:
    """Images in bins of equal size by their score, the lowest first; equal scores share a bin.

    Parameters
    ----------
    count, positives : numpy.ndarray
        Shape (bins,): images, and images with the finding.
    score : numpy.ndarray
        Shape (bins,): the mean score.
    """

    count: np.ndarray
    positives: np.ndarray
    score: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, scores: np.ndarray, *, bins: int) -> Self:
        """Put images into bins.

        Parameters
        ----------
        truth : numpy.ndarray
            Shape (n,), bool.
        scores : numpy.ndarray
            Shape (n,), in [0, 1].
        bins : int
            At most so many: with ties some stay empty and are left out.
        """
        below = np.searchsorted(np.sort(scores), scores)  # how many score less
        _, places = np.unique(below * bins // max(len(scores), 1), return_inverse=True)
        count = np.bincount(places)
        return cls(count, np.bincount(places, truth), np.bincount(places, scores) / count)

    @property
    def observed(self) -> np.ndarray:
        """Shape (bins,): the share that has the finding."""
        return self.positives / self.count

    @property
    def error(self) -> float:
        r"""Expected calibration error; NaN without an image.

        .. math:: \sum_b \frac{n_b}{n} \left| \bar s_b - \bar y_b \right|

        References
        ----------
        Naeini, Cooper & Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian
        Binning", AAAI 2015; with bins of equal size: Nixon et al., "Measuring Calibration in Deep
        Learning", CVPR Workshops 2019.
        """
        if not len(self.count):
            return np.nan
        return float(np.average(np.abs(self.score - self.observed), weights=self.count))


def cox(
    truth: np.ndarray, scores: np.ndarray, patients: np.ndarray, *, level: float = 0.95
) -> dict[str, Any]:
    r"""Estimate how far scores are off on the whole, and whether they spread too far.

    The intercept is that of :math:`\mathrm{logit}\, p = a + \mathrm{logit}\, s`: 0 is right, and
    below 0 the scores are too high (calibration in the large). The slope is that of
    :math:`\mathrm{logit}\, p = a' + b\, \mathrm{logit}\, s`: 1 is right, and below 1 the scores
    lie too far apart, as those of an overfitted model do.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,), bool.
    scores : numpy.ndarray
        Shape (n,), in [0, 1]; clipped at `EPSILON`.
    patients : numpy.ndarray
        Shape (n,): whose images they are.
    level : float, optional
        Confidence of the intervals, in (0, 1). They are Wald's, with the sandwich covariance of
        patients.

    Returns
    -------
    dict
        ``intercept`` and ``slope``, each with ``_low`` and ``_high``, and ``note``, which says
        why something is NaN. Bounds are NaN where one patient alone carries a class.

    References
    ----------
    Cox, "Two Further Applications of a Model for Binary Regression", Biometrika 45, 1958.
    Van Calster et al., "Calibration: the Achilles Heel of Predictive Analytics", BMC Medicine 17,
    2019.
    """
    if truth.all() or not truth.any():
        return _named({}, "needs images with and without the finding")
    shown, groups = logits(scores), _groups(truth, patients)
    shift = _fit(truth, np.ones((len(shown), 1)), offset=shown, groups=groups)
    found = {"intercept": _bounded(shift, level, groups)}
    if why := _indistinct(truth, shown):
        return _named(found, f"{why}: no slope")
    line = _fit(truth, _beside_ones(shown), groups=groups)
    return _named(found | {"slope": _bounded(line, level, groups)}, "")


def _named(found: dict[str, tuple[float, float, float]], note: str) -> dict[str, Any]:
    line: dict[str, Any] = {}
    for name in ("intercept", "slope"):
        bounds = (name, f"{name}_low", f"{name}_high")
        line |= dict(zip(bounds, found.get(name, (np.nan,) * 3), strict=True))
    return line | {"note": note}


def logits(scores: np.ndarray) -> np.ndarray:
    """Return the logits of scores, clipped at `EPSILON`."""
    return logit(np.clip(scores, EPSILON, 1 - EPSILON))


def _indistinct(truth: np.ndarray, shown: np.ndarray) -> str:
    """Say why no finite line goes through labels and logits; empty where one does."""
    if np.ptp(shown) < EPSILON:
        return "constant scores"
    present, absent = shown[truth], shown[~truth]
    parted = absent.max() <= present.min() or present.max() <= absent.min()
    return "scores part the classes without a mistake" if parted else ""


def _beside_ones(shown: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(shown)), shown])


def _groups(truth: np.ndarray, patients: np.ndarray) -> np.ndarray | None:
    """Return the patients, or None where one alone carries a class: no interval then."""
    carriers = min(len(np.unique(patients[of])) for of in (truth, ~truth))
    return patients if carriers > 1 else None


def _fit(
    truth: np.ndarray,
    columns: np.ndarray,
    *,
    offset: np.ndarray | None = None,
    groups: np.ndarray | None = None,
) -> Any:
    """Fit a logistic regression by maximum likelihood, beginning where all images are alike."""
    from statsmodels.discrete.discrete_model import Logit

    start = np.zeros(columns.shape[1])
    start[0] = logit(truth.mean()) - (0 if offset is None else offset.mean())
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    return Logit(truth.astype(float), columns, offset=offset).fit(
        start, disp=False, **({} if groups is None else clustered)
    )


def _bounded(fit: Any, level: float, groups: np.ndarray | None) -> tuple[float, float, float]:
    """Return a fit's last coefficient with its interval."""
    low, high = fit.conf_int(1 - level)[-1] if groups is not None else (np.nan, np.nan)
    return float(fit.params[-1]), float(low), float(high)


def _platt(truth: np.ndarray, scores: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    intercept, slope = _fit(truth, _beside_ones(logits(scores))).params
    return lambda given: expit(intercept + slope * logits(given))


def _isotonic(truth: np.ndarray, scores: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from sklearn.isotonic import IsotonicRegression

    return IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, truth).predict


#: What ``[evaluation] calibration`` may name.
CALIBRATORS: dict[str, Calibrator] = {"platt": _platt, "isotonic": _isotonic}


def recalibrate(
    kind: str,
    truth: np.ndarray,
    scores: np.ndarray,
    given: np.ndarray,
    *,
    min_positives: int,
) -> tuple[np.ndarray, str]:
    """Calibrate the scores of one finding with what *valid* says.

    ``platt`` puts the logit on a straight line (`cox`'s with both coefficients; without Platt's
    pull of the labels towards the middle), ``isotonic`` the score on rising steps.

    Parameters
    ----------
    kind : str
        A name of `CALIBRATORS`.
    truth, scores : numpy.ndarray
        Shape (n,): labels (bool) and scores of *valid*.
    given : numpy.ndarray
        Shape (m,): the scores to be calibrated.
    min_positives : int
        The guard: with fewer positives in *valid* nothing is fitted.

    Returns
    -------
    scores : numpy.ndarray
        Shape (m,): in [0, 1].
    note : str
        Why they are as they were; empty where they are not.

    References
    ----------
    Platt, "Probabilistic Outputs for Support Vector Machines", Advances in Large Margin
    Classifiers, MIT Press 1999. Zadrozny & Elkan, "Transforming Classifier Scores into Accurate
    Multiclass Probability Estimates", KDD 2002.
    """
    if why := _unfit(kind, truth, scores, min_positives):
        return given, f"as is: {why}"
    return CALIBRATORS[kind](truth, scores)(given), ""


def _unfit(kind: str, truth: np.ndarray, scores: np.ndarray, min_positives: int) -> str:
    """Say why nothing can be fitted on *valid*; empty where it can."""
    if truth.sum() < min_positives:
        return f"{int(truth.sum())} positives in valid, {kind} needs {min_positives}"
    if truth.all():
        return "no negative in valid"
    why = _indistinct(truth, logits(scores)) if kind == "platt" else ""
    return f"on valid {why}" if why else ""
