"""Calibration: whether of the images that score 0.2 one in five has the finding."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import expit, logit

#: Scores are kept so far from 0 and 1 before their logit is taken, which has none there.
EPSILON = 1e-6

#: Makes other scores of scores.
Map = Callable[[np.ndarray], np.ndarray]
#: From labels and scores to a map; None where none is found.
Calibrator = Callable[[np.ndarray, np.ndarray], Map | None]


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
        return _named({}, "needs images with and without the finding", level, None)
    shown, groups = logits(scores), _groups(truth, patients)
    shift = _fit(truth, np.ones((len(shown), 1)), offset=shown, groups=groups)
    if why := _indistinct(truth, shown):
        return _named({"intercept": shift}, f"{why}: no slope", level, groups)
    line = _fit(truth, _beside_ones(shown), groups=groups)
    found = {"intercept": shift, "slope": line}
    lost = [name for name, fit in found.items() if fit is None]
    note = f"no maximum of the likelihood found: no {' and no '.join(lost)}" if lost else ""
    return _named(found, note, level, groups)


def _named(
    fits: dict[str, Any], note: str, level: float, groups: np.ndarray | None
) -> dict[str, Any]:
    """Return the last coefficient of each fit with its bounds, as far as there are any."""
    line: dict[str, Any] = {}
    for name in ("intercept", "slope"):
        fit, bounds = fits.get(name), (np.nan, np.nan)
        if fit is not None and groups is not None:
            bounds = fit.conf_int(1 - level)[-1]
        line[name] = np.nan if fit is None else float(fit.params[-1])
        finite = [float(bound) if np.isfinite(bound) else np.nan for bound in bounds]
        line[f"{name}_low"], line[f"{name}_high"] = finite
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
    """Fit a logistic regression by maximum likelihood; None where no maximum is found."""
    from statsmodels.discrete.discrete_model import Logit

    start = np.zeros(columns.shape[1])
    start[0] = logit(truth.mean()) - (0 if offset is None else offset.mean())
    model = Logit(truth.astype(float), columns, offset=offset)
    clustered = {"cov_type": "cluster", "cov_kwds": {"groups": groups}}
    options: dict[str, Any] = {} if groups is None else clustered
    found = (_maximum(model, start, *way, **options) for way in _WAYS)
    return next((fit for fit in found if fit is not None), None)


#: How a maximum is looked for: by Newton's steps, or by slower ones where these lead away, as they
#: do from scores in clumps, such as isotonic ones. With the most steps, and when to stop.
_WAYS: tuple[tuple[str, int, dict[str, float]], ...] = (
    ("newton", 50, {}),
    ("lbfgs", 1000, {"pgtol": 1e-10, "factr": 10}),
)


def _maximum(
    model: Any, start: np.ndarray, solver: str, steps: int, stop: dict[str, float], **options: Any
) -> Any:
    """Fit a model; None where the likelihood still rises at what was found."""
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what did not work is seen below
            fit = model.fit(start, solver, steps, disp=False, **stop, **options)
    except np.linalg.LinAlgError:
        return None
    steepest = np.abs(model.score(fit.params)).max() / len(model.endog)
    return fit if steepest < 1e-6 else None


def _platt(truth: np.ndarray, scores: np.ndarray) -> Map | None:
    if (fit := _fit(truth, _beside_ones(logits(scores)))) is None:
        return None
    intercept, slope = fit.params
    return lambda given: expit(intercept + slope * logits(given))


def _isotonic(truth: np.ndarray, scores: np.ndarray) -> Map:
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
    if (fitted := CALIBRATORS[kind](truth, scores)) is None:
        return given, "as is: no maximum of the likelihood found on valid"
    return fitted(given), ""


def _unfit(kind: str, truth: np.ndarray, scores: np.ndarray, min_positives: int) -> str:
    """Say why nothing can be fitted on *valid*; empty where it can."""
    if (positives := int(truth.sum())) < min_positives:
        counted = f"{positives} positive{'' if positives == 1 else 's'}"
        return f"{counted} in valid, {kind} needs {min_positives}"
    if truth.all():
        return "no negative in valid"
    why = _indistinct(truth, logits(scores)) if kind == "platt" else ""
    return f"on valid {why}" if why else ""
