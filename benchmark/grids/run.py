"""A finished grid for Python: its tables, its cells, its report."""

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.grids.folder import GridFolder
from benchmark.opened import Run
from features.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.explain import Explanation


class GridRun(Run):
    """A grid: means and spreads over its cells, and each cell's run; shows itself in a notebook.

    `metrics` are those of every cell, with its values; splits, labels, scores and heat maps belong
    to one cell.

    Parameters
    ----------
    folder : str or Path
        The grid's folder.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder)
        self._grid = self._run = GridFolder(folder)

    def __repr__(self) -> str:
        return f"GridRun('{self.path}')"

    @property
    def cells(self) -> dict[str, Run]:
        """The run of every cell, by the cell's name."""
        return {cell.name: Run(folder.path) for cell, folder in self._grid.cells()}

    @property
    def grid(self) -> "pd.DataFrame":
        """Mean, SD, least and largest: a line a row, setting, part, finding and metric."""
        return self._grid.grid()

    @property
    def failed(self) -> dict[str, str]:
        """Why rows failed, by their names and cells."""
        cells = self.cells.items()
        return {f"{row} ({name})": why for name, run in cells for row, why in run.failed.items()}

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """The macro means on test: of each row and setting the mean over its cells, and SDs."""
        table = self.grid.query("part == 'test' and finding == 'macro'")
        keys = ["row", *self._grid.axes.settings]
        metrics = ("auc", "ap", "precision", "recall", "f1")  # of nothing, where nothing finished
        by_metric = {name: table[table["metric"] == name].set_index(keys) for name in metrics}
        spread = {"mean": "auc", "sd": "auc_sd"}
        for source in self._grid.axes.sources if len(self._grid.axes.sources) > 1 else ():
            spread[f"sd_{source}"] = f"auc_sd_{source}"
        board = by_metric["auc"][[*spread, "cells"]].rename(columns=spread)
        for metric in metrics[1:]:
            board.insert(len(board.columns) - 1, metric, by_metric[metric]["mean"].to_numpy())
        return board.sort_values("auc", ascending=False)

    @property
    def checks(self) -> "pd.DataFrame":
        """Not of a grid: see `cells`."""
        raise self._of_a_cell("checks")

    @property
    def truth(self) -> "pd.DataFrame":
        """Not of a grid: see `cells`."""
        raise self._of_a_cell("labels")

    @property
    def split(self) -> "pd.DataFrame":
        """Not of a grid: see `cells`."""
        raise self._of_a_cell("a split")

    def scores(self, row: str) -> "pd.DataFrame":
        """Raise `InputError`: see `cells`."""
        raise self._of_a_cell("scores")

    def explain(self, row: str, **request: Any) -> "Explanation":
        """Raise `InputError`: see `cells`."""
        raise self._of_a_cell("heat maps")

    def _of_a_cell(self, what: str) -> InputError:
        first = self.path / "cells" / next(iter(self.cells))
        return InputError(f"{self.path} is a grid: {what} belong to one cell, such as {first}")

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything that the report shows, as one plain dictionary."""
        from benchmark.grids.summary import summarize_grid

        return summarize_grid(self._grid)

    def evaluate(self) -> None:
        """Evaluate every cell again, from its own files, and average anew."""
        from benchmark.grids.runner import evaluate_grid

        evaluate_grid(self._grid)
        self._forget_summary()

    def write_report(self) -> Path:
        """Build report.html of every cell and of the grid."""
        for run in self.cells.values():
            run.write_report()
        return super().write_report()

    def records(self) -> list[dict[str, Any]]:
        """Return the leaderboard as JSON has it: one dictionary a line, None for what is not."""
        return json.loads(self.leaderboard.reset_index().to_json(orient="records"))

    def lines(self) -> list[dict[str, str]]:
        """Return the leaderboard as a table of words: mean ± SD."""
        board, total = self.leaderboard.reset_index(), self._grid.axes.averaged
        sources = [name for name in map(str, board) if name.startswith("auc_sd_")]
        return [
            {
                **{key: str(line[key]) for key in ["row", *self._grid.axes.settings]},
                "auc": _spread(line["auc"], line["auc_sd"]),
                **{f"SD, {name.removeprefix('auc_sd_')}": _figure(line[name]) for name in sources},
                **{key: _figure(line[key]) for key in ("ap", "precision", "recall", "f1")},
                "cells": f"{line['cells']} of {total}",
            }
            for line in board.to_dict("records")
        ]

    def conclusion(self) -> list[str]:
        """Say what the figures are means over, and what failed."""
        from benchmark.grids.tables import folds_sentence

        failed = [f"{row} failed: {reason}" for row, reason in self.failed.items()]
        axes = self._grid.axes
        said = [axes.sentence(), folds_sentence(self._grid.cells(), axes)]
        return [*failed, "test part, macro means over the findings", *filter(None, said)]


def _figure(value: float) -> str:
    return f"{value:.3f}" if value == value else ""  # NaN: an empty cell


def _spread(mean: float, sd: float) -> str:
    return f"{_figure(mean)} ± {_figure(sd)}" if sd == sd else _figure(mean)
