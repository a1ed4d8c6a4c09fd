"""run(experiment) → run folder: the harness's main road."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout

from benchmark.console import Console
from benchmark.contact_sheet import contact_sheet
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.tables import evaluate as evaluate_tables
from benchmark.executors.executor import LOCAL, Executor
from benchmark.experiment import Experiment
from benchmark.inputs import Inputs, read_inputs
from benchmark.process import Failure, run_row
from benchmark.provenance import describe
from benchmark.row import Finished, RowTask
from benchmark.row_folder import RowFolder
from benchmark.rows import Row, fingerprints, usable_rows
from benchmark.run_folder import GRID_TABLES, RunFolder
from features.errors import InputError, WorkError


@dataclass(frozen=True)
class Prepared:
    """A run that is ready to be fitted: its folder holds its inputs, and what is finished.

    Parameters
    ----------
    run : RunFolder
        Where it lies.
    experiment : Experiment
        What is run.
    rows : list of Row
        In the order of `rows_of`.
    inputs : Inputs
        What they share.
    prints : dict of str to str
        Their fingerprints.
    cell : str
        Which cell of a grid it is; empty where it is none.
    executor : Executor
        Who does what can be done in parallel.
    """

    run: RunFolder
    experiment: Experiment
    rows: list[Row]
    inputs: Inputs
    prints: dict[str, str]
    cell: str = ""
    executor: Executor = LOCAL

    @cached_property
    def truth(self) -> pd.DataFrame:
        """The labels, as they stand in the folder."""
        return self.run.truth()

    def called(self, row: Row) -> str:
        """Return what a row is called on the console."""
        return f"{row.name} ({self.cell})" if self.cell else row.name

    def is_finished(self, row: Row) -> bool:
        """Whether a row is finished, whole, and what it builds on is still what it was."""
        folder = self.run.row(row.name)
        done = folder.is_done(self.prints[row.name])
        return done and folder.scores_cover(self.truth) and is_current(self.run, row)


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    folder: RunFolder
    failed: dict[str, str]


def run_experiment(
    experiment: Experiment,
    folder: Path,
    *,
    console: Console,
    fresh: bool = False,
    executor: Executor = LOCAL,
) -> Outcome:
    """Run an experiment, or what is left of it, into a run folder.

    Rows that are finished with the same fingerprint are kept. A row that fails is recorded with
    its reason, and the others go on.

    Parameters
    ----------
    experiment : Experiment
        What to run.
    folder : Path
        The run folder; made where it is missing, resumed where it is not.
    console : Console
        Where progress goes.
    fresh : bool, optional
        Fit every row again.
    executor : Executor, optional
        Who does what can be done in parallel.

    Raises
    ------
    InputError
        If data, split or options cannot be used. Nothing has been fitted then.
    WorkError
        If another run is at work in the folder, or the executor's cluster cannot be used.
    """
    run = RunFolder(folder)
    rows = usable_rows(experiment)
    run.claim()
    with alone_in(folder), executor.ambient(folder):
        inputs = read_inputs(experiment, console)
        ready = prepare(run, experiment, rows, inputs, executor=executor)
        try:
            failed = _fit_rows(ready, console, fresh)
        finally:  # also after Ctrl-C: figures and inputs in a run folder belong together
            run.write_evaluation(evaluate(run, experiment))
    return Outcome(run, failed)


def prepare(
    run: RunFolder,
    experiment: Experiment,
    rows: list[Row],
    inputs: Inputs,
    *,
    cell: str = "",
    executor: Executor = LOCAL,
) -> Prepared:
    """Write a run's inputs into its folder, whose rows of other inputs go on the shelf."""
    prints = fingerprints(rows, inputs, experiment.training.seed)
    for row in rows:  # what was fitted on other inputs leaves before these are written
        run.open_row(row.name, prints[row.name])
    _write_inputs(run, experiment, inputs, executor)
    return Prepared(run, experiment, rows, inputs, prints, cell, executor)


def alone_in(folder: Path) -> AbstractContextManager:
    """Lock the run folder, so that two runs cannot write the same row."""
    try:
        return FileLock(folder / ".lock").acquire(timeout=0)
    except Timeout:
        raise WorkError(f"another run is at work in {folder}; wait for it or use --out") from None


def _write_inputs(
    run: RunFolder, experiment: Experiment, inputs: Inputs, executor: Executor
) -> None:
    run.write_experiment(experiment)
    run.drop(*GRID_TABLES)
    run.write_split(inputs.radiographs, inputs.split)
    run.write_truth(inputs.radiographs)
    run.write_second_labels(inputs.second)
    run.write_duplicates(inputs.duplicates)
    run.write_contact_sheet(_contact_sheet(experiment, inputs))
    made = inputs.split
    split = {"kind": made.kind, "fingerprint": made.fingerprint, "description": made.description}
    said = {"executor": str(executor), "data": inputs.reading, "split": split}
    run.write_provenance(describe() | said)


def _contact_sheet(experiment: Experiment, inputs: Inputs) -> list[dict[str, str]]:
    data = experiment.data
    return contact_sheet(inputs.part("train"), data.size) if data.contact_sheet else []


def _fit_rows(ready: Prepared, console: Console, fresh: bool) -> dict[str, str]:
    failed = {}
    for place, row in enumerate(ready.rows):
        console.progress("rows", place, len(ready.rows))
        try:
            if fresh or not ready.is_finished(row):
                fit_row(ready, row, console, fresh=fresh)
            else:
                console.kept(row.name)
        except Failure as failure:
            failed[row.name] = failure.reason
            console.failed(row.name, failure.reason)
    console.progress("rows", len(ready.rows), len(ready.rows))
    return failed


