"""Texture: histograms of oriented gradients and of local binary patterns, on a grid of cells."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from features.extractor import Extractor


@dataclass(frozen=True)
class HOG(Extractor):
    """Histograms of oriented gradients: where edges run which way.

    Parameters
    ----------
    size : int
        Side of the images, in pixels.
    orientations : int
        Bins of a half turn.
    cell : int
        Side of a cell, in pixels.
    block : int
        Side of the blocks that are normalised together, in cells.
    block_norm : {"L1", "L1-sqrt", "L2", "L2-Hys"}
        How a block is normalised.

    References
    ----------
    Dalal and Triggs, "Histograms of oriented gradients for human detection", CVPR 2005.
    """

    orientations: int = 9
    cell: int = 16
    block: int = 2
    block_norm: str = "L2-Hys"

    name: ClassVar[str] = "hog"
    libraries: ClassVar[tuple[str, ...]] = ("scikit-image", "numpy")

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract (n, d) in [0, 1]: blocks by row and column, cells, orientations."""
        from skimage.feature import hog

        options = {
            "orientations": self.orientations,
            "pixels_per_cell": (self.cell, self.cell),
            "cells_per_block": (self.block, self.block),
            "block_norm": self.block_norm,
        }
        return np.stack([hog(image, **options) for image in pixels]).astype("float32")


@dataclass(frozen=True)
class LBP(Extractor):
    """Histograms of local binary patterns: which small textures lie where.

    Uniform patterns, made invariant to rotation: with `points` neighbours there are points + 2.

    Parameters
    ----------
    size : int
        Side of the images, in pixels.
    radii : tuple of int
        How far the neighbours lie, in pixels, at each scale.
    points : tuple of int
        How many neighbours there are at each scale.
    grid : int
        Cells along a side of the image; every cell has a histogram of its own, which sums to 1.

    References
    ----------
    Ojala, Pietikäinen, Mäenpää, "Multiresolution gray-scale and rotation invariant texture
    classification with local binary patterns", IEEE TPAMI 24(7), 2002.
    """

    radii: tuple[int, ...] = (1, 2, 4)
    points: tuple[int, ...] = (8, 8, 8)
    grid: int = 4

    name: ClassVar[str] = "lbp"
    libraries: ClassVar[tuple[str, ...]] = ("scikit-image", "numpy")

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract (n, d) in [0, 1]: scales, then cells by row and column, then patterns."""
        scales = zip(self.radii, self.points, strict=True)
        return np.hstack([self._histograms(pixels, *scale) for scale in scales])

    def _histograms(self, pixels: np.ndarray, radius: int, points: int) -> np.ndarray:
        """Count the patterns of one scale in every cell of every image at once."""
        from skimage.feature import local_binary_pattern

        bins, cells = points + 2, self.grid**2
        band = np.arange(self.size) * self.grid // self.size
        first = (band[:, None] * self.grid + band) * bins  # of each pixel's cell
        counts = [
            np.bincount(
                (
                    first + local_binary_pattern(image, points, radius, "uniform").astype(int)
                ).ravel(),
                minlength=cells * bins,
            )
            for image in pixels
        ]
        histograms = np.reshape(counts, (len(pixels), cells, bins)).astype("float32")
        histograms /= histograms.sum(axis=2, keepdims=True)
        return histograms.reshape(len(pixels), -1)
