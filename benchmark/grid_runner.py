"""run_grid(experiment) → the folder of a grid: all cells prepared, then fitted row by row."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from joblib import parallel_config

from benchmark.console import Console
from benchmark.experiment import Data, Experiment
from benchmark.grid import Cell, cells_of
from benchmark.grid_folder import GridFolder
from benchmark.grid_tables import aggregate, gather
from benchmark.inputs import Inputs, decoded, parted, read_data, tell
from benchmark.process import Failure
from benchmark.provenance import describe
from benchmark.run_folder import RUN_TABLES, RowFolder
from benchmark.runner import Outcome, Prepared, Row, alone_in, evaluate, fit_row, prepare, rows_of


def run_grid(
    experiment: Experiment, folder: Path, *, console: Console, fresh: bool = False
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

    Returns
    -------
    Outcome
        Failed rows are named with their cells.

    Raises
    ------
    InputError
        If grid, data, a split or options cannot be used. Nothing has been fitted then.
    WorkError
        If another run is at work in the folder.
    """
    cells = cells_of(experiment)
    rows = [rows_of(cell.experiment) for cell in cells]
    run = GridFolder(folder)
    run.claim()
    with ExitStack() as held:
        held.enter_context(alone_in(folder))
        held.enter_context(parallel_config(backend="loky", n_jobs=-1))
        inputs = _read(cells, console)
        ready = [_prepare(run, held, *of_cell) for of_cell in zip(cells, rows, inputs, strict=True)]
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
    run: GridFolder, held: ExitStack, cell: Cell, rows: list[Row], inputs: Inputs
) -> Prepared:
    folder = run.cell(cell.name)
    folder.claim()
    held.enter_context(alone_in(folder.path))
    return prepare(folder, cell.experiment, rows, inputs, cell.name)


def _fit(run: GridFolder, cells: list[Prepared], console: Console, fresh: bool) -> dict[str, str]:
    """Fit what is not finished in any cell, what others build on first; return what failed."""
    finished = {} if fresh else run.finished_rows()
    failed = {}
    total = sum(len(cell.rows) for cell in cells)
    for place, (cell, row) in enumerate(_in_order(cells)):
        console.progress("rows of all cells", place, total)
        try:
            _fit_row(cell, row, finished, console, fresh)
        except Failure as failure:
            failed[cell.called(row)] = failure.reason
            console.failed(cell.called(row), failure.reason)
    console.progress("rows of all cells", total, total)
    return failed


def _in_order(cells: list[Prepared]) -> Iterator[tuple[Prepared, Row]]:
    """Yield the rows of all cells, one after the other, what others build on first.

    Rows of the same depth depend on none of each other: those may be fitted at the same time.
    """
    depths = [_depths(cell.rows) for cell in cells]
    for depth in range(1 + max(max(of_cell.values()) for of_cell in depths)):
        names = dict.fromkeys(row.name for cell in cells for row in cell.rows)
        for name in names:
            for cell, of_cell in zip(cells, depths, strict=True):
                if of_cell[name] == depth:
                    yield cell, next(row for row in cell.rows if row.name == name)


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