def fit_row(ready: Prepared, row: Row, console: Console, *, fresh: bool = False) -> None:
    """Fit one row of a run in a process of its own, and record how it ended, whatever happens.

    Raises
    ------
    Failure
        If it fails, or what it builds on is not finished.
    """
    task = begin(ready, row, fresh=fresh)
    failure = None
    with console.row(ready.called(row)) as progress:
        try:
            run_row(task, ready.run.row(row.name).log, progress)
        except Failure as reason:
            failure = reason
        except KeyboardInterrupt:
            interrupt(ready, row)
            raise
        conclude(ready, row, failure)


def begin(ready: Prepared, row: Row, *, fresh: bool = False) -> RowTask:
    """Make room for a row that is to be fitted; return its task.

    Raises
    ------
    Failure
        If what it builds on is not finished.
    """
    fingerprint, inputs = ready.prints[row.name], ready.inputs
    done = ready.run.row(row.name).is_done(fingerprint)
    folder = ready.run.open_row(row.name, fingerprint, fresh=fresh or done)
    try:
        below = finished_rows(ready.run, row, ready.rows)
    except Failure as failure:
        _record(ready, row, state="failed", reason=failure.reason)
        raise
    _record(ready, row, state="running")
    return RowTask(
        folder=folder.path,
        fingerprint=fingerprint,
        source=row.source,
        options=row.model.settled,
        seed=ready.experiment.training.seed,
        train=inputs.part("train"),
        valid=inputs.part("valid"),
        everything=inputs.radiographs.without_truth(),
        below=below,
        executor=ready.executor,
    )


def conclude(ready: Prepared, row: Row, failure: Failure | None) -> None:
    """Record how a row's process has ended.

    Raises
    ------
    Failure
        The one given, or one of its own if the row is not done.
    """
    if failure is None and not ready.run.row(row.name).is_done(ready.prints[row.name]):
        failure = Failure("its process ended before it was done; see log.txt")
    if failure is not None:
        _record(ready, row, state="failed", reason=failure.reason)
        raise failure


def interrupt(ready: Prepared, row: Row) -> None:
    """Record that a row was interrupted, unless it was done while its process was ending."""
    if not ready.run.row(row.name).is_done(ready.prints[row.name]):
        _record(ready, row, state="interrupted")


def _record(ready: Prepared, row: Row, **status: Any) -> None:
    said = {"fingerprint": ready.prints[row.name], "card": row.model.card}
    ready.run.row(row.name).set_status(**status, **said)


def is_current(run: RunFolder, row: Row) -> bool:
    """Whether what a finished row was fitted on is still what it was."""
    built_on = run.row(row.name).status.get("built_on", {})
    return built_on == {name: run.row(name).content for name in row.model.builds_on}


def finished_rows(run: RunFolder, row: Row, rows: Iterable[Row]) -> dict[str, Finished]:
    """Return the rows that a row builds on.

    Raises
    ------
    Failure
        If one of them is not finished.
    """
    known = {other.name: other for other in rows}
    below = {}
    for name in row.model.builds_on:
        folder = run.row(name)
        if folder.status.get("state") != "done":
            raise Failure(f"it builds on {name}, which is not finished")
        deeper = finished_rows(run, known[name], known.values())
        below[name] = Finished(folder, known[name].source, deeper)
    return below


def evaluate(run: RunFolder, experiment: Experiment) -> dict[str, pd.DataFrame]:
    """Evaluate every finished row of the experiment from the run folder's files alone.

    Returns
    -------
    dict of str to pandas.DataFrame
        See `benchmark.evaluation.tables`.

    Raises
    ------
    InputError
        If the scores of a finished row are damaged.
    """
    return evaluate_tables(evidence_of(run, experiment))


def evidence_of(run: RunFolder, experiment: Experiment) -> Evidence:
    """Gather what an evaluation of a run may read: its labels, parts and finished rows.

    Raises
    ------
    InputError
        If the scores of a finished row are damaged.
    """
    truth = run.truth()
    rows = [run.row(name) for name in experiment.rows]
    done = [row for row in rows if row.status.get("state") == "done"]
    if damaged := [row.name for row in done if not row.scores_cover(truth)]:
        raise InputError(
            f"scores.csv of {', '.join(damaged)} in {run.path} lacks scores; run the experiment "
            "again to fit what is damaged"
        )
    return Evidence(
        truth=truth,
        split=run.split(),
        scores={row.name: row.scores() for row in done},
        settings=experiment.evaluation,
        seed=experiment.split.seed,
        about={row.name: _about(row) for row in done},
        unfinished={row.name: _unfinished(row) for row in rows if row not in done},
        duplicates=run.duplicates(),
        source=experiment.data.source,
        kind=run.provenance.get("split", {}).get("kind", experiment.split.kind),
        second=run.second_labels(),
    )


def _about(row: RowFolder) -> dict[str, Any]:
    """Return what is known of a finished row beside its scores."""
    status = row.status
    return status.get("card", {}) | row.facts | {"versions": status.get("versions", {})}


def _unfinished(row: RowFolder) -> str:
    """Say in a few words why a row is not finished."""
    status = row.status
    return ": ".join(filter(None, [status.get("state", "not begun"), status.get("reason")]))
