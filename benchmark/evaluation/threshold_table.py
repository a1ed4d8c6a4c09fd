"""evaluation/thresholds.csv: what each threshold does on *test*, and what 0.5 would have done."""

import numpy as np
import pandas as pd

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import interval, wilson
from benchmark.evaluation.lines import counted, left_out
from benchmark.evaluation.metrics import confusion, known, rates

#: What is told of a threshold, with an interval over patients.
FIGURES = ("precision", "recall", "specificity", "f1")
_AT_HALF = ("precision", "recall", "f1")

#: The columns of the table; `patients` are those with the finding.
COLUMNS = (
    *("row", "finding", "n", "positives", "patients", "rule", "threshold"),
    *(f"{name}{bound}" for name in FIGURES for bound in ("", "_low", "_high")),
    *(f"{name}_wilson_{bound}" for name in ("precision", "recall") for bound in ("low", "high")),
    *(*(f"{name}_05" for name in _AT_HALF), "note"),
)


def threshold_table(evidence: Evidence) -> pd.DataFrame:
    """Evaluate the threshold of every row and finding on *test*.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, a line for each row and finding and for the mean over the 14 findings.
        Intervals are over patients; those of ``_wilson_`` assume independent images. Columns that
        end in ``_05`` tell what calling everything from 0.5 on would have done.
    """
    tables = [_of_row(evidence, place) for place in range(len(evidence.rows))]
    made = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return made.reindex(columns=list(COLUMNS))


def _of_row(evidence: Evidence, place: int) -> pd.DataFrame:
    row, settings = evidence.rows[place], evidence.settings
    table = counted(evidence.test)
    table["row"] = row
    table["rule"] = [it.rule for it in evidence.decisions[row]] + [""]
    table["threshold"] = [*evidence.thresholds[place], np.nan]
    for name in FIGURES:
        estimates = evidence.estimates[name][place, :-1]  # without micro
        low, high = interval(estimates, level=settings.level, method=settings.interval)
        table[[name, f"{name}_low", f"{name}_high"]] = np.stack([estimates.value, low, high], 1)
    table = table.join(_at_half(evidence, place)).join(_wilson(table, settings.level))
    said = {"precision": "precision", "precision_05": "precision at 0.5"}
    of_mean = filter(None, (left_out(table, name, words) for name, words in said.items()))
    table["note"] = [*(it.note for it in evidence.decisions[row]), "; ".join(of_mean)]
    return table


def _at_half(evidence: Evidence, place: int) -> pd.DataFrame:
    """Return what a threshold of 0.5 does: a line for each finding, then their mean."""
    test = evidence.test
    each = [
        rates(**confusion(truth, scores >= 0.5))
        for k in range(len(test.findings))
        for truth, scores in [known(test.truth[:, k], test.scores[place][:, k])]
    ]
    table = pd.DataFrame(each, columns=list(_AT_HALF))
    table.loc[len(table)] = table.loc[test.fourteen].mean()
    return table.add_suffix("_05")


def _wilson(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return Wilson's bounds of precision and recall, whose counts follow from the figures."""
    found = (table["recall"] * table["positives"]).round()
    alarms = ((1 - table["specificity"]) * (table["n"] - table["positives"])).round()
    made = pd.DataFrame()
    for name, of in (("precision", found + alarms), ("recall", table["positives"])):
        low, high = wilson(found.to_numpy(), of.to_numpy(), level=level)
        made[f"{name}_wilson_low"], made[f"{name}_wilson_high"] = low, high
    made.iloc[-1] = np.nan  # a mean is no proportion
    return made
