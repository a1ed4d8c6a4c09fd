"""The area under the ROC curve, as a fit looks at it on *valid*."""

import math

import numpy as np

from features.findings import FINDINGS
from features.radiographs import Radiographs
from models.base import Report


def auc(truth: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve of one finding.

    Parameters
    ----------
    truth, scores : numpy.ndarray
        Shape (n,); truth is 1, 0 or NaN, which is left out.

    Returns
    -------
    float
        In [0, 1]; NaN where one of the classes is absent.
    """
    from sklearn.metrics import roc_auc_score

    known = ~np.isnan(truth)
    if not {0, 1} <= set(truth[known]):
        return math.nan
    return float(roc_auc_score(truth[known], scores[known]))


def macro_auc(labels: np.ndarray, scores: np.ndarray, findings: int) -> float:
    """Return the mean area under the ROC curve of the findings that have both classes.

    Parameters
    ----------
    labels, scores : numpy.ndarray
        Shape (n, outputs); labels are 1, 0 or NaN, which is left out.
    findings : int
        The number of outputs, from the first, that count.

    Returns
    -------
    float
        In [0, 1]; NaN where no finding has both classes.
    """
    pairs = zip(labels.T[:findings], scores.T, strict=False)
    return _mean([auc(truth, score) for truth, score in pairs])


class Standing:
    """The macro AUC on *valid* of a fit that takes finding after finding.

    A finding that is not fitted yet is ranked by chance: its area counts as one half. So the figure
    is that of the classifier as it stands, and grows.

    Parameters
    ----------
    valid : Radiographs
        With labels.
    report : callable
        Told the findings fitted so far, and the mean.
    """

    def __init__(self, valid: Radiographs, report: Report) -> None:
        assert valid.labels is not None
        self._labels, self._findings, self._report = valid.labels, valid.findings, report
        truths = zip(valid.findings, valid.labels.T, strict=True)
        chance = {name: auc(truth, np.zeros(len(truth))) for name, truth in truths}
        self._areas = {name: area for name, area in chance.items() if name in FINDINGS}
        self._step = 0

    def __call__(self, column: int, scores: np.ndarray) -> None:
        """Take in what one finding's classifier makes of *valid*: shape (n,)."""
        self._step += 1
        name = self._findings[column]
        if name in self._areas:
            self._areas[name] = auc(self._labels[:, column], scores)
        self._report(self._step, _mean(list(self._areas.values())))


def _mean(areas: list[float]) -> float:
    known = [area for area in areas if not math.isnan(area)]
    return float(np.mean(known)) if known else math.nan
