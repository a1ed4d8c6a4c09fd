"""Every metric of every row and finding of a part, with bootstrap draws and influences."""

import numpy as np

from benchmark.evaluation.estimates import Estimates, ratio
from benchmark.evaluation.metrics import DECISION, RANKING
from benchmark.evaluation.part import Part
from benchmark.evaluation.ranked import Ranked

#: Of each decision metric, what stands above and below the line, in counts of (tp, fp, tn, fn).
_RATIOS = {
    "precision": ((1, 0, 0, 0), (1, 1, 0, 0)),
    "recall": ((1, 0, 0, 0), (1, 0, 0, 1)),
    "specificity": ((0, 0, 1, 0), (0, 1, 1, 0)),
    "f1": ((2, 0, 0, 0), (2, 1, 0, 1)),
    "accuracy": ((1, 0, 1, 0), (1, 1, 1, 1)),
}

#: Of no meaning where nobody has the finding: see `metrics.rates`.
_NEED_POSITIVES = ("precision", "recall", "f1")


def estimate(part: Part, thresholds: np.ndarray, weights: np.ndarray) -> dict[str, Estimates]:
    """Estimate every metric of every row and finding, and their macro and micro means.

    Parameters
    ----------
    part : Part
        The images to be judged by.
    thresholds : numpy.ndarray
        Shape (rows, findings), or (rows, n, findings) where images have thresholds of their own:
        scores at or above mean yes; NaN where there is none.
    weights : numpy.ndarray
        Shape (patients, draws): how often each patient of the part is drawn.

    Returns
    -------
    dict of str to Estimates
        By metric (`RANKING` and `DECISION`), each of shape (rows, findings + 2): the findings,
        then macro, then micro.
    """
    return estimate_ranking(part, weights) | _estimate_decisions(part, thresholds, weights)


def estimate_ranking(part: Part, weights: np.ndarray) -> dict[str, Estimates]:
    """Estimate AUC and average precision alone; as `estimate`, but for the thresholds."""
    rows = [_ranking_of(part, scores, weights) for scores in part.scores]
    return {
        name: Estimates.stack([row[place] for row in rows]) for place, name in enumerate(RANKING)
    }


def estimate_findings(part: Part, weights: np.ndarray) -> tuple[Estimates, Estimates]:
    """Estimate AUC and average precision of every row and finding, without any mean.

    Returns
    -------
    auc, ap : Estimates
        Each of shape (rows, findings); there must be a row.
    """
    rows = [_each_finding(part, scores, weights) for scores in part.scores]
    auc, ap = (Estimates.stack([row[place] for row in rows]) for place in (0, 1))
    return auc, ap


def _each_finding(
    part: Part, scores: np.ndarray, weights: np.ndarray
) -> tuple[Estimates, Estimates]:
    columns = range(len(part.findings))
    each = [_rank(part.truth[:, k], scores[:, k], part.patients, weights) for k in columns]
    auc, ap = (Estimates.stack([pair[place] for pair in each]) for place in (0, 1))
    return auc, ap


def _ranking_of(part: Part, scores: np.ndarray, weights: np.ndarray) -> tuple[Estimates, Estimates]:
    auc, ap = _each_finding(part, scores, weights)
    own = part.fourteen
    pooled = _rank(
        part.truth[:, own].ravel(),
        scores[:, own].ravel(),
        np.repeat(part.patients, len(own)),
        weights,
    )
    return _with_means(auc, pooled[0], own), _with_means(ap, pooled[1], own)


def _with_means(each: Estimates, micro: Estimates, fourteen: list[int]) -> Estimates:
    parts = [each[k] for k in range(len(each.value))]
    return Estimates.stack([*parts, each[fourteen].mean(), micro])


def _rank(
    truth: np.ndarray, scores: np.ndarray, patients: np.ndarray, weights: np.ndarray
) -> tuple[Estimates, Estimates]:
    """Estimate both metrics of one finding; no draws where one patient alone carries a class."""
    if not (truth == 1).any() or not (truth == 0).any():  # often so in small groups
        undefined = (np.full(length, np.nan) for length in (weights.shape[1], len(weights)))
        nothing = Estimates(np.array(np.nan), *undefined)
        return nothing, nothing
    ranked = Ranked.of(truth, scores, patients, count=len(weights))
    values = ranked.weighted(np.ones((len(weights), 1)))
    positives, negatives = ranked.positives_by_patient, ranked.negatives_by_patient
    if min((positives > 0).sum(), (negatives > 0).sum()) < 2:
        draws = np.full((2, weights.shape[1]), np.nan)
    else:
        draws = np.array(ranked.weighted(weights))
    influence = ranked.influence()
    auc, ap = (Estimates(values[k][0], draws[k], influence[k]) for k in (0, 1))
    return auc, ap


def _estimate_decisions(
    part: Part, thresholds: np.ndarray, weights: np.ndarray
) -> dict[str, Estimates]:
    counts = [
        _confusion_by_patient(part, scores, thresholds[row], len(weights))
        for row, scores in enumerate(part.scores)
    ]
    return {
        name: Estimates.stack([_decision(name, part, of_row, weights) for of_row in counts])
        for name in DECISION
    }


def _confusion_by_patient(
    part: Part, scores: np.ndarray, thresholds: np.ndarray, patients: int
) -> np.ndarray:
    """Count (tp, fp, tn, fn) by patient and finding: shape (patients, findings, 4).

    `thresholds` are of all images, shape (findings,), or of each, (n, findings).
    """
    present, absent = part.truth == 1, part.truth == 0
    decided = ~np.isnan(thresholds)
    called = scores >= thresholds
    cells = (present & called, absent & called, absent & ~called, present & ~called)
    counts = np.zeros((patients, len(part.findings), 4))
    np.add.at(counts, part.patients, np.stack(cells, axis=-1) & decided[..., None])
    return counts


def _decision(name: str, part: Part, counts: np.ndarray, weights: np.ndarray) -> Estimates:
    top, bottom = (np.array(side, float) for side in _RATIOS[name])
    own = part.fourteen
    pooled = counts[:, own].sum(axis=1, keepdims=True)
    both = np.concatenate([counts, pooled], axis=1)
    made = ratio(both @ top, both @ bottom, weights)
    if name in _NEED_POSITIVES:
        made = _where_present(made, both[..., 0] + both[..., 3], weights)
    findings = made[np.arange(len(part.findings))]
    return _with_means(findings, made[-1], own)


def _where_present(made: Estimates, positives: np.ndarray, weights: np.ndarray) -> Estimates:
    """Keep what has something to find, on the whole and in each draw.

    `positives` are counts by patient, (patients, findings). What one patient alone has keeps its
    value and has no draws, as AUC and average precision have none.
    """
    carriers = (positives > 0).sum(axis=0)[:, None]
    drawn = np.tensordot(positives, weights, (0, 0)) > 0
    return Estimates(
        np.where(carriers[:, 0] > 0, made.value, np.nan),
        np.where(drawn & (carriers > 1), made.draws, np.nan),
        np.where(carriers > 0, made.influence, np.nan),
    )
