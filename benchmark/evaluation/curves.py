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
        ``{"roc": {"fpr": …, "tpr": …}, "pr": {"recall": …, "precision": …}}``; None where a class
        is absent.
    """
    from sklearn.metrics import precision_recall_curve, roc_curve

    mask = ~np.isnan(truth)
    truth, scores = truth[mask], scores[mask]
    if truth.all() or not truth.any():
        return None
    fpr, tpr, _ = roc_curve(truth, scores)
    precision, recall, _ = precision_recall_curve(truth, scores)
    return {
        "roc": _thin({"fpr": fpr, "tpr": tpr}, along=fpr + tpr, points=points),
        "pr": _thin({"recall": recall, "precision": precision}, along=recall, points=points),
    }


def _thin(curve: dict[str, np.ndarray], along: np.ndarray, points: int) -> dict[str, list[float]]:
    """Keep the points nearest to evenly spaced places along a monotone coordinate."""
    if len(along) > points:
        ascending = along if along[0] <= along[-1] else along[::-1]
        places = np.searchsorted(ascending, np.linspace(ascending[0], ascending[-1], points))
        keep = np.unique(np.concatenate([[0], places, [len(along) - 1]]))
        keep = keep if ascending is along else np.unique(len(along) - 1 - keep)
        curve = {name: values[keep] for name, values in curve.items()}
    return {name: [round(float(v), 4) for v in values] for name, values in curve.items()}
