"""DeLong's variance of the AUC: what it would be if the images were independent."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri
from scipy.stats import rankdata

from benchmark.evaluation.evidence import Evidence

#: What every line says of itself, for a line may be quoted alone.
ASSUMPTION = "assumes independent images"

COLUMNS = ("row", "finding", "auc", "low", "high", "se", "se_clustered", "ratio", "note")


def delong(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Return the AUCs of several rows on the same images, and their covariance.

    The placement of a positive is the share of negatives that score lower, that of a negative the
    share of positives that score higher, ties counting half. Each AUC is the mean of its row's
    placements, and with :math:`S_{10}` and :math:`S_{01}` the covariances of the rows' placements
    over m positives and n negatives, the covariance of the AUCs is
    :math:`S_{10} / m + S_{01} / n`. Placements follow from midranks, among all images and within
    each class, so that sorting replaces the comparison of all pairs.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,): 1 present, 0 absent, NaN unknown; unknown images are left out.
    scores : numpy.ndarray
        Shape (rows, n), any real numbers; higher means more likely present.

    Returns
    -------
    auc : numpy.ndarray
        Shape (rows,); NaN where a class is absent.
    covariance : numpy.ndarray
        Shape (rows, rows); NaN where a class has fewer than two images.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson, "Comparing the Areas under Two or More Correlated Receiver
    Operating Characteristic Curves", Biometrics 44, 1988.
    Sun & Xu, "Fast Implementation of DeLong's Algorithm for Comparing the Areas Under Correlated
    Receiver Operating Characteristic Curves", IEEE Signal Processing Letters 21, 2014.
    """
    known = ~np.isnan(truth)
    present, scores = truth[known] > 0, scores[:, known]
    positives, negatives = int(present.sum()), int((~present).sum())
    if not positives or not negatives:
        return np.full(len(scores), np.nan), np.full((len(scores), len(scores)), np.nan)
    ranks = rankdata(scores, axis=1)
    above = ranks[:, present] - rankdata(scores[:, present], axis=1)
    below = ranks[:, ~present] - rankdata(scores[:, ~present], axis=1)
    won, lost = above / negatives, below / positives
    return won.mean(axis=1), _of_mean(won) + _of_mean(lost)


def _of_mean(placements: np.ndarray) -> np.ndarray:
    """Return the covariance of the rows' mean placements; NaN where there is only one."""
    count = placements.shape[1]
    centred = placements - placements.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return centred @ centred.T / np.float64(count * (count - 1))


def logit_interval(
    auc: np.ndarray, se: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    r"""Return confidence bounds of AUCs from their standard errors, on the logit's scale.

    .. math:: \operatorname{logit} A \pm z \, SE / (A (1 - A))

    and back: a high AUC has less room above than below, and no bound leaves [0, 1], as those of
    :math:`A \pm z \, SE` do.

    Parameters
    ----------
    auc, se : numpy.ndarray
        Of one shape.
    level : float, optional
        Confidence, in (0, 1).

    Returns
    -------
    low, high : numpy.ndarray
        NaN where the AUC is 0 or 1: no placement varies there, and a variance of zero would be an
        interval of no width.

    References
    ----------
    Pepe, "The Statistical Evaluation of Medical Tests for Classification and Prediction", Oxford
    University Press 2003, chapter 5.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = logit(auc)
        reach = ndtri((1 + level) / 2) * se / (auc * (1 - auc))
        return expit(centre - reach), expit(centre + reach)


def delong_table(evidence: Evidence) -> pd.DataFrame:
    """Put DeLong's intervals on *test* beside the standard errors of the patients' draws.

    Parameters
    ----------
    evidence : Evidence
        Labels, parts and scores.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, a line a row and finding. `ratio` is `se_clustered`, the standard error
        with patients drawn, over `se`, DeLong's: how many times too narrow DeLong's interval is.
    """
    rows, findings = evidence.rows, evidence.findings
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    part = evidence.test
    made = [delong(labels, part.scores[:, :, k]) for k, labels in enumerate(part.truth.T)]
    auc = np.stack([areas for areas, _ in made], axis=1)
    se = np.sqrt(np.stack([np.diagonal(covariance) for _, covariance in made], axis=1))
    low, high = logit_interval(auc, se, level=evidence.settings.level)
    clustered = evidence.estimates["auc"][:, : len(findings)].standard_error
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(se > 0, clustered / se, np.nan)
    figures = dict(zip(COLUMNS[2:-1], (auc, low, high, se, clustered, ratio), strict=True))
    return pd.DataFrame(
        {
            "row": np.repeat(np.array(rows, object), len(findings)),
            "finding": list(findings) * len(rows),
            **{name: values.ravel() for name, values in figures.items()},
            "note": ASSUMPTION,
        }
    )
