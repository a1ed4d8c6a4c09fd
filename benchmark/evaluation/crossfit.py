"""Thresholds without *valid*: each half of *test* is called with those chosen on the other."""

from collections.abc import Callable

import numpy as np

from benchmark.evaluation.metrics import Decision, prevalence_of
from benchmark.patients import Cohort
from features.radiographs import Radiographs

HALVES = (1, 2)

#: Chooses the threshold of one finding from labels, scores and the prevalence to fall back on.
Choose = Callable[[np.ndarray, np.ndarray, float], Decision]


def draw_halves(radiographs: Radiographs, *, seed: int) -> np.ndarray | None:
    """Part patients into two halves by lot, each with its share of every finding.

    Parameters
    ----------
    radiographs : Radiographs
        Of *test*, with labels.
    seed : int
        What the lot is drawn with; see `benchmark.patients.Cohort.spread`.

    Returns
    -------
    numpy.ndarray or None
        Shape (n,): 1 or 2; None where there is but one patient.
    """
    cohort = Cohort.of(radiographs)
    if len(cohort.names) < len(HALVES):
        return None
    return cohort.spread((1, 1), seed=seed)[cohort.codes] + 1


def crossfit(truth: np.ndarray, scores: np.ndarray, half: np.ndarray, choose: Choose) -> Decision:
    """Choose two thresholds of one finding, one a half of the patients.

    An image is called with the threshold that was chosen on the half that its patient is not in,
    so that no label of a patient has a say in how he is called himself. The guard against few
    positives holds in each half, and falls back on the prevalence there.

    Parameters
    ----------
    truth, scores : numpy.ndarray
        Shape (n,): of *test*; labels NaN where unknown.
    half : numpy.ndarray
        Shape (n,): 1 or 2, the same for all images of a patient.
    choose : callable
        How a threshold is chosen.

    Returns
    -------
    Decision
        With both in `halves`; without any where one of them could not be chosen.
    """
    chosen = []
    notes = []
    for number in HALVES:
        labels, values = truth[half != number], scores[half != number]
        decision = choose(labels, values, prevalence_of(labels))
        chosen.append(decision)
        if decision.note:
            counted = f"{(labels == 1).sum()} positives in the other"
            notes.append(f"half {number} by {decision.rule}: {counted}")
    if any(np.isnan(decision.threshold) for decision in chosen):
        none = Decision(np.nan, "none", "a half of the patients has no known label")
        return Decision(np.nan, none.rule, none.note, (none, none))
    first, second = (decision.threshold for decision in chosen)
    rules = " and ".join(dict.fromkeys(decision.rule for decision in chosen))
    return Decision((first + second) / 2, f"{rules}, cross-fitted", "; ".join(notes), tuple(chosen))
