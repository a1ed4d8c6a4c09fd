"""What the figures show, computed apart from how it is drawn."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

#: A curve's coordinates by name: ``fpr`` and ``tpr``, or ``recall`` and ``precision``.
Curve = Mapping[str, Sequence[float]]

_GRID = np.linspace(0, 1, 51)


def mean_roc(curves: Iterable[Curve]) -> dict[str, list[float]]:
    """Average ROC curves vertically: the mean true positive rate at each false positive rate.

    References
    ----------
    T. Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006), 8.
    """
    heights = [np.interp(_GRID, curve["fpr"], curve["tpr"]) for curve in curves]
    rates = np.concatenate([[0.0], np.mean(heights, axis=0)])
    return {"fpr": [0.0, *_GRID], "tpr": list(rates)}


def mean_pr(curves: Iterable[Curve]) -> dict[str, list[float]]:
    """Average the precision of several curves at each recall, each read as `pr_steps`."""
    heights = []
    for curve in map(pr_steps, curves):
        reached = np.searchsorted(curve["recall"], _GRID - 1e-9)
        heights.append(np.take(curve["precision"], reached, mode="clip"))
    return {"recall": list(_GRID), "precision": list(np.mean(heights, axis=0))}


def pr_steps(curve: Curve) -> dict[str, list[float]]:
    """Order a precision-recall curve by recall, to be drawn in steps.

    Up to each recall stands the precision of the threshold that reaches it: a straight line
    between two points would promise more than any threshold gives. The customary point
    (0, 1) is left out, since no threshold is behind it.

    Parameters
    ----------
    curve : mapping
        ``recall`` and ``precision``, in any order, and ``threshold`` where it is known.

    Returns
    -------
    dict
        The same, from recall 0 upwards.

    References
    ----------
    J. Davis and M. Goadrich, "The relationship between precision-recall and ROC curves",
    ICML 2006.
    """
    recall, precision = np.asarray(curve["recall"]), np.asarray(curve["precision"])
    order = [i for i in np.lexsort((-precision, recall)) if recall[i] > 0]
    steps: dict[str, list] = {
        "recall": [0.0, *recall[order]],
        "precision": [*precision[order[:1]], *precision[order]],
    }
    if "threshold" in curve:
        cuts = [curve["threshold"][i] for i in order]
        steps["threshold"] = [*cuts[:1], *cuts]
    return steps


def shares(counts: Sequence[Sequence[int]]) -> np.ndarray:
    """Return which share of the images with one finding (down) also shows another (across).

    Parameters
    ----------
    counts : (findings, findings)
        Images with both; the diagonal holds the positives.

    Returns
    -------
    (findings, findings) array
        In [0, 1]; nan on the diagonal and where a finding has no positive.
    """
    table = np.asarray(counts, dtype=float)
    positives = np.diag(table)[:, None]
    result = np.divide(table, positives, out=np.full_like(table, np.nan), where=positives > 0)
    np.fill_diagonal(result, np.nan)
    return result


def known(part: Mapping, finding: Mapping) -> int:
    """Return how many images of a part say whether they have a finding; at least 1."""
    return max(part.get("known", {}).get(finding["name"], part["images"]), 1)


def prevalences(parts: Iterable[Mapping], findings: Sequence[Mapping]) -> pd.DataFrame:
    """Tabulate positives and prevalence (0 to 1), one line per part and finding."""
    lines = [
        {
            "part": part["part"],
            "finding": finding["label"],
            "positives": part["positives"].get(finding["name"], 0),
            "prevalence": part["positives"].get(finding["name"], 0) / known(part, finding),
        }
        for part in parts
        for finding in findings
    ]
    return pd.DataFrame(lines)
