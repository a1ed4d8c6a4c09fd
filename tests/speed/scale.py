"""One classical row on a data set of any size: `python scale.py IMAGES FOLDER`; prints its cost.

The pixels are synthesised into the store itself, so that no file has to be decoded.
"""

import json
import os
import sys
import time
from pathlib import Path
from threading import Thread

import numpy as np
import pandas as pd
from joblib import parallel_config

from features.findings import FINDINGS
from features.radiographs import Radiographs
from models.base import Job
from models.hog_lbp_xgboost import HogLbpXGBoost

SIZE, BLOCK = 128, 1024

#: Shares of positives from Hernia's to Infiltration's.
SHARES = np.geomspace(0.002, 0.18, len(FINDINGS))


class Synthetic:
    """An archive whose store is written by a random generator."""

    def __init__(self, images: int, folder: Path) -> None:
        self.folder, self.fingerprint = folder, f"synthetic-{images}"
        self._file = folder / f"{images}.npy"
        store = np.lib.format.open_memmap(
            self._file, mode="w+", dtype="uint8", shape=(images, SIZE, SIZE)
        )
        random = np.random.default_rng(0)
        for start in range(0, images, BLOCK):
            coarse = random.integers(0, 200, (min(BLOCK, images - start), 16, 16), dtype="uint8")
            fine = random.integers(0, 56, (len(coarse), SIZE, SIZE), dtype="uint8")
            store[start : start + BLOCK] = coarse.repeat(8, axis=1).repeat(8, axis=2) + fine

    def store(self, size: int, progress: object = None) -> np.ndarray:
        """Return the memory-mapped store."""
        return np.load(self._file, mmap_mode="r")


class Meter(Thread):
    """Watches how much memory this process and its children hold together."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(_resident, _family(os.getpid()))))
            time.sleep(0.2)


def _family(process: int) -> list[int]:
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except OSError:
        children = []
    return [process, *(one for child in children for one in _family(int(child)))]


def _resident(process: int) -> int:
    """Return a process's resident bytes, pages that others hold too included."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGESIZE"
        )
    except OSError:  # it has just ended
        return 0


def radiographs(images: int, folder: Path) -> Radiographs:
    """Make labels, patients and pixels."""
    random = np.random.default_rng(1)
    labels = (random.random((images, len(FINDINGS))) < SHARES).astype("float32")
    names = pd.Index([f"{k:08}.png" for k in range(images)], name="image")
    table = pd.DataFrame({"patient": np.arange(images) // 4}, index=names)
    archive = Synthetic(images, folder)
    return Radiographs(table, labels, archive=archive, rows=np.arange(images))  # type: ignore[arg-type]


def main() -> None:
    """Extract, fit and score; print seconds and bytes."""
    images, folder = int(sys.argv[1]), Path(sys.argv[2])
    everything = radiographs(images, folder)
    train, valid = (
        everything.take(rows) for rows in np.split(np.arange(images), [images * 7 // 8])
    )
    model = HogLbpXGBoost(size=SIZE, rounds=5, max_rounds=5)
    meter = Meter()
    meter.start()
    with parallel_config(backend="loky", n_jobs=2):
        start = time.perf_counter()
        for name in model.features:
            model._one(name, train.take([0]), lambda *_: None)
        extracted = time.perf_counter()
        model.fit(train, valid, Job(folder))
        fitted = time.perf_counter()
        model.predict(everything.without_truth())
        scored = time.perf_counter()
    said = {
        "images": images,
        "extraction": extracted - start,
        "fit": fitted - extracted,
        "prediction": scored - fitted,
        "peak": meter.peak,
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
