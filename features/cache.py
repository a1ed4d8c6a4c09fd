"""Features on disk, keyed by exactly their inputs and their code."""

import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from uuid import uuid4

import joblib
import numpy as np
from filelock import FileLock

from features.extractor import Extractor
from features.fingerprint import code_digest, digest
from features.pixels import PixelView
from features.progress import Progress, silent
from features.radiographs import Radiographs

#: Images whose features make one file while extraction runs: what an interruption may cost.
BLOCK = 256


def cached(
    radiographs: Radiographs, extractor: Extractor, progress: Progress = silent
) -> np.ndarray:
    """Return features of radiographs, extracting those of their whole archive once.

    The result lies under ``archive.folder/features``. It depends on the archive's content, the
    code that decodes it, the extractor's key, its code and the versions of its libraries, and on
    nothing else: another seed or split extracts nothing. Blocks are extracted over joblib's
    workers; what an interruption leaves of them is used by the next call.

    Parameters
    ----------
    radiographs : Radiographs
        With an archive.
    extractor : Extractor
        What to extract.
    progress : callable, optional
        Told how far decoding and extraction are.

    Returns
    -------
    numpy.ndarray
        Shape (n, d), float32.
    """
    archive = radiographs.archive
    if archive is None or radiographs.rows is None:
        raise ValueError("these radiographs come from tables alone: they have no pixels")
    store = archive.store(extractor.size, progress)
    name = f"{extractor.name}-{_key(archive.fingerprint, extractor)}"
    file = archive.folder / "features" / f"{name}.npy"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{file}.lock"):
            if not file.exists():
                _extract(store, extractor, file, progress)
    return np.load(file, mmap_mode="r")[radiographs.rows]


def _key(fingerprint: str, extractor: Extractor) -> str:
    versions = {library: _version(library) for library in extractor.libraries}
    # Also this file's, which takes the code that decodes along: features stand on its pixels.
    code = [code_digest(module) for module in (type(extractor).__module__, __name__)]
    return digest(fingerprint, extractor.name, extractor.key(), code, versions)


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"


def _extract(store: np.ndarray, extractor: Extractor, file: Path, progress: Progress) -> None:
    """Extract what blocks are missing, then join all into one file and drop them."""
    folder = file.with_suffix(".blocks")
    folder.mkdir(exist_ok=True)
    images = [np.arange(len(store))[start : start + BLOCK] for start in range(0, len(store), BLOCK)]
    blocks = [folder / f"{rows[0]}.npy" for rows in images]
    # Listed, not looked up one by one: NFS may go on for a minute saying that a name is not there.
    there = {block.name for block in folder.iterdir()}
    missing = [
        (PixelView(store, rows), block, extractor)
        for rows, block in zip(images, blocks, strict=True)
        if block.name not in there
    ]
    done = len(blocks) - len(missing)
    stage = f"extracting {extractor.name}"
    progress(stage, min(done * BLOCK, len(store)), len(store))
    for _ in _run(_extract_block, missing, extractor):
        done += 1
        progress(stage, min(done * BLOCK, len(store)), len(store))
    _join(blocks, file, len(store))
    shutil.rmtree(folder, ignore_errors=True)  # that worker may be writing still


def _run(work: Callable, tasks: list[tuple], extractor: Extractor) -> Iterator:
    """Yield the result of each task, from joblib's workers or from here."""
    if not extractor.parallel:
        return (work(*task) for task in tasks)
    return joblib.Parallel(return_as="generator_unordered")(
        joblib.delayed(work)(*task) for task in tasks
    )


def _extract_block(images: PixelView, block: Path, extractor: Extractor) -> None:
    """Extract one block into its file, which takes its name when it is whole."""
    features = np.asarray(extractor(images[:]), "float32")
    if features.ndim != 2 or len(features) != len(images):
        raise ValueError(
            f"{extractor.name} made an array of shape {features.shape} from {len(images)} images"
        )
    # A name of its own: a worker that was given up for dead may still be writing the same block.
    partial = block.with_suffix(f".{uuid4().hex}.partial")
    with partial.open("wb") as out:
        np.save(out, features, allow_pickle=False)
    partial.replace(block)


def _join(blocks: list[Path], file: Path, length: int) -> None:
    """Write blocks one after the other into one array, holding one at a time in memory."""
    width = np.load(blocks[0], mmap_mode="r").shape[1]
    partial = file.with_suffix(".partial")
    with partial.open("wb") as out:
        header = {"descr": "<f4", "fortran_order": False, "shape": (length, width)}
        np.lib.format.write_array_header_1_0(out, header)
        for block in blocks:
            out.write(np.load(block).astype("<f4", copy=False).data)
    partial.replace(file)
