"""run(experiment) → run folder: the harness's main road."""

import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from filelock import FileLock, Timeout
from joblib import parallel_config

from benchmark.console import Console
from benchmark.evaluation import COLUMNS, evaluate_row
from benchmark.experiment import Experiment
from benchmark.inputs import Inputs, read_inputs
from benchmark.process import Failure, run_row
from benchmark.provenance import describe
from benchmark.row import Finished, RowTask
from benchmark.run_folder import GRID_TABLES, RowFolder, RunFolder
from features.errors import InputError, WorkError, unknown
from features.fingerprint import code_digest, digest
from models import registry
from models.base import Model

#: What only looks at finished rows. A model's file names it, but neither a fit nor its scores run
#: it (a test holds them to that), so no row is fitted again when it changes.
ONLOOKERS = ("models.gradcam",)


@dataclass(frozen=True)
class Row:
    """A row of an experiment, its model chosen and its options filled in."""

    name: str
    source: str
    model: Model


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
    """

    run: RunFolder
    experiment: Experiment
    rows: list[Row]
    inputs: Inputs
    prints: dict[str, str]
    cell: str = ""

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
        return done and folder.scores_cover(self.truth) and self._stands(row)

    def _stands(self, row: Row) -> bool:
        built_on = self.run.row(row.name).status.get("built_on", {})
        return built_on == {name: self.run.row(name).content for name in row.model.builds_on}


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    folder: RunFolder
    failed: dict[str, str]


def rows_of(experiment: Experiment) -> list[Row]:
    """Choose the model of each row and fill in its options.

    A row's options are its own table's, then those of ``[training]`` and ``[data]`` that its
    model knows, then the model's defaults.

    Returns
    -------
    list of Row
        In the order in which they are fitted: the experiment's, but for rows that build on later
        ones.

    Raises
    ------
    InputError
        If a row's model or an option is unknown, ``[training]`` holds a key no model knows, or a
        row builds on one that is not there, or on itself.
    """
    shared = {"size": experiment.data.size} | experiment.training.options
    rows = [_row(name, experiment.models.get(name, {}), shared) for name in experiment.rows]
    _check_names(experiment, rows)
    return _in_order({row.name: row for row in rows})


def _in_order(rows: dict[str, Row]) -> list[Row]:
    """Put what a row builds on before it."""
    ordered: dict[str, Row] = {}

    def put(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise InputError(f"rows build on each other: {' on '.join([*above, name])}")
        for below in rows[name].model.builds_on:
            if below not in rows:
                raise unknown("row", below, rows, where=f"what {name} builds on")
            put(below, (*above, name))
        ordered[name] = rows[name]

    for name in rows:
        put(name, ())
    return list(ordered.values())


def _row(name: str, own: dict[str, Any], shared: dict[str, Any]) -> Row:
    own = dict(own)
    source = str(own.pop("model", name))
    model = registry.find(source)
    known = {key: value for key, value in shared.items() if key in model.option_types()}
    try:
        return Row(name, source, model(**known | own))
    except TypeError as error:  # an __init__ of its own, which takes no options
        raise InputError(f"{source} cannot be made with options: {error}") from error


def _check_names(experiment: Experiment, rows: list[Row]) -> None:
    """Refuse what would silently do nothing: a table or an option that no model reads."""
    for name, own in experiment.models.items():
        if name not in {*experiment.rows, *registry.available()} and "model" not in own:
            raise unknown("row", name, experiment.rows, where="[models]")
    options = {key for row in rows for key in row.model.option_types()}
    everywhere = {key for model in registry.available().values() for key in model.option_types()}
    for key in experiment.training.options:
        if key not in options | everywhere:
            raise unknown("option", key, options | {"seed"}, where="[training]")


def fingerprints(rows: Iterable[Row], inputs: Inputs, seed: int) -> dict[str, str]:
    """Digest, for each row, exactly what it depends on: inputs, options, seed, code, other rows.

    Parameters
    ----------
    rows : iterable of Row
        In the order of `rows_of`: what a row builds on stands before it.
    inputs : Inputs
        What they share.
    seed : int
        The training seed.
    """
    shared = inputs.digest()
    prints: dict[str, str] = {}
    for row in rows:
        below = [prints[name] for name in row.model.builds_on]
        prints[row.name] = _fingerprint(row, shared, seed, below)
    return prints


def _fingerprint(row: Row, shared: str, seed: int, below: list[str]) -> str:
    kind = type(row.model)
    # By its file: what another package announces is not found by its module's name.
    file = Path(row.source if row.source.endswith(".py") else inspect.getfile(kind))
    return digest(
        shared,
        row.model.depends_on(),
        seed if kind.seeded else None,
        code_digest(kind.__module__, file, apart=ONLOOKERS),
        below,
    )


def run_experiment(
    experiment: Experiment, folder: Path, *, console: Console, fresh: bool = False
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

    Raises
    ------
    InputError
        If data, split or options cannot be used. Nothing has been fitted then.
    WorkError
        If another run is at work in the folder.
    """
    run = RunFolder(folder)
    rows = rows_of(experiment)
    run.claim()
    with alone_in(folder), parallel_config(backend="loky", n_jobs=-1):
        ready = prepare(run, experiment, rows, read_inputs(experiment, console))
        try:
            failed = _fit_rows(ready, console, fresh)
        finally:  # also after Ctrl-C: figures and inputs in a run folder belong together
            run.write_metrics(evaluate(run, experiment))
    return Outcome(run, failed)


