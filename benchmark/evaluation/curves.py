"""Curves of one finding, thinned for drawing."""

import numpy as np


def curves(truth: np.ndarray, scores: np.ndarray, *, points: int = 100) -> dict | None:
    """Return the ROC and precision-recall curves of one finding, thinned for drawing.

    Parameters
    ----------
    truth, scores : numpy.ndarray
        Shape (n,); images of unknown label are left out.
    points : int, optional
        At most so many points a curve.

    Returns
    -------
    dict or None
        ``{"roc": {"fpr": …, "tpr": …}, "pr": {"recall": …, "precision": …}}``, each with the
        ``threshold`` of every point, None at the end that no threshold reaches; None where a class
        is absent.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    mask = ~np.isnan(truth)
    truth, scores = truth[mask], scores[mask]
    if truth.all() or not truth.any():
        return None
    fpr, tpr, cuts = roc_curve(truth, scores)
    roc = {"fpr": fpr, "tpr": tpr, "threshold": cuts}
    precision, recall, cuts = precision_recall_curve(truth, scores)
    pr = {"recall": recall, "precision": precision, "threshold": np.append(cuts, np.inf)}
    return {
        "roc": _thin(roc, along=fpr + tpr, points=points),
        "pr": _thin(pr, along=recall, points=points),
    }


def _thin(curve: dict[str, np.ndarray], along: np.ndarray, points: int) -> dict[str, list]:
    """Keep the points nearest to evenly spaced places along a monotone coordinate."""
    if len(along) > points:
        ascending = along if along[0] <= along[-1] else along[::-1]
        places = np.searchsorted(ascending, np.linspace(ascending[0], ascending[-1], points))
        keep = np.unique(np.concatenate([[0], places, [len(along) - 1]]))
        keep = keep if ascending is along else np.unique(len(along) - 1 - keep)
        curve = {name: values[keep] for name, values in curve.items()}
    return {name: [_short(float(v)) for v in values] for name, values in curve.items()}


def _short(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
