"""The folder of a grid: a run folder for each cell, and the tables over all of them."""

import pandas as pd

from benchmark.csv_files import read_csv, write_csv
from benchmark.grids.cells import Axes, Cell, axes_of, cells_of
from benchmark.row_folder import RowFolder
from benchmark.run_folder import RunFolder


class GridFolder(RunFolder):
    """A grid on disk.

    Parameters
    ----------
    path : str or Path
        The folder; made when first written to.
    """

    @property
    def axes(self) -> Axes:
        """What varies."""
        return axes_of(self.experiment())

    def cell(self, name: str) -> RunFolder:
        """Return the run folder of a cell."""
        return RunFolder(self.path / "cells" / name)

    def cells(self) -> list[tuple[Cell, RunFolder]]:
        """Return the grid's cells and their folders; those of earlier grids are left out."""
        return [(cell, self.cell(cell.name)) for cell in cells_of(self.experiment())]

    def finished_rows(self) -> dict[str, RowFolder]:
        """Return every row that was ever finished in this folder, by its fingerprint."""
        runs = [*map(RunFolder, sorted((self.path / "cells").glob("*"))), RunFolder(self.path)]
        return {fingerprint: row for run in runs for fingerprint, row in run.finished().items()}

    def write_tables(self, cells: pd.DataFrame, grid: pd.DataFrame) -> None:
        """Write evaluation/cells.csv, the figures of all cells, and grid.csv, their means."""
        write_csv(self.path / "evaluation" / "cells.csv", cells.set_index("cell"))
        write_csv(self.path / "evaluation" / "grid.csv", grid.set_index("row"))

    def metrics(self) -> pd.DataFrame:
        """Return evaluation/cells.csv: every cell's metrics with its values, which are words.

        A place without bearing on a row is empty there.
        """
        text = dict.fromkeys(["cell", "row", "note", "rule", *self.axes.places], str)
        table = read_csv(self.path / "evaluation" / "cells.csv", dtype=text)
        return table.fillna(dict.fromkeys(text, ""))

    def grid(self) -> pd.DataFrame:
        """Return evaluation/grid.csv; settings are words, empty where they have no bearing."""
        text = dict.fromkeys(["row", *self.axes.settings], str)
        table = read_csv(self.path / "evaluation" / "grid.csv", dtype=text)
        return table.fillna(dict.fromkeys(text, ""))
