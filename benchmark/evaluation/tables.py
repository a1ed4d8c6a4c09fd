"""The tables of an evaluation: what is made of the evidence, each in evaluation/<name>.csv."""

from collections.abc import Callable

import pandas as pd

from benchmark.checks.registry import checks_table
from benchmark.evaluation.calibration_tables import (
    calibration_table,
    net_benefit_table,
    reliability_table,
)
from benchmark.evaluation.characteristics import characteristics_table
from benchmark.evaluation.comparison import comparison_table, wins_table
from benchmark.evaluation.delong import delong_table
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.halves import halves_table
from benchmark.evaluation.label_quality import negatives_table, second_labels_table
from benchmark.evaluation.prevalence import prevalence_table
from benchmark.evaluation.row import metrics_table
from benchmark.evaluation.subgroups import subgroups_table
from benchmark.evaluation.threshold_table import threshold_table

#: Each table by the name of its file, in the order in which they are made.
TABLES: dict[str, Callable[[Evidence], pd.DataFrame]] = {
    "metrics": metrics_table,
    "delong": delong_table,
    "comparison": comparison_table,
    "wins": wins_table,
    "thresholds": threshold_table,
    "calibration": calibration_table,
    "reliability": reliability_table,
    "net_benefit": net_benefit_table,
    "prevalence": prevalence_table,
    "characteristics": characteristics_table,
    "subgroups": subgroups_table,
    "negatives": negatives_table,
    "second_labels": second_labels_table,
    "checks": checks_table,
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
