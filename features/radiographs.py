"""Radiographs: the one object that flows through the benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from features.findings import FINDINGS
from features.pixels import PixelArchive, PixelView
from features.progress import Progress, silent

#: Side, in pixels, of the frame in which bounding boxes are given, whatever the size on disk.
BOX_FRAME = 1024

#: What a table says of a radiograph beside its findings.
COLUMNS = ("patient", "age", "sex", "view", "follow_up", "width", "height")


@dataclass(frozen=True, eq=False)
class Radiographs:
    """A table of radiographs with their labels, their boxes and their pixels, read when asked for.

    Parameters
    ----------
    table : pandas.DataFrame
        One line a radiograph, indexed by `image` (the file name as the data set's table spells
        it), with the columns `COLUMNS`: patient (str), age (years, NaN unknown), sex ("F", "M" or
        ""), view ("PA", "AP" or ""), follow_up (int; 0 is the first), width and height (pixels of
        the original, NaN unknown).
    labels : numpy.ndarray or None
        Shape (n, findings), float32: 1 present, 0 absent, NaN unknown. None where withheld.
    findings : tuple of str
        The names of the label columns, spelled as in NIH's files.
    boxes : pandas.DataFrame or None
        Columns image, finding, x, y, width, height, in pixels of a `BOX_FRAME` × `BOX_FRAME`
        frame; may be empty. None where withheld.
    archive : PixelArchive or None
        Where the pixels of the whole data set lie. None where only tables are at hand.
    rows : numpy.ndarray
        Shape (n,): the place of each radiograph in the archive.
    """

    table: pd.DataFrame
    labels: np.ndarray | None
    findings: tuple[str, ...] = FINDINGS
    boxes: pd.DataFrame | None = None
    archive: PixelArchive | None = None
    rows: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.table)

    @property
    def images(self) -> np.ndarray:
        """Shape (n,): the image names."""
        return self.table.index.to_numpy()

    @property
    def patients(self) -> np.ndarray:
        """Shape (n,): whose radiograph each is."""
        return self.table["patient"].to_numpy()

    def take(self, rows: Sequence[int] | np.ndarray) -> Self:
        """Return some of the radiographs, in the order asked for.

        Parameters
        ----------
        rows : array-like of int or bool
            Positions, or one truth value a radiograph.
        """
        chosen = np.asarray(rows)
        chosen = chosen if chosen.dtype == bool else chosen.astype(np.intp)  # also of an empty list
        table = self.table.iloc[np.flatnonzero(chosen) if chosen.dtype == bool else chosen]
        boxes = self.boxes
        return replace(
            self,
            table=table,
            labels=None if self.labels is None else self.labels[chosen],
            boxes=None if boxes is None else boxes[boxes["image"].isin(table.index)],
            rows=None if self.rows is None else self.rows[chosen],
        )

    def without_truth(self) -> Self:
        """Return them with labels and boxes withheld: what a model may predict on."""
        return replace(self, labels=None, boxes=None)

    def pixels(self, size: int, progress: Progress = silent) -> PixelView:
        """Return the grey values, decoded once and memory-mapped.

        Parameters
        ----------
        size : int
            Side of the square images, in pixels.
        progress : callable, optional
            Told how far decoding is.

        Returns
        -------
        PixelView
            Shape (n, size, size), uint8; indexing reads only the images asked for.
        """
        if self.archive is None or self.rows is None:
            raise ValueError("these radiographs come from tables alone: they have no pixels")
        return PixelView(self.archive.store(size, progress=progress), self.rows)

    def boxes_at(self, size: int) -> pd.DataFrame:
        """Return the boxes in pixels of a `size` × `size` image."""
        if self.boxes is None:
            raise ValueError("the boxes of these radiographs are withheld")
        sides = ["x", "y", "width", "height"]
        return self.boxes.assign(**(self.boxes[sides] * (size / BOX_FRAME)))
