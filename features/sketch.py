"""Sketches: the coarse outline of an image, by which the same image is known again."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import ClassVar

import numpy as np

from features.extractor import Extractor

#: Bits of a perceptual hash.
BITS = 64

#: How many of 16 bits are set.
_ONES = np.array([number.bit_count() for number in range(1 << 16)], "uint8")


@dataclass(frozen=True)
class Sketch(Extractor):
    """The lowest frequencies of an image's cosine transform, each times itself, of length 1.

    Brightness and contrast leave it as it is. As slopes grow with the frequency, the product of two
    sketches is the correlation of the edges of both images, once these are smoothed. The signs of
    its first `BITS` numbers are a perceptual hash.

    Parameters
    ----------
    size : int
        Side of the images, in pixels; at least `side`.
    side : int
        Frequencies along a side.

    References
    ----------
    Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010: DCT hash.
    """

    side: int = 16

    name: ClassVar[str] = "sketch"
    parallel: ClassVar[bool] = False  # two small products an image: workers would cost more

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract (n, side² - 1): frequencies from low to high."""
        waves, (places, frequencies) = _waves(self.size, self.side), _from_low_to_high(self.side)
        # Two large products: BLAS would start its threads for each of many small ones.
        across = pixels.astype("float32").reshape(-1, self.size) @ waves.T
        columns = across.reshape(-1, self.size, self.side).swapaxes(1, 2)
        planes = columns.reshape(-1, self.size) @ waves.T
        numbers = planes.reshape(len(pixels), -1)[:, places] * frequencies
        length = np.linalg.norm(numbers, axis=1, keepdims=True)
        flat = length < self.size  # a grey value of contrast at most: nothing is to be seen
        return np.where(flat, 0, numbers / np.where(flat, 1, length)).astype("float32", order="C")


@cache
def _waves(size: int, side: int) -> np.ndarray:
    """Return the first cosine waves along a side: shape (side, size), orthonormal."""
    places = (np.arange(size) + 0.5) / size
    waves = np.cos(np.pi * np.arange(side)[:, None] * places) * np.sqrt(2 / size)
    waves[0] /= np.sqrt(2)
    return waves.astype("float32")


@cache
def _from_low_to_high(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of a plane's frequencies in rising order, and these; without the mean."""
    frequencies = np.hypot(*np.meshgrid(np.arange(side), np.arange(side))).ravel()
    places = np.argsort(frequencies, kind="stable")[1:]
    return places, frequencies[places].astype("float32")


def hashes(sketches: np.ndarray) -> np.ndarray:
    """Return the perceptual hash of each sketch: the signs of its lowest frequencies.

    Parameters
    ----------
    sketches : numpy.ndarray
        Shape (n, d), d at least `BITS`.

    Returns
    -------
    numpy.ndarray
        Shape (n,), uint64.
    """
    bits = np.packbits(sketches[:, :BITS] > 0, axis=1)
    return np.ascontiguousarray(bits).view("uint64").ravel()


def close_pairs(hashes: np.ndarray, *, within: int) -> Iterator[np.ndarray]:
    """Find all pairs of hashes that differ in few bits, without comparing each with each.

    The bits are cut into bands, one more than the bits that may differ: two hashes that are so
    close agree in at least one whole band. Only those that share a band are compared.

    Parameters
    ----------
    hashes : numpy.ndarray
        Shape (n,), uint64.
    within : int
        How many bits may differ, in [0, 15].

    Yields
    ------
    numpy.ndarray
        Shape (k, 3), int64: places i < j and their distance in bits; a pair may come twice.

    References
    ----------
    Manku, Jain, Das Sarma, "Detecting Near-Duplicates for Web Crawling", WWW 2007.
    """
    edges = np.linspace(0, BITS, within + 2).round().astype("uint64")
    for low, high in pairwise(edges):
        band = (hashes >> low) & np.uint64((1 << int(high - low)) - 1)
        order = np.argsort(band, kind="stable")
        yield from _neighbours(hashes[order], band[order], order, within)


def _neighbours(
    hashes: np.ndarray, band: np.ndarray, order: np.ndarray, within: int
) -> Iterator[np.ndarray]:
    """Compare each with the next of its band, then with the next but one, while there are any."""
    first, step = np.arange(len(band)), 1
    while len(first := first[first + step < len(band)]):
        first = first[band[first] == band[first + step]]
        apart = _ONES[(hashes[first] ^ hashes[first + step]).view("uint16").reshape(-1, 4)].sum(
            1, int
        )
        close = apart <= within
        pair = np.sort(np.stack([order[first[close]], order[first[close] + step]], 1), axis=1)
        yield np.column_stack([pair, apart[close]])
        step += 1
