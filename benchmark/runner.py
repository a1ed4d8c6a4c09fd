"""run(experiment) → run folder: the harness's main road."""

import inspect
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from filelock import FileLock, Timeout

from benchmark.console import Console
from benchmark.datasets.loading import load_radiographs
from benchmark.evaluation import COLUMNS, evaluate_row
from benchmark.executor import LOCAL, Executor
from benchmark.experiment import Experiment
from benchmark.process import Failure, run_row
from benchmark.provenance import describe
from benchmark.row import Finished, RowTask
from benchmark.run_folder import RowFolder, RunFolder, split_table, write_csv
from benchmark.split_file import PARTS
from benchmark.splits import Split, make_split
from features.errors import InputError, WorkError, unknown
from features.fingerprint import code_digest, digest
from features.radiographs import Radiographs
from models import registry
from models.base import Model

#: What only looks at finished rows. A model's file names it, but neither a fit nor its scores run
#: it (a test holds them to that), so no row is fitted again when it changes.
ONLOOKERS = ("models.gradcam", "models.tree_maps")


@dataclass(frozen=True)
class Row:
    """A row of an experiment, its model chosen and its options filled in."""

    name: str
    source: str
    model: Model


@dataclass(frozen=True)
class Inputs:
    """What all rows of a run share: the radiographs that can be read, and their split."""

    radiographs: Radiographs
    split: Split
    reading: dict[str, Any]

    def part(self, name: str) -> Radiographs:
        """Return the radiographs of one part."""
        return self.radiographs.take(self.split.part == name)

    def without_damaged(self) -> Self:
        """Leave out the images that cannot be read, for all models alike; name them with reasons.

        Only once the patients are parted: the split follows from the tables alone.
        """
        radiographs = self.radiographs
        assert radiographs.archive is not None and radiographs.rows is not None
        reasons, files = radiographs.archive.damaged, radiographs.archive.files
        kept = ~np.isin(radiographs.rows, list(reasons))
        names = [f"{files[row].name} ({why})" for row, why in reasons.items()]
        return type(self)(
            radiographs.take(kept), self.split.take(kept), self.reading | {"damaged": names}
        )

    def shares(self) -> str:
        """Say how many images and patients each part has."""
        table = pd.DataFrame({"part": self.split.part, "patient": self.radiographs.patients})
        counts = table.groupby("part", sort=False)["patient"].agg(["size", "nunique"])
        return ", ".join(
            f"{part} {images} images of {patients} patients"
            for part, images, patients in counts.loc[list(PARTS)].itertuples()
        )

    def digest(self) -> str:
        """Digest all that a fit or a prediction may read, and who is in which part."""
        radiographs = self.radiographs
        assert radiographs.archive is not None and radiographs.labels is not None
        return digest(
            radiographs.archive.fingerprint,
            radiographs.table.to_csv().encode(),
            radiographs.labels,
            list(radiographs.findings),
            list(self.split.part),
        )


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
    if source.endswith(".py"):  # absolute, for the process that fits the row may stand elsewhere
        source = str(Path(source).expanduser().absolute())
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


def read_inputs(experiment: Experiment, console: Console) -> Inputs:
    """Read the data set, decode its pixels, leave damaged images out, part the patients."""
    radiographs, reading = load_radiographs(experiment.data, progress=console.progress)
    console.say(reading["summary"])
    console.warn(*reading["warnings"])
    split = split_of(experiment, radiographs, reading["folder"])
    radiographs.pixels(experiment.data.size, console.progress)
    inputs = Inputs(radiographs, split, reading).without_damaged()
    if damaged := inputs.reading["damaged"]:
        console.warn(f"{len(damaged)} damaged images are left out: {'; '.join(damaged)}")
    console.say(f"split {inputs.split.fingerprint}: {inputs.shares()}")
    return inputs


def split_of(experiment: Experiment, radiographs: Radiographs, folder: str) -> Split:
    """Part the patients as ``[split]`` says; official lists lie in the data's folder."""
    return make_split(radiographs, **experiment.split.model_dump(), folder=folder)


