"""The same radiograph under two names: exact and near duplicates in different parts."""

import numpy as np
import pandas as pd
from filelock import FileLock

from features.cache import cached
from features.files import write_with
from features.fingerprint import code_digest, digest
from features.pixels import PixelView
from features.progress import Progress, silent
from features.radiographs import Radiographs
from features.sketch import Sketch, close_pairs, hashes

#: Two radiographs are the same if their hashes differ in so few bits and the edges of both
#: correlate so well, first in a coarse sketch and then in a fine one: see docs/checks.md.
WITHIN = 6
ALIKE = 0.9
FINE = 64

#: Pairs whose pixels are in memory at a time.
BLOCK = 64

#: The columns of duplicates.csv, in order.
COLUMNS = (
    *("image", "other", "part", "other_part", "same_patient"),
    *("distance", "correlation", "exact"),
)


def duplicates_between(
    radiographs: Radiographs, part: np.ndarray, size: int, progress: Progress = silent
) -> pd.DataFrame:
    """Find radiographs that lie in two parts.

    All pairs of the data set are found once and kept beside its pixels; the split only chooses
    among them.

    Parameters
    ----------
    radiographs : Radiographs
        With an archive.
    part : numpy.ndarray
        Shape (n,): the part of each.
    size : int
        Side of the images that are compared, in pixels.
    progress : callable, optional
        Told how far sketching is.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, a line a pair, the most alike first: distance in bits of the perceptual
        hashes, correlation of the edges, and whether all pixels are equal.
    """
    pairs = _kept(radiographs, size, progress)
    one, other = pairs[:, :2].astype(int).T
    torn = part[one] != part[other]
    one, other, pairs = one[torn], other[torn], pairs[torn]
    images, patients = radiographs.images, radiographs.patients
    columns = (
        *(images[one], images[other], part[one], part[other], patients[one] == patients[other]),
        *(pairs[:, 2].astype(int), pairs[:, 3].round(4), pairs[:, 4].astype(bool)),
    )
    table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))
    return table.sort_values(["correlation", "image"], ascending=[False, True], ignore_index=True)


def _kept(radiographs: Radiographs, size: int, progress: Progress) -> np.ndarray:
    """Return the pairs of a data set, found once: what `_find` returns."""
    archive = radiographs.archive
    assert archive is not None and radiographs.rows is not None
    content = archive.prepare(size, progress).fingerprint
    key = digest(content, radiographs.rows, size, code_digest(__name__))
    file = archive.folder / "duplicates" / f"{key}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            if not file.exists():
                pairs = _find(radiographs, size, progress)
                write_with(file, lambda temporary: np.save(temporary, pairs))
    return np.load(file)


def _find(radiographs: Radiographs, size: int, progress: Progress) -> np.ndarray:
    """Return (k, 5): the places of both, distance, correlation, 1 where all pixels are equal."""
    sketches = cached(radiographs, Sketch(size), progress)
    telling = np.flatnonzero(sketches.any(axis=1))  # blank images, many perhaps, are left out
    found = close_pairs(hashes(sketches[telling]), within=WITHIN)
    pairs = np.unique(np.concatenate([np.empty((0, 3), int), *found]), axis=0)
    pairs[:, :2] = telling[pairs[:, :2]]
    coarse = np.einsum("kd,kd->k", sketches[pairs[:, 0]], sketches[pairs[:, 1]])
    pairs, pixels = pairs[coarse >= ALIKE], radiographs.pixels(size)
    blocks = (pairs[at : at + BLOCK] for at in range(0, len(pairs), BLOCK))
    return np.concatenate([np.empty((0, 5)), *(_compared(pixels, block) for block in blocks)])


def _compared(pixels: PixelView, pairs: np.ndarray) -> np.ndarray:
    """Return those of some pairs whose edges correlate, as `_find` does."""
    images, places = np.unique(pairs[:, :2], return_inverse=True)
    one, other = places.reshape(-1, 2).T
    seen, size = pixels[images], pixels.shape[-1]
    fine = Sketch(size, side=min(FINE, size))(seen)
    alike = np.einsum("kd,kd->k", fine[one], fine[other])
    exact = (seen[one] == seen[other]).all(axis=(1, 2))
    return np.column_stack([pairs, alike, exact])[alike >= ALIKE]
