"""Heat maps of trees: where the features lie that they split on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from features.extractor import Extractor
from features.places import folded

if TYPE_CHECKING:
    import xgboost

METHODS = ("gain", "shap")


def heatmaps(layout: Sequence[tuple[Extractor | None, int]], worth: np.ndarray) -> np.ndarray:
    """Fold what features are worth back onto the image; those without a place are left out.

    Parameters
    ----------
    layout : sequence of (Extractor or None, int)
        What made the features that stand side by side, and how many of them; None where they have
        no place in the image. At least one has.
    worth : numpy.ndarray
        Shape (n, d), at least 0.

    Returns
    -------
    numpy.ndarray
        Shape (n, h, w), float32; see `features.places.folded`.
    """
    ends = np.cumsum([width for _, width in layout])
    parts = np.split(worth, ends[:-1], axis=1)
    placed = [
        (extractor, part)
        for (extractor, _), part in zip(layout, parts, strict=True)
        if extractor is not None
    ]
    return folded(placed).astype("float32")


def contributions(booster: "xgboost.Booster | None", X: np.ndarray) -> np.ndarray:
    """Return what each feature of each radiograph adds to the logit, where it adds: TreeSHAP.

    Shapley values, exact. What a tree would say without a feature is its mean over both branches
    of every split on it, weighted as training filled them.

    Parameters
    ----------
    booster : xgboost.Booster or None
        A finding's trees; None where it has none.
    X : numpy.ndarray
        Shape (n, d).

    Returns
    -------
    numpy.ndarray
        Shape (n, d), float32, at least 0: what speaks against the finding is cut off.

    References
    ----------
    Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", Nature Machine Intelligence 2, 2020.
    """
    import xgboost

    if booster is None or not len(X):
        return np.zeros_like(X)
    values = booster.predict(xgboost.DMatrix(X, nthread=1), pred_contribs=True)
    return values[:, :-1].clip(0)  # the last column is the mean logit