def split_from_tables(experiment: Experiment, out: Path) -> Split:
    """Write the split of everything the tables name, without an image; return it."""
    radiographs, reading = load_radiographs(experiment.data, need_images=False)
    split = split_of(experiment, radiographs, reading["folder"])
    write_csv(out, split_table(radiographs, split))
    return split


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
        prints[row.name] = fingerprint_of(row, shared, seed, below)
    return prints


def fingerprint_of(row: Row, shared: str, seed: int, below: list[str]) -> str:
    """Digest what one row depends on: the digests of inputs and of rows below, and its own."""
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
    rows = rows_of(experiment)
    run.claim()
    with _alone_in(folder), executor.ambient(folder):
        inputs = read_inputs(experiment, console)
        prints = fingerprints(rows, inputs, experiment.training.seed)
        for row in rows:  # what was fitted on other inputs leaves before these are written
            run.open_row(row.name, prints[row.name])
        _write_inputs(run, experiment, inputs, executor)
        try:
            seed = experiment.training.seed
            failed = _fit_rows(run, rows, prints, inputs, seed, console, fresh, executor)
        finally:  # also after Ctrl-C: figures and inputs in a run folder belong together
            run.write_metrics(evaluate(run, experiment))
    return Outcome(run, failed)


def _alone_in(folder: Path) -> AbstractContextManager:
    """Lock the run folder, so that two runs cannot write the same row."""
    try:
        return FileLock(folder / ".lock").acquire(timeout=0)
    except Timeout:
        raise WorkError(f"another run is at work in {folder}; wait for it or use --out") from None


def _write_inputs(
    run: RunFolder, experiment: Experiment, inputs: Inputs, executor: Executor
) -> None:
    run.write_experiment(experiment)
    run.write_split(inputs.radiographs, inputs.split)
    run.write_truth(inputs.radiographs)
    split = {"fingerprint": inputs.split.fingerprint, "description": inputs.split.description}
    said = {"executor": str(executor), "data": inputs.reading, "split": split}
    run.write_provenance(describe() | said)


def _fit_rows(
    run: RunFolder,
    rows: list[Row],
    prints: dict[str, str],
    inputs: Inputs,
    seed: int,
    console: Console,
    fresh: bool,
    executor: Executor,
) -> dict[str, str]:
    failed, truth = {}, run.truth()
    for place, row in enumerate(rows):
        console.progress("rows", place, len(rows))
        folder = run.row(row.name)
        done = folder.is_done(prints[row.name])
        if done and not fresh and folder.scores_cover(truth) and _stands(run, row):
            console.kept(row.name)
            continue
        try:
            folder = run.open_row(row.name, prints[row.name], fresh=fresh or done)
            below = finished_rows(run, row, rows)
            _fit_row(folder, row, prints[row.name], below, inputs, seed, console, executor)
        except Failure as failure:
            failed[row.name] = failure.reason
            console.failed(row.name, failure.reason)
    console.progress("rows", len(rows), len(rows))
    return failed


def _stands(run: RunFolder, row: Row) -> bool:
    """Whether what a finished row builds on is still what it was built on."""
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


def _fit_row(
    folder: RowFolder,
    row: Row,
    fingerprint: str,
    below: dict[str, Finished],
    inputs: Inputs,
    seed: int,
    console: Console,
    executor: Executor,
) -> None:
    """Fit one row in its own process, and record how it ended, whatever happens."""
    task = RowTask(
        folder=folder.path,
        fingerprint=fingerprint,
        source=row.source,
        options=row.model.options,
        seed=seed,
        train=inputs.part("train"),
        valid=inputs.part("valid"),
        everything=inputs.radiographs.without_truth(),
        below=below,
        executor=executor,
    )
    said: dict[str, Any] = {"fingerprint": fingerprint, "card": row.model.card}
    folder.set_status(state="running", **said)
    with console.row(row.name) as progress:
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
