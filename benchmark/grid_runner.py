"""run_grid(experiment) → the folder of a grid: all cells prepared, then fitted row by row."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmark.console import Console
from benchmark.executor import LOCAL, Executor
from benchmark.experiment import Data, Experiment
from benchmark.grid import Cell, cells_of
from benchmark.grid_folder import GridFolder
from benchmark.grid_tables import aggregate, gather
from benchmark.inputs import Inputs, decoded, parted, read_data, tell
from benchmark.process import Failure
from benchmark.provenance import describe
from benchmark.row import RowTask
from benchmark.rows import Row, rows_of
from benchmark.run_folder import RUN_TABLES, RowFolder
from benchmark.runner import (
    Outcome,
    Prepared,
    alone_in,
    begin,
    end,
    evaluate,
    fit_row,
    prepare,
)
from benchmark.spread import spread


def run_grid(
    experiment: Experiment,
    folder: Path,
    *,
    console: Console,
    fresh: bool = False,
    executor: Executor = LOCAL,
) -> Outcome:
    """Run every cell of an experiment's ``[grid]``, or what is left of them.

    Each cell is a complete run of its own in ``cells/<cell>``. A row whose fingerprint two cells
    share is fitted once and copied, also from a run without a grid in the same folder. A row that
    fails in one cell is recorded there, and the others go on.

    Parameters
    ----------
    experiment : Experiment
        With a grid.
    folder : Path
        The grid's folder; made where it is missing, resumed where it is not.
    console : Console
        Where progress goes.
    fresh : bool, optional
        Fit every row again; still none twice.
    executor : Executor, optional
        Who does what can be done in parallel: on a cluster, whole rows.

    Returns
    -------
    Outcome
        Failed rows are named with their cells.

    Raises
    ------
    InputError
        If grid, data, a split or options cannot be used. Nothing has been fitted then.
    WorkError
        If another run is at work in the folder, or the executor's cluster cannot be used.
    """
    cells = cells_of(experiment)
    rows = [rows_of(cell.experiment) for cell in cells]
    run = GridFolder(folder)
    run.claim()
    with ExitStack() as held:
        held.enter_context(alone_in(folder))
        held.enter_context(executor.ambient(folder))
        inputs = _read(cells, console)
        ready = [
            _prepare(run, held, executor, *of_cell)
            for of_cell in zip(cells, rows, inputs, strict=True)
        ]
        _write_inputs(run, experiment, inputs)
        try:
            failed = _fit(run, ready, console, fresh)
        finally:  # also after Ctrl-C
            evaluate_grid(run)
    return Outcome(run, failed)


def _read(cells: list[Cell], console: Console) -> list[Inputs]:
    """Read each data set once and part all patients, then decode: what is wrong is known early."""
    read: dict[Data, Any] = {}
    made = []
    for cell in cells:
        data = cell.experiment.data.model_copy(update={"size": 0})  # which no table depends on
        if data not in read:
            read[data] = read_data(cell.experiment, console)
        made.append(parted(cell.experiment, *read[data]))
    inputs = [decoded(it, cell.experiment, console) for it, cell in zip(made, cells, strict=True)]
    tell(console, *inputs)
    return inputs


def _write_inputs(run: GridFolder, experiment: Experiment, inputs: list[Inputs]) -> None:
    run.write_experiment(experiment)
    run.drop(*RUN_TABLES)
    run.write_provenance(describe() | {"data": inputs[0].reading})


def _prepare(
    run: GridFolder,
    held: ExitStack,
    executor: Executor,
    cell: Cell,
    rows: list[Row],
    inputs: Inputs,
) -> Prepared:
    folder = run.cell(cell.name)
    folder.claim()
    held.enter_context(alone_in(folder.path))
    return prepare(folder, cell.experiment, rows, inputs, cell=cell.name, executor=executor)


def _fit(run: GridFolder, cells: list[Prepared], console: Console, fresh: bool) -> dict[str, str]:
    """Fit what is not finished in any cell, what others build on first; return what failed."""
    finished = {} if fresh else run.finished_rows()
    failed: dict[str, str] = {}
    total, place = sum(len(cell.rows) for cell in cells), 0
    for level in _levels(cells):
        done = _fit_at_once(level, finished, console, fresh, failed)
        for cell, row in level:
            console.progress("rows of all cells", place, total)
            place += 1
            if cell.called(row) not in done:
                with _noted(cell, row, console, failed):
                    _fit_row(cell, row, finished, console, fresh)
    console.progress("rows of all cells", total, total)
    return failed


@contextmanager
def _noted(cell: Prepared, row: Row, console: Console, failed: dict[str, str]) -> Iterator[None]:
    """Note the failure of a row, and go on."""
    try:
        yield
    except Failure as failure:
        failed[cell.called(row)] = failure.reason
        console.failed(cell.called(row), failure.reason)


def _levels(cells: list[Prepared]) -> Iterator[list[tuple[Prepared, Row]]]:
    """Yield the rows of all cells by how much stands below them: those of a level do not meet."""
    depths = [_depths(cell.rows) for cell in cells]
    names = dict.fromkeys(row.name for cell in cells for row in cell.rows)
    for depth in range(1 + max(max(of_cell.values()) for of_cell in depths)):
        yield [
            (cell, next(row for row in cell.rows if row.name == name))
            for name in names
            for cell, of_cell in zip(cells, depths, strict=True)
            if of_cell[name] == depth
        ]


def _fit_at_once(
    level: list[tuple[Prepared, Row]],
    finished: dict[str, RowFolder],
    console: Console,
    fresh: bool,
    failed: dict[str, str],
) -> set[str]:
    """Fit on a cluster what is not finished anywhere; return what has been dealt with."""
    executor = level[0][0].executor
    if not executor.address:
        return set()
    wanted = {cell.prints[row.name]: (cell, row) for cell, row in reversed(level)}
    missing = {key: it for key, it in wanted.items() if key not in finished}
    tasks: dict[Path, tuple[Prepared, Row]] = {}

    def begun() -> Iterator[RowTask]:
        for cell, row in reversed(missing.values()):
            with _noted(cell, row, console, failed):
                task = begin(cell, row, fresh=fresh)
                tasks[task.folder] = cell, row
                yield task

    for task, failure in spread(begun(), executor):
        cell, row = tasks[task.folder]
        with _noted(cell, row, console, failed):
            end(cell, row, failure)
            console.say(f"{cell.called(row)}: finished on the cluster")
            finished[cell.prints[row.name]] = cell.run.row(row.name)
    return {cell.called(row) for cell, row in missing.values()}


def _depths(rows: list[Row]) -> dict[str, int]:
    """Count how many rows stand below each, one on the other."""
    depths: dict[str, int] = {}
    for row in rows:  # what a row builds on stands before it
        depths[row.name] = 1 + max((depths[name] for name in row.model.builds_on), default=-1)
    return depths


def _fit_row(
    cell: Prepared, row: Row, finished: dict[str, RowFolder], console: Console, fresh: bool
) -> None:
    """Keep a row that is finished, copy one that is finished elsewhere, or else fit it."""
    fingerprint, here = cell.prints[row.name], cell.run.row(row.name)
    source = finished.get(fingerprint)
    if source and cell.is_finished(row) and (not fresh or source.path == here.path):
        console.kept(cell.called(row))
    elif source and source.path != here.path and _is_copied(cell, row, source):
        console.say(f"{cell.called(row)}: the same as in {source.path.parents[1].name}, copied")
    else:
        fit_row(cell, row, console, fresh=fresh)
    finished[fingerprint] = here


def _is_copied(cell: Prepared, row: Row, source: RowFolder) -> bool:
    """Copy a finished row; say whether it fits in with what it builds on here."""
    cell.run.adopt(row.name, source)
    return cell.is_finished(row)


def evaluate_grid(run: GridFolder) -> None:
    """Evaluate every finished row of every cell, and write the tables over them."""
    cells, axes = run.cells(), run.axes
    for cell, folder in cells:
        folder.write_metrics(evaluate(folder, cell.experiment))
    table = gather(cells, axes)
    run.write_tables(table, aggregate(table, axes))
