"""evaluation/metrics.csv: a line for each row, part and finding, and for macro and micro means."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmark.evaluation.evidence import Evidence, Part, axis_names
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
    """Evaluate every row on every part.

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
        for line in _lines(part, place, evidence.decisions[row])
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS)).astype(
        dict.fromkeys((*COUNTS, "patients"), "Int64")
    )


def _lines(part: Part, row: int, decisions: list[Decision]) -> Iterator[dict]:
    """Make the lines of one row on one part: its findings, then macro and micro."""
    truth, scores, carriers = part.truth, part.scores[row], part.carriers()
    lines = [
        {
            "finding": finding,
            "patients": int(carriers[k]),
            **finding_metrics(truth[:, k], scores[:, k], decisions[k]),
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
