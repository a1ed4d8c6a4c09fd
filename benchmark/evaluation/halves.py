"""evaluation/halves.csv: the two thresholds of each finding where they are cross-fitted."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from benchmark.evaluation.crossfit import HALVES
from benchmark.evaluation.evidence import Evidence

#: The columns of the table; images of `half` are called by `threshold`, which was chosen on the
#: `n` images of the other half whose label is known.
COLUMNS = ("row", "finding", "half", "n", "positives", "threshold", "rule")


def halves_table(evidence: Evidence) -> pd.DataFrame:
    """List what each half of *test* is called by.

    Parameters
    ----------
    evidence : Evidence
        Labels, parts and scores.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; without lines where thresholds are chosen on *valid*.
    """
    half = evidence.halves
    lines = [] if half is None else list(_lines(evidence, half))
    return pd.DataFrame(lines, columns=list(COLUMNS))


def _lines(evidence: Evidence, half: np.ndarray) -> Iterator[tuple]:
    for row in evidence.rows:
        for k, finding in enumerate(evidence.findings):
            truth = evidence.test.truth[:, k]
            for number, decision in zip(HALVES, evidence.decisions[row][k].halves, strict=True):
                labels = truth[(half != number) & ~np.isnan(truth)]
                counts = len(labels), int(labels.sum())
                yield row, finding, number, *counts, decision.threshold, decision.rule
