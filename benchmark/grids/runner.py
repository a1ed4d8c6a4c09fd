"""run_grid(experiment) → the folder of a grid: all cells prepared, then fitted row by row."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmark.console import Console
from benchmark.executors.executor import LOCAL, Executor
from benchmark.executors.spread import spread
from benchmark.experiment import Experiment
from benchmark.grids.cells import Cell, cells_of
from benchmark.grids.folder import GridFolder
from benchmark.grids.tables import aggregate, gather
from benchmark.inputs import Inputs, decoded, parted, read_data, tell
from benchmark.process import Failure
from benchmark.provenance import describe
from benchmark.row import RowTask
from benchmark.row_folder import RowFolder
from benchmark.rows import Row, usable_rows
from benchmark.run_folder import RUN_TABLES, RunFolder
from benchmark.runner import (
    Outcome,
    Prepared,
    alone_in,
    begin,
    conclude,
    evaluate,
    fit_row,
    interrupt,
    prepare,
)
from benchmark.settings import Data
from features.errors import InputError


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
        Who does what can be done in parallel.

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
    rows = [usable_rows(cell.experiment) for cell in cells]
    run = GridFolder(folder)
    run.claim()
    with ExitStack() as held:
        held.enter_context(alone_in(folder))
        held.enter_context(executor.ambient(folder))
        inputs = _read(cells, console)
        ready = [
            prepare(
                _claimed(run, cell, held),
                cell.experiment,
                of_cell,
                its,
                cell=cell.name,
                executor=executor,
            )
            for cell, of_cell, its in zip(cells, rows, inputs, strict=True)
        ]
        _write_inputs(run, experiment, inputs, executor)
        try:
            failed = Fitting(run.finished_rows(), console, fresh, executor).fit(ready)
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
    _refuse_idle_seed(cells, made)
    inputs = [decoded(it, cell.experiment, console) for it, cell in zip(made, cells, strict=True)]
    tell(console, *inputs)
    return inputs


def _refuse_idle_seed(cells: list[Cell], made: list[Inputs]) -> None:
    """Refuse seeds that draw nothing: an SD over them would be 0, and say so of the data."""
    seeds = {cell.experiment.split.seed for cell in cells}
    if len(seeds) > 1 and len({it.split.fingerprint for it in made}) == 1:
        raise InputError(
            f"[grid] split.seed changes nothing: {made[0].split.description} leaves nothing to draw"
        )


def _write_inputs(
    run: GridFolder, experiment: Experiment, inputs: list[Inputs], executor: Executor
) -> None:
    run.write_experiment(experiment)
    run.drop(*RUN_TABLES)
    run.write_provenance(describe() | {"executor": str(executor), "data": inputs[0].reading})


def _claimed(run: GridFolder, cell: Cell, held: ExitStack) -> RunFolder:
    folder = run.cell(cell.name)
    folder.claim()
    held.enter_context(alone_in(folder.path))
    return folder


class Fitting:
    """Fits the rows of all cells: each once, and what others build on first.

    Parameters
    ----------
    finished : dict of str to RowFolder
        Rows that were finished before, by their fingerprints: copied instead of fitted.
    console : Console
        Where progress goes.
    fresh : bool
        Fit them again all the same.
    executor : Executor
        Who does what can be done in parallel.
    """

    def __init__(
        self, finished: dict[str, RowFolder], console: Console, fresh: bool, executor: Executor
    ) -> None:
        self.failed: dict[str, str] = {}
        self._reasons: dict[str, Failure] = {}  # by fingerprint: none is tried twice
        self._finished = {} if fresh else dict(finished)
        self._fitted: set[Path] = set()  # on a cluster, by this run
        self._console, self._fresh, self._executor = console, fresh, executor

    def fit(self, cells: list[Prepared]) -> dict[str, str]:
        """Fit what is not finished in any cell; return what failed, and why."""
        waves = _waves(cells)
        for place, wave in enumerate(waves):
            self._console.progress("rows of all cells", place, len(waves))
            if self._executor.address:
                self._spread(wave)
            for cell, row in wave:
                if cell.called(row) not in self.failed:
                    self._fit(cell, row)
        self._console.progress("rows of all cells", len(waves), len(waves))
        return self.failed

    def _fit(self, cell: Prepared, row: Row) -> None:
        try:
            if cell.prints[row.name] in self._reasons:
                conclude(cell, row, self._reasons[cell.prints[row.name]])
            elif not self._is_settled(cell, row):
                fit_row(cell, row, self._console, fresh=self._fresh)
            self._finished[cell.prints[row.name]] = cell.run.row(row.name)
        except Failure as failure:
            self._fail(cell, row, failure)

    def _fail(self, cell: Prepared, row: Row, failure: Failure) -> None:
        self.failed[cell.called(row)] = failure.reason
        self._reasons[cell.prints[row.name]] = failure
        self._console.failed(cell.called(row), failure.reason)

    def _is_settled(self, cell: Prepared, row: Row) -> bool:
        """Keep a row that is finished, copy one that is finished elsewhere; say whether either."""
        source, here = self._finished.get(cell.prints[row.name]), cell.run.row(row.name)
        if source is None:
            return False
        if cell.is_finished(row) and (not self._fresh or source.path == here.path):
            if here.path not in self._fitted:
                self._console.kept(cell.called(row))
            return True
        if source.path == here.path or not _is_copied(cell, row, source):
            return False
        self._console.say(f"{cell.called(row)}: the same as in {source.path.parents[1].name}")
        return True

    def _spread(self, wave: list[tuple[Prepared, Row]]) -> None:
        """Fit on a cluster, as many at once as it has room for, what no cell has finished."""
        todo = {
            cell.prints[row.name]: (cell, row)
            for cell, row in reversed(wave)
            if cell.prints[row.name] not in self._finished
        }
        begun: dict[Path, tuple[Prepared, Row]] = {}
        try:
            for task, failure in spread(self._tasks(todo.values(), begun), self._executor):
                cell, row = begun.pop(task.folder)
                try:
                    conclude(cell, row, failure)
                    self._finished[task.fingerprint] = cell.run.row(row.name)
                    self._fitted.add(cell.run.row(row.name).path)
                    self._console.say(f"{cell.called(row)}: finished")
                except Failure as reason:
                    self._fail(cell, row, reason)
        finally:  # nothing is left, unless it was interrupted
            for cell, row in begun.values():
                interrupt(cell, row)

    def _tasks(
        self, todo: Iterable[tuple[Prepared, Row]], begun: dict[Path, tuple[Prepared, Row]]
    ) -> Iterator[RowTask]:
        for cell, row in todo:
            try:
                task = begin(cell, row, fresh=self._fresh)
            except Failure as failure:
                self._fail(cell, row, failure)
                continue
            begun[task.folder] = cell, row
            yield task


def _waves(cells: list[Prepared]) -> list[list[tuple[Prepared, Row]]]:
    """Part the rows of all cells, so that none builds on another of its wave or of a later one."""
    depths = [_depths(cell.rows) for cell in cells]
    deepest = max(max(of_cell.values()) for of_cell in depths)
    names = list(cells[0].experiment.rows)
    waves: list[list[tuple[Prepared, Row]]] = [[] for _ in range(deepest + 1)]
    for name in names:
        for cell, of_cell in zip(cells, depths, strict=True):
            row = next(row for row in cell.rows if row.name == name)
            waves[of_cell[name]].append((cell, row))
    return waves


def _depths(rows: list[Row]) -> dict[str, int]:
    """Count how many rows stand below each, one on the other."""
    depths: dict[str, int] = {}
    for row in rows:  # what a row builds on stands before it
        depths[row.name] = 1 + max((depths[name] for name in row.model.builds_on), default=-1)
    return depths


def _is_copied(cell: Prepared, row: Row, source: RowFolder) -> bool:
    """Copy a finished row; say whether it fits in with what it builds on here."""
    cell.run.adopt(row.name, source)
    return cell.is_finished(row)


def evaluate_grid(run: GridFolder) -> None:
    """Evaluate every finished row of every cell, and write the tables over them."""
    cells, axes = run.cells(), run.axes
    for cell, folder in cells:
        folder.write_evaluation(evaluate(folder, cell.experiment))
    table = gather(cells, axes)
    run.write_tables(table, aggregate(table, axes))
