"""evaluation/metrics.csv: a line for each row, part and finding, and for macro and micro means."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmark.evaluation.evidence import Evidence, axis_names
from benchmark.evaluation.intervals import interval
from benchmark.evaluation.metrics import (
    COUNTS,
    DECISION,
    RANKING,
    Decision,
    finding_metrics,
    macro,
    micro,
)
from benchmark.evaluation.part import Part

#: Metrics that have an interval on *test*.
ESTIMATED = (*RANKING, *DECISION)

#: The columns of evaluation/metrics.csv, in order; `patients` are those with the finding.
COLUMNS = (
    *("row", "part", "finding", "n", "positives", "patients", "prevalence"),
    *(f"{name}{bound}" for name in RANKING for bound in ("", "_low", "_high")),
    *("threshold", "rule"),
    *(f"{name}{bound}" for name in DECISION for bound in ("", "_low", "_high")),
    *(*COUNTS, "note"),
)


def metrics_table(evidence: Evidence) -> pd.DataFrame:
    """Evaluate every row on every part that has images.

    Intervals are of *test*, the part that is judged; of the others they are empty.

    Parameters
    ----------
    evidence : Evidence
        Labels, parts and scores.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`.
    """
    bounds = _bounds(evidence)
    lines = [
        {"row": row, "part": name}
        | line
        | (bounds.get((row, line["finding"]), {}) if name == "test" else {})
        for place, row in enumerate(evidence.rows)
        for name, part in evidence.parts.items()
        if len(part.truth)
        for line in _lines(part, place, *_called(evidence, name, place))
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(
        dict.fromkeys((*COUNTS, "patients"), "Int64")
    )


def _called(evidence: Evidence, part: str, row: int) -> tuple[list[Decision], np.ndarray | None]:
    """Return by what a row's images of a part are called: a finding each, or an image each.

    What is cross-fitted over halves of *test* calls no image of another part.
    """
    decisions = evidence.decisions[evidence.rows[row]]
    if evidence.halves is None:
        return decisions, None
    if part == "test":
        return decisions, evidence.cutoffs[row]
    none = Decision(np.nan, "none", "thresholds are cross-fitted on test")
    return [none] * len(decisions), None


def _lines(
    part: Part, row: int, decisions: list[Decision], cutoffs: np.ndarray | None
) -> Iterator[dict]:
    """Make the lines of one row on one part: its findings, then macro and micro."""
    truth, scores, carriers = part.truth, part.scores[row], part.carriers()
    lines = [
        {
            "finding": finding,
            "patients": int(carriers[k]),
            **finding_metrics(
                truth[:, k], scores[:, k], decisions[k], None if cutoffs is None else cutoffs[:, k]
            ),
        }
        for k, finding in enumerate(part.findings)
    ]
    own = part.fourteen
    anyone = len(np.unique(part.patients[(truth[:, own] == 1).any(axis=1)]))
    yield from lines
    yield {"finding": "macro", "patients": anyone, **macro(lines)}
    yield {"finding": "micro", "patients": anyone, **micro(lines, truth[:, own], scores[:, own])}


def _bounds(evidence: Evidence) -> dict[tuple[str, str], dict[str, float]]:
    """Return the interval of every metric on *test*, by row and finding."""
    if not evidence.rows:
        return {}
    settings = evidence.settings
    columns = {}
    for name in ESTIMATED:
        made = interval(evidence.estimates[name], level=settings.level, method=settings.interval)
        columns[f"{name}_low"], columns[f"{name}_high"] = made
    return {
        (row, finding): {name: float(values[i, j]) for name, values in columns.items()}
        for i, row in enumerate(evidence.rows)
        for j, finding in enumerate(axis_names(evidence.findings))
    }
