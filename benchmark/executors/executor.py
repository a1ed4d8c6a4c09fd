"""Where parallel work runs: on the cores of this machine, or on a Dask cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from features.errors import InputError, unknown

#: What stands before the address of a Dask scheduler.
DASK = "dask://"


@dataclass(frozen=True)
class Executor:
    """Who does what joblib spreads: decoding, features, findings; see `ambient`.

    Parameters
    ----------
    address : str, optional
        A Dask scheduler's, ``HOST:PORT``; this machine's cores where it is empty.
    cores : int, optional
        How many of this machine's cores; -1 for all of them.
    """

    address: str = ""
    cores: int = -1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``local`` or ``dask://HOST:PORT``.

        Raises
        ------
        InputError
            If it is neither, or Dask is not installed.

        Examples
        --------
        >>> str(Executor.parse("local"))
        'local'
        """
        if text == "local":
            return cls()
        if not text.startswith(DASK):
            raise unknown("executor", text, ["local", f"{DASK}HOST:PORT"])
        host, _, port = text.removeprefix(DASK).rstrip("/").rpartition(":")
        if not host or not port.isdecimal():
            raise InputError(f"--executor {text}: write {DASK}HOST:PORT, as in {DASK}node1:8786")
        if find_spec("distributed") is None:
            raise InputError(f"--executor {text} needs Dask: pip install 'cxrbench[dask]'")
        return cls(f"{host}:{port}")

    def __str__(self) -> str:
        return f"{DASK}{self.address}" if self.address else "local"

    @contextmanager
    def ambient(self, folder: Path, *, checked: bool = False) -> Iterator[None]:
        """Make this what joblib's `Parallel` uses by default.

        Parameters
        ----------
        folder : Path
            Where large arrays are handed to the workers of a cluster; they must see it.
        checked : bool, optional
            Whether the cluster has been checked already, as it has been for a row's process.

        Raises
        ------
        WorkError
            If the scheduler does not answer or has no workers, or one of them runs other code or
            does not see `folder` or the cache.
        """
        from joblib import parallel_config

        if not self.address:
            with parallel_config(backend="loky", n_jobs=self.cores):
                yield
            return
        from benchmark.datasets.loading import cache_folder
        from benchmark.executors import cluster
        from benchmark.executors.backend import SharedFolder

        with cluster.connected(self.address) as client:
            if not checked:
                cluster.check(client, [cache_folder(), folder])
            with parallel_config(backend=SharedFolder(client, folder), n_jobs=-1):
                yield


#: All cores of this machine.
LOCAL = Executor()