def prepare(
    run: RunFolder, experiment: Experiment, rows: list[Row], inputs: Inputs, cell: str = ""
) -> Prepared:
    """Write a run's inputs into its folder, whose rows of other inputs go on the shelf."""
    prints = fingerprints(rows, inputs, experiment.training.seed)
    for row in rows:  # what was fitted on other inputs leaves before these are written
        run.open_row(row.name, prints[row.name])
    _write_inputs(run, experiment, inputs)
    return Prepared(run, experiment, rows, inputs, prints, cell)


def alone_in(folder: Path) -> AbstractContextManager:
    """Lock the run folder, so that two runs cannot write the same row."""
    try:
        return FileLock(folder / ".lock").acquire(timeout=0)
    except Timeout:
        raise WorkError(f"another run is at work in {folder}; wait for it or use --out") from None


def _write_inputs(run: RunFolder, experiment: Experiment, inputs: Inputs) -> None:
    run.write_experiment(experiment)
    run.drop(*GRID_TABLES)
    run.write_split(inputs.radiographs, inputs.split)
    run.write_truth(inputs.radiographs)
    split = {"fingerprint": inputs.split.fingerprint, "description": inputs.split.description}
    run.write_provenance(describe() | {"data": inputs.reading, "split": split})


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
    """Fit one row of a run, whatever is there; what it builds on must be finished.

    Raises
    ------
    Failure
        If it fails; the reason is recorded.
    """
    done = ready.run.row(row.name).is_done(ready.prints[row.name])
    folder = ready.run.open_row(row.name, ready.prints[row.name], fresh=fresh or done)
    below = finished_rows(ready.run, row, ready.rows)
    _fit_row(folder, row, ready, below, console)


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


def _fit_row(
    folder: RowFolder,
    row: Row,
    ready: Prepared,
    below: dict[str, Finished],
    console: Console,
) -> None:
    """Fit one row in its own process, and record how it ended, whatever happens."""
    fingerprint, inputs = ready.prints[row.name], ready.inputs
    task = RowTask(
        folder=folder.path,
        fingerprint=fingerprint,
        source=row.source,
        options=row.model.options,
        seed=ready.experiment.training.seed,
        train=inputs.part("train"),
        valid=inputs.part("valid"),
        everything=inputs.radiographs.without_truth(),
        below=below,
    )
    said: dict[str, Any] = {"fingerprint": fingerprint, "card": row.model.card}
    folder.set_status(state="running", **said)
    with console.row(ready.called(row)) as progress:
        try:
            run_row(task, folder.log, progress)
            if not folder.is_done(fingerprint):
                raise Failure("its process ended before it was done; see log.txt")
        except Failure as failure:
            folder.set_status(state="failed", reason=failure.reason, **said)
            raise
        except KeyboardInterrupt:
            if not folder.is_done(fingerprint):  # it may have been while its process was ending
                folder.set_status(state="interrupted", **said)
            raise


def evaluate(run: RunFolder, experiment: Experiment) -> pd.DataFrame:
    """Evaluate every finished row of the experiment from the run folder's files alone.

    Raises
    ------
    InputError
        If the scores of a finished row are damaged.
    """
    truth, part = run.truth(), run.split()["part"]
    guard = experiment.evaluation.min_positives
    rows = [run.row(name) for name in experiment.rows]
    done = [row for row in rows if row.status.get("state") == "done"]
    if damaged := [row.name for row in done if not row.scores_cover(truth)]:
        raise InputError(
            f"scores.csv of {', '.join(damaged)} in {run.path} lacks scores; run the experiment "
            "again to fit what is damaged"
        )
    tables = [
        evaluate_row(row.name, truth, row.scores(), part, min_positives=guard) for row in done
    ]
    return pd.concat(tables) if tables else pd.DataFrame(columns=list(COLUMNS))
