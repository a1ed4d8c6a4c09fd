"""Places: where in an image the features of texture lie."""

from collections.abc import Sequence
from functools import singledispatch
from itertools import product
from typing import NamedTuple

import numpy as np

from features.extractor import Extractor
from features.texture import HOG, LBP


class Cells(NamedTuple):
    """What the features of each cell of an image are worth.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (k, n, n): sums over the features of a cell.
    edges : numpy.ndarray
        Shape (n + 1,): where cells begin and end, as shares of the image's side; what lies beyond
        the last is in no cell.
    """

    values: np.ndarray
    edges: np.ndarray

    @property
    def along(self) -> int:
        """How many cells of this size go into the image's side, rounded."""
        return max(round(1 / float(self.edges[1])), 1)


def folded(parts: Sequence[tuple[Extractor, np.ndarray]], *, side: int = 0) -> np.ndarray:
    """Lay what features are worth back onto the image.

    A feature's worth is spread evenly over its cell, so that the sum over the map is the sum over
    the features; what no cell covers has none.

    Parameters
    ----------
    parts : sequence of (Extractor, numpy.ndarray)
        HOG and LBP, and what each of their features is worth, shape (k, d). They are added.
    side : int, optional
        Cells of the map along a side; by default about as fine as the finest cells are.

    Returns
    -------
    numpy.ndarray
        Shape (k, side, side), over the whole image.

    Raises
    ------
    TypeError
        If the features of an extractor have no place.
    """
    laid = [by_cell(extractor, worth) for extractor, worth in parts]
    side = side or max(cells.along for cells in laid)
    grid = np.linspace(0, 1, side + 1)
    maps = np.zeros((len(parts[0][1]), side, side))
    for cells in laid:
        shares = _shares(cells.edges, grid)
        maps += shares @ cells.values @ shares.T
    return maps


@singledispatch
def by_cell(extractor: Extractor, worth: np.ndarray) -> Cells:
    """Sum over the features of each cell what they are worth.

    Parameters
    ----------
    extractor : HOG or LBP
        Whose features.
    worth : numpy.ndarray
        Shape (k, d), in the order in which the extractor returns features.
    """
    raise TypeError(f"the features of {extractor.name} have no place in the image")


@by_cell.register
def _(extractor: HOG, worth: np.ndarray) -> Cells:
    """Put each feature where its gradients are: in its cell, which the block only scales."""
    cells, block = extractor.size // extractor.cell, extractor.block
    blocks = cells - block + 1
    shape = (len(worth), blocks, blocks, block, block, extractor.orientations)
    by_block = worth.reshape(shape).sum(axis=-1, dtype=float)
    values = np.zeros((len(worth), cells, cells))
    for row, column in product(range(block), repeat=2):
        inside = np.s_[:, row : row + blocks, column : column + blocks]
        values[inside] += by_block[..., row, column]
    return Cells(values, np.arange(cells + 1) * extractor.cell / extractor.size)


@by_cell.register
def _(extractor: LBP, worth: np.ndarray) -> Cells:
    """Put each feature where the patterns that it counts have their centres."""
    grid, size = extractor.grid, extractor.size
    values = np.zeros((len(worth), grid, grid))
    start = 0
    for patterns in np.array(extractor.points) + 2:
        scale = worth[:, start : (start := start + grid**2 * patterns)]
        values += scale.reshape(*values.shape, patterns).sum(axis=-1, dtype=float)
    first_pixels = -(-np.arange(grid + 1) * size // grid)  # as `LBP` parts them: rounded up
    return Cells(values, first_pixels / size)


def _shares(cells: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return which share of each cell lies in each stretch of a grid: shape (grid, cells)."""
    low = np.maximum(grid[:-1, None], cells[:-1])
    high = np.minimum(grid[1:, None], cells[1:])
    return (high - low).clip(0) / np.diff(cells)
