"""Confidence intervals from bootstrap draws of patients, and of plain proportions."""

from typing import Literal

import numpy as np
from scipy.special import ndtr, ndtri

from benchmark.evaluation.estimates import Estimates

Method = Literal["percentile", "bca"]


def draw_patients(patients: int, *, draws: int, seed: int) -> np.ndarray:
    """Draw patients with replacement, as many as there are, many times.

    Patients are drawn and not images, because the images of one patient are alike: all of a
    drawn patient's images come along, as often as the patient was drawn.

    Parameters
    ----------
    patients : int
        How many there are.
    draws : int
        How many times they are drawn.
    seed : int
        The same seed draws the same patients.

    Returns
    -------
    numpy.ndarray
        Shape (patients, draws), float64: how often each patient is in each draw.

    References
    ----------
    Field & Welsh, "Bootstrapping Clustered Data", J. R. Stat. Soc. B 69, 2007.
    """
    random = np.random.default_rng(seed)
    weights = np.empty((patients, draws))
    for draw in range(draws):
        chosen = random.integers(patients, size=patients)
        weights[:, draw] = np.bincount(chosen, minlength=patients)
    return weights


def interval(
    estimates: Estimates, *, level: float = 0.95, method: Method = "percentile"
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the bounds of two-sided confidence intervals.

    The percentile interval reaches from the :math:`\alpha/2` to the :math:`1 - \alpha/2` quantile
    of the draws. BCa moves both quantiles by the median bias :math:`z_0`, from the share of the
    draws below the estimate, and the acceleration :math:`a`, from the skewness of the patients'
    influences.

    Parameters
    ----------
    estimates : Estimates
        Of any shape.
    level : float, optional
        Confidence, in (0, 1).
    method : {"percentile", "bca"}, optional
        Which interval.

    Returns
    -------
    low, high : numpy.ndarray
        Shape of the estimates; NaN where a metric has no draws.

    References
    ----------
    Efron, "Better Bootstrap Confidence Intervals", J. Am. Stat. Assoc. 82, 1987.
    """
    tail = (1 - level) / 2
    at = np.broadcast_to(np.array([tail, 1 - tail]), (*estimates.value.shape, 2))
    if method == "bca":
        at = _corrected(estimates, at)
    bounds = _quantiles(estimates.draws, at)
    return bounds[..., 0], bounds[..., 1]


def _corrected(estimates: Estimates, at: np.ndarray) -> np.ndarray:
    """Return BCa's places of the quantiles."""
    draws, value = estimates.draws, estimates.value[..., None]
    count = np.isfinite(draws).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = ((draws < value).sum(-1) + (draws == value).sum(-1) / 2) / count
        edge = 1 / (count + 1)  # a share of 0 or 1 has no z
        bias = ndtri(np.clip(share, edge, 1 - edge))[..., None]
        influence = estimates.influence
        spread = (influence**2).sum(-1) ** 1.5
        skew = np.where(spread > 0, (influence**3).sum(-1) / (6 * spread), 0)[..., None]
        z = bias + ndtri(at)
        return ndtr(bias + z / (1 - skew * z))


def _quantiles(draws: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Interpolate quantiles, each metric at places of its own, over its finite draws."""
    ordered = np.sort(draws, axis=-1)  # NaN last
    count = np.isfinite(draws).sum(-1, keepdims=True)
    place = np.nan_to_num(at) * np.maximum(count - 1, 0)
    lower = np.floor(place).astype(int)
    upper = np.minimum(lower + 1, np.maximum(count - 1, 0))
    low, high = (np.take_along_axis(ordered, index, -1) for index in (lower, upper))
    return np.where(count > 0, low + (place - lower) * (high - low), np.nan)


def wilson(
    successes: np.ndarray, trials: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return Wilson's score interval of proportions; it assumes independent images.

    .. math:: \frac{\hat p + z^2/2n \pm z \sqrt{\hat p (1 - \hat p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    successes, trials : array-like
        Counts, of one shape.
    level : float, optional
        Confidence, in (0, 1).

    Returns
    -------
    low, high : numpy.ndarray
        In [0, 1]; NaN where there is no trial.

    References
    ----------
    Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", J. Am. Stat.
    Assoc. 22, 1927.
    """
    from statsmodels.stats.proportion import proportion_confint

    successes, trials = np.asarray(successes, float), np.asarray(trials, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = proportion_confint(successes, trials, 1 - level, "wilson")
    return np.where(trials > 0, low, np.nan), np.where(trials > 0, high, np.nan)
