"""What scores are worth against the truth: ranking metrics, and decisions at a threshold."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from features.findings import FINDINGS

#: Metrics that need no threshold, then those that do.
RANKING = ("auc", "ap")
DECISION = ("precision", "recall", "specificity", "f1", "accuracy")
COUNTS = ("tp", "fp", "tn", "fn")


@dataclass(frozen=True)
class Decision:
    """A rule that turns the scores of one finding into yes or no.

    Parameters
    ----------
    threshold : float
        Scores at or above it mean yes; NaN where none could be chosen.
    rule : str
        How it was chosen, for example ``"f1"``.
    note : str
        Why it was chosen otherwise than asked for; empty where it was not.
    halves : tuple of Decision
        Of a cross-fitted one, those by which the first and the second half of *test* are called;
        `threshold` is then their mean, and calls no image.
    """

    threshold: float
    rule: str
    note: str = ""
    halves: tuple["Decision", ...] = ()


def known(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return truth as booleans and the scores, of the images whose label is known.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,): 1 present, 0 absent, NaN unknown.
    scores : numpy.ndarray
        Shape (n,).
    """
    mask = ~np.isnan(truth)
    return truth[mask] > 0, scores[mask]


def prevalence_of(labels: np.ndarray) -> float:
    """Return the share of positives among known labels; NaN where none is known."""
    present, _ = known(labels, labels)
    return float(present.mean()) if len(present) else np.nan


def ranking(truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Compute the area under the ROC curve and the average precision, from one sort.

    Images of one score are called together, so ties count half in the area. Both are NaN where
    one of the classes is absent: no figure is better than a made-up one.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,), bool.
    scores : numpy.ndarray
        Shape (n,), any real numbers; higher means more likely present.
    """
    if truth.all() or not truth.any():
        return dict.fromkeys(RANKING, np.nan)
    order = np.argsort(scores)[::-1]
    scores, truth = scores[order], truth[order]
    last = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))  # of each score
    found = np.append(0, truth.cumsum()[last])
    false = np.append(0, last + 1) - found
    won = np.diff(false) @ (found[1:] + found[:-1]) / 2  # pairs, those that are tied half
    precision = found[1:] / (last + 1)
    return {
        "auc": float(won / (found[-1] * false[-1])),
        "ap": float(np.diff(found) @ precision / found[-1]),
    }


def confusion(truth: np.ndarray, called: np.ndarray) -> dict[str, int]:
    """Count true and false positives and negatives of boolean decisions."""
    return {
        "tp": int(np.sum(truth & called)),
        "fp": int(np.sum(~truth & called)),
        "tn": int(np.sum(~truth & ~called)),
        "fn": int(np.sum(truth & ~called)),
    }


def rates(tp: int, fp: int, tn: int, fn: int) -> dict[str, float]:
    """Derive the decision metrics from the confusion counts; NaN where a denominator is zero.

    Precision is TP / (TP + FP), recall (sensitivity) TP / (TP + FN), specificity TN / (TN + FP),
    F1 2 TP / (2 TP + FP + FN), accuracy (TP + TN) / n. Where nothing is called, precision is NaN
    and F1 is 0: there were positives, and none was found. With no positive at all, precision,
    recall and F1 are NaN: a precision of 0 would be no fault of the model's.
    """
    present = tp + fn
    return {
        "precision": _ratio(tp, tp + fp) if present else np.nan,
        "recall": _ratio(tp, present),
        "specificity": _ratio(tn, tn + fp),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn) if present else np.nan,
        "accuracy": _ratio(tp + tn, tp + fp + tn + fn),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else np.nan


def finding_metrics(
    truth: np.ndarray,
    scores: np.ndarray,
    decision: Decision,
    cutoffs: np.ndarray | float | None = None,
) -> dict:
    """Evaluate one finding of one row in one part.

    Parameters
    ----------
    truth, scores : numpy.ndarray
        Shape (n,); see `known`.
    decision : Decision
        Chosen on *valid*, or cross-fitted.
    cutoffs : numpy.ndarray or float, optional
        Shape (n,) or (): the score at or above which each image is called, where it is not the
        threshold of `decision`.

    Returns
    -------
    dict
        n, positives, prevalence, the ranking metrics, threshold, its rule and note, the confusion
        counts and the decision metrics. What cannot be computed is NaN.
    """
    called = scores >= (decision.threshold if cutoffs is None else cutoffs)
    called = called[~np.isnan(truth)]
    truth, scores = known(truth, scores)
    line = {
        "n": len(truth),
        "positives": int(truth.sum()),
        "prevalence": float(truth.mean()) if len(truth) else np.nan,
        **ranking(truth, scores),
        "threshold": decision.threshold,
        "rule": decision.rule,
        "note": decision.note,
    }
    if np.isnan(decision.threshold):
        return line | dict.fromkeys((*COUNTS, *DECISION), np.nan)
    counts = confusion(truth, called)
    return line | counts | rates(**counts)


def macro(lines: list[dict]) -> dict:
    """Average each metric over the 14 findings, with equal weight.

    A finding without the metric is left out of that mean, and the note says which were.
    No Finding is no finding and never counts.
    """
    lines = [line for line in lines if line["finding"] in FINDINGS]
    mean = {name: _mean([line[name] for line in lines]) for name in (*RANKING, *DECISION)}
    return {
        "n": max(line["n"] for line in lines),
        "positives": sum(line["positives"] for line in lines),
        "prevalence": _mean([line["prevalence"] for line in lines]),
        **mean,
        "threshold": np.nan,
        "rule": "",
        "note": "; ".join(filter(None, map(partial(_absent, lines), ("auc", "precision")))),
    }


def _absent(lines: list[dict], metric: str) -> str:
    """Say which findings a mean leaves out."""
    absent = [line["finding"] for line in lines if np.isnan(line[metric])]
    heading = {"auc": "AUC"}.get(metric, metric)
    left = f"{heading} over {len(lines) - len(absent)} findings"
    return f"{left}, without {', '.join(absent)}" if absent else ""


def micro(lines: list[dict], truth: np.ndarray, scores: np.ndarray) -> dict:
    """Pool all (image, finding) pairs of the 14 findings into one problem.

    Parameters
    ----------
    lines : list of dict
        The findings' own lines: their confusion counts are added up.
    truth, scores : numpy.ndarray
        Shape (n, 14).
    """
    lines = [line for line in lines if line["finding"] in FINDINGS]
    truth, scores = known(truth.ravel(), scores.ravel())
    counts = {name: int(np.nansum([line[name] for line in lines])) for name in COUNTS}
    return {
        "n": len(truth),
        "positives": int(truth.sum()),
        "prevalence": float(truth.mean()) if len(truth) else np.nan,
        **ranking(truth, scores),
        "threshold": np.nan,
        "rule": "",
        "note": "",
        **counts,
        **rates(**counts),
    }


def _mean(values: list[float]) -> float:
    finite = [value for value in values if not np.isnan(value)]
    return float(np.mean(finite)) if finite else np.nan
