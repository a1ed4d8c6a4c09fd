"""How much the rows of a run have changed against those of another, on the same draws."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmark.evaluation.comparison import compare, families_of, patients_of
from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.estimating import estimate_ranking
from benchmark.evaluation.evidence import Evidence, axis_names
from benchmark.evaluation.intervals import interval
from benchmark.evaluation.metrics import RANKING
from benchmark.settings import Evaluation

#: Of each change the figures, and what `benchmark.evaluation.comparison.compare` says of it.
COLUMNS = (
    *("run", "row", "metric", "finding", "before", "before_low", "before_high"),
    *("after", "after_low", "after_high", "difference", "low", "high", "se", "p", "p_holm"),
    *("mdd", "within_margin", "verdict", "same_scores"),
)


def changes_table(runs: Mapping[str, Evidence]) -> pd.DataFrame:
    """Hold the rows of runs against those of the same name in the first.

    Parameters
    ----------
    runs : mapping of str to Evidence
        Their test parts are the same images of the same patients with the same labels. How
        differences are judged, and the draws of patients, are the first's.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: a line a metric, run, row and finding, and for macro and micro; the
        difference is the run's figure minus the first's. Holm's adjustment is over the 14
        findings of all rows and runs. `same_scores` are the same to the last bit on test.
    """
    first, *others = runs
    pairs = [(run, row) for row in runs[first].rows for run in others if row in runs[run].rows]
    if not pairs:
        return pd.DataFrame(columns=list(COLUMNS))
    rows = {first: [row for _, row in pairs]} | {
        run: [row for name, row in pairs if name == run] for run, _ in pairs
    }
    tested = {run: _on_test(runs[first], runs[run], own) for run, own in rows.items()}
    weights = tested[first].weights
    figures = {run: estimate_ranking(it.test, weights) for run, it in tested.items()}
    tables = [_changes(metric, first, pairs, tested, figures) for metric in RANKING]
    return pd.concat(tables, ignore_index=True)


def _on_test(first: Evidence, run: Evidence, rows: Iterable[str]) -> Evidence:
    """Return some rows of a run on test alone, images and findings as the first run has them."""
    images = first.test.table.index
    return replace(
        first,
        truth=first.truth.loc[images],
        split=first.split.loc[images],
        scores={row: run.scores[row] for row in dict.fromkeys(rows)},
    )


def _changes(
    metric: str,
    first: str,
    pairs: Sequence[tuple[str, str]],
    tested: Mapping[str, Evidence],
    figures: Mapping[str, Mapping[str, Estimates]],
) -> pd.DataFrame:
    def of(run: str, row: str) -> Estimates:
        return figures[run][metric][tested[run].rows.index(row)]

    base = tested[first]
    before = Estimates.stack([of(first, row) for _, row in pairs])
    after = Estimates.stack([of(run, row) for run, row in pairs])
    axis = axis_names(base.findings)
    together = families_of(base.test.fourteen, len(axis))
    patients = patients_of(base.test)
    judged = compare(after - before, patients, families=together, settings=base.settings)
    same = [_same_scores(base, tested[run], row) for run, row in pairs]
    columns = {
        "run": np.repeat([run for run, _ in pairs], len(axis)),
        "row": np.repeat([row for _, row in pairs], len(axis)),
        "metric": metric,
        "finding": list(axis) * len(pairs),
        **dict(_bounded("before", before, base.settings)),
        **dict(_bounded("after", after, base.settings)),
        **{name: values.ravel() for name, values in judged.items()},
        "same_scores": np.repeat(same, len(axis)),
    }
    return pd.DataFrame(columns, columns=list(COLUMNS))


def _bounded(
    name: str, estimates: Estimates, settings: Evaluation
) -> Iterator[tuple[str, np.ndarray]]:
    low, high = interval(estimates, level=settings.level, method=settings.interval)
    yield name, estimates.value.ravel()
    yield f"{name}_low", low.ravel()
    yield f"{name}_high", high.ravel()


def _same_scores(first: Evidence, other: Evidence, row: str) -> bool:
    before, after = (it.test.scores[it.rows.index(row)] for it in (first, other))
    return bool(np.array_equal(before, after, equal_nan=True))
