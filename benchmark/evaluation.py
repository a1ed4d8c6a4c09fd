"""Truth and scores in, tables out: the only place where models meet labels they have not seen."""

import numpy as np
import pandas as pd

from benchmark.metrics import COUNTS, DECISION, RANKING, Decision, finding_metrics, macro, micro
from benchmark.split_file import PARTS
from benchmark.thresholds import choose
from features.findings import FINDINGS

#: The columns of evaluation/metrics.csv, in order.
COLUMNS = (
    *("row", "part", "finding", "n", "positives", "prevalence"),
    *(*RANKING, "threshold", "rule", *DECISION, *COUNTS, "note"),
)


def evaluate_row(
    row: str, truth: pd.DataFrame, scores: pd.DataFrame, part: pd.Series, *, min_positives: int
) -> pd.DataFrame:
    """Evaluate one row on every part: a line a finding, then macro and micro.

    Parameters
    ----------
    row : str
        The row's name.
    truth : pandas.DataFrame
        Indexed by image, one column a finding: 1, 0, or NaN where unknown.
    scores : pandas.DataFrame
        Indexed by image, a column a finding: probabilities. Matched to `truth` by image.
    part : pandas.Series
        Indexed by image: "train", "valid" or "test".
    min_positives : int
        See `benchmark.thresholds.choose`.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`.
    """
    scores = scores.reindex(index=truth.index, columns=truth.columns)
    in_part = {name: part.loc[truth.index].to_numpy() == name for name in PARTS}
    known_truth, given = truth.to_numpy(float), scores.to_numpy(float)
    decisions = _decisions(known_truth, given, in_part, min_positives)
    lines = [
        {"row": row, "part": name} | line
        for name, mask in in_part.items()
        for line in _part_lines(list(truth.columns), known_truth[mask], given[mask], decisions)
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(dict.fromkeys(COUNTS, "Int64"))


def _decisions(
    truth: np.ndarray, scores: np.ndarray, in_part: dict[str, np.ndarray], min_positives: int
) -> list[Decision]:
    """Choose one threshold a finding, from *valid* and the prevalence in *train*."""
    train, valid = in_part["train"], in_part["valid"]
    return [
        choose(
            truth[valid, k],
            scores[valid, k],
            prevalence=_prevalence(truth[train, k]),
            min_positives=min_positives,
        )
        for k in range(truth.shape[1])
    ]


def _prevalence(labels: np.ndarray) -> float:
    known = labels[~np.isnan(labels)]
    return float(known.mean()) if len(known) else np.nan


def _part_lines(
    findings: list[str], truth: np.ndarray, scores: np.ndarray, decisions: list[Decision]
) -> list[dict]:
    lines = [
        {"finding": finding, **finding_metrics(truth[:, k], scores[:, k], decisions[k])}
        for k, finding in enumerate(findings)
    ]
    fourteen = [k for k, finding in enumerate(findings) if finding in FINDINGS]
    return [
        *lines,
        {"finding": "macro", **macro(lines)},
        {"finding": "micro", **micro(lines, truth[:, fourteen], scores[:, fourteen])},
    ]


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
