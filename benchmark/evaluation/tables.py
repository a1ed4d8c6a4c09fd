"""The tables of an evaluation: what is made of the evidence, each in evaluation/<name>.csv."""

from collections.abc import Callable

import pandas as pd

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.halves import halves_table
from benchmark.evaluation.row import metrics_table

#: Each table by the name of its file, in the order in which they are made.
TABLES: dict[str, Callable[[Evidence], pd.DataFrame]] = {
    "metrics": metrics_table,
    "halves": halves_table,
}


def evaluate(evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Make every table.

    Parameters
    ----------
    evidence : Evidence
        Labels, parts, scores, and how to judge them.

    Returns
    -------
    dict of str to pandas.DataFrame
        By name; a table that has nothing to say has no lines.
    """
    return {name: make(evidence) for name, make in TABLES.items()}
