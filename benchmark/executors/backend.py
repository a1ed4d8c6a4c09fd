"""Joblib's work on a Dask cluster, large arrays as files in a folder that all machines see."""

import io
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import cloudpickle
import numpy as np
from distributed import Client, Future
from joblib.parallel import ParallelBackendBase

from benchmark.executors import cluster

#: Bytes from which an array is handed over as a file: as joblib has it between processes.
LARGE = 2**20


class SharedFolder(ParallelBackendBase):
    """Joblib's work on a Dask cluster whose machines share a folder.

    It stands in for joblib's own Dask backend, which waits for ever for a task whose workers keep
    dying, works in the calling process where the cluster has one thread, and sends an array that
    lies in a tuple along with every task.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    folder : Path
        Where large arrays are handed over; a file each for the time of a `Parallel` call.
    """

    supports_retrieve_callback = True
    default_n_jobs = -1

    def __init__(self, client: Client, folder: Path) -> None:
        super().__init__(nesting_level=0)
        self._client = client
        self._handed = Handed(folder)
        self._futures: set[Future] = set()

    def effective_n_jobs(self, n_jobs: int | None) -> int:
        """Return the threads of all workers, two at least: joblib does a single job itself."""
        return 1 if n_jobs == 1 else max(2, cluster.threads(self._client))

    def submit(self, func: Callable[[], Any], callback: Callable[[Future], None]) -> Future:
        """Give a batch of tasks to the cluster."""
        future = cluster.start(self._client, self._handed.pickled(func))
        self._futures.add(future)
        future.add_done_callback(callback)
        return future

    apply_async = submit  # its name before joblib 1.5

    def retrieve_result_callback(self, future: Future) -> Any:
        """Return what a batch returned, or raise what it raised."""
        self._futures.discard(future)
        return cluster.result_of(future)

    def abort_everything(self, ensure_ready: bool = True) -> None:
        """Drop what has not begun."""
        self._client.cancel(list(self._futures))
        self._futures.clear()

    def stop_call(self) -> None:
        """Remove what was handed over."""
        self._handed.clear()


class Handed:
    """Arrays that are handed to workers as files, each once.

    Parameters
    ----------
    folder : Path
        Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute() / f"handed-{uuid4().hex}"
        self._files: dict[int, tuple[np.ndarray, Path]] = {}

    def pickled(self, thing: object) -> bytes:
        """Pickle anything, large arrays in it by the names of their files."""
        out = io.BytesIO()
        _Pickler(out, self).dump(thing)
        return out.getvalue()

    def file(self, array: np.ndarray) -> Path:
        """Return the file of an array; it is written the first time."""
        if id(array) not in self._files:
            self._folder.mkdir(exist_ok=True)
            file = self._folder / f"{len(self._files)}.npy"
            np.save(file, array, allow_pickle=False)
            self._files[id(array)] = array, file  # kept, so that no other array takes its id
        return self._files[id(array)][1]

    def clear(self) -> None:
        """Remove the files."""
        self._files.clear()
        shutil.rmtree(self._folder, ignore_errors=True)


class _Pickler(cloudpickle.Pickler):
    def __init__(self, out: io.BytesIO, handed: Handed) -> None:
        super().__init__(out, protocol=pickle.HIGHEST_PROTOCOL)
        self._handed = handed

    def reducer_override(self, thing: Any) -> Any:
        is_large = isinstance(thing, np.ndarray) and thing.nbytes >= LARGE
        if is_large and not thing.dtype.hasobject:
            return np.load, (str(self._handed.file(thing)), "r")
        return super().reducer_override(thing)
