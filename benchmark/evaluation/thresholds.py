"""Thresholds: chosen per finding on *valid*, applied to *test*."""

import numpy as np

from benchmark.evaluation.metrics import Decision, known


def choose(
    truth: np.ndarray, scores: np.ndarray, *, prevalence: float, min_positives: int
) -> Decision:
    """Choose the threshold of one finding.

    The threshold that maximises F1 on *valid*, unless *valid* holds fewer than `min_positives`
    positives: then the optimum is an accident of a few images, and the threshold is set so that
    as large a share of *valid* is called positive as was positive in *train*. That rule reads no
    label of *valid*.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,): the labels of *valid*, NaN where unknown.
    scores : numpy.ndarray
        Shape (n,): the scores on *valid*.
    prevalence : float
        Share of positives in *train*, in [0, 1].
    min_positives : int
        The guard.
    """
    truth, scores = known(truth, scores)
    positives = int(truth.sum())
    if not len(scores):
        return Decision(np.nan, "none", "valid holds no image with a known label")
    if positives >= min_positives and not truth.all():
        return Decision(_best_f1(truth, scores), "f1")
    note = f"{positives} positives in valid, F1 needs {min_positives}: prevalence of train"
    if np.isnan(prevalence):
        return Decision(np.nan, "none", "neither train nor valid holds a known label")
    return Decision(_share(scores, prevalence), "prevalence", note)


def _best_f1(truth: np.ndarray, scores: np.ndarray) -> float:
    """Return the score at which calling everything at or above it has the highest F1.

    Of equally good ones, the highest: it calls the fewest.
    """
    order = np.argsort(-scores, kind="stable")
    found = np.cumsum(truth[order])
    called = np.arange(1, len(order) + 1)
    f1 = 2 * found / (called + truth.sum())
    # A threshold cannot part equal scores: only the last of a run of ties is a choice.
    last_of_ties = np.append(np.diff(scores[order]) != 0, True)
    return float(scores[order][np.argmax(np.where(last_of_ties, f1, -1))])


def _share(scores: np.ndarray, share: float) -> float:
    """Return the threshold that calls the highest-scored `share`, at least one image, positive."""
    return float(np.sort(scores)[::-1][max(round(share * len(scores)) - 1, 0)])
