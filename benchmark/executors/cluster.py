"""A Dask cluster: connecting to it, what it is held to, and joblib's work on it.

Only what asks for a cluster imports this file, for it needs Dask.
"""

import logging
import os
import pickle
from collections.abc import Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from dask import config
from distributed import Client, Future, KilledWorker, get_worker

from benchmark.provenance import versions
from features.errors import WorkError
from features.files import write_text
from features.fingerprint import ROOMS, digest

#: Seconds within which a scheduler answers, and has its first worker.
PATIENCE = 10

GONE = "the Dask scheduler is gone, or has dropped the work"

#: Where Dask logs to, as far as its own settings give them levels.
LOGGERS = ("distributed", "distributed.client")


def threads(client: Client) -> int:
    """Count the tasks that a cluster does at once."""
    return sum(workers(client).values())


def workers(client: Client) -> dict[str, int]:
    """Return the threads of each worker by its address.

    Raises
    ------
    WorkError
        If the scheduler is gone.
    """
    try:
        return client.nthreads()
    except Exception as error:  # a lost connection has many names
        raise WorkError(GONE) from error


def start(client: Client, work: bytes) -> Future:
    """Give pickled work, a function without arguments, to a cluster."""
    return client.submit(do, work, identity(), pure=False)


def do(work: bytes, expected: dict[str, str]) -> Any:
    """Do pickled work; a worker does this, and it may have joined after `check`."""
    if identity() != expected:
        raise WorkError(f"Dask's worker {get_worker().address} has other code or libraries")
    return pickle.loads(work)()


def result_of(future: Future) -> Any:
    """Return what work returned, or raise what it raised.

    Raises
    ------
    WorkError
        If its workers died, or the scheduler is gone.
    """
    try:
        return future.result()
    except KilledWorker as error:
        raise WorkError(
            f"Dask's workers died of a task, the last of them {error.last_worker.address}; "
            "see their logs (out of memory?)"
        ) from None
    except CancelledError:
        raise WorkError(GONE) from None


@contextmanager
def connected(address: str) -> Iterator[Client]:
    """Connect to a scheduler, and hush what Dask logs: errors are told once, by us.

    Parameters
    ----------
    address : str
        ``HOST:PORT``.

    Raises
    ------
    WorkError
        If there is no scheduler.
    """
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        # A row's task holds the table of its radiographs: it is large, and Dask would warn of it.
        quiet = config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"})
        with quiet, _client(address) as client:
            yield client
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _client(address: str) -> Client:
    try:
        return Client(f"tcp://{address}", timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkError(f"no Dask scheduler answers at {address}") from error


def check(client: Client, folders: Iterable[Path]) -> None:
    """Hold a cluster to what results depend on: workers, the same code, the same files.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    folders : iterable of Path
        Made where they are missing. Every worker must see what is written there.

    Raises
    ------
    WorkError
        In one line, with the worker's address.
    """
    _check_workers(client)
    _check_code(client)
    for folder in folders:
        _check_sees(client, folder)


def _check_workers(client: Client) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        address = client.scheduler_info()["address"]
        raise WorkError(
            f"the Dask scheduler at {address} has no workers; start some with "
            f"'dask worker {address} --nthreads 1'"
        ) from None


def _check_code(client: Client) -> None:
    # The scheduler too: it reads the tasks that it passes on.
    said = {"scheduler": _on_scheduler(client)} | client.run(identity, on_error="return")
    for place, theirs in said.items():
        if isinstance(theirs, Exception):
            raise WorkError(
                f"Dask's {_named(place)} cannot import this code: {_first_line(theirs)}"
            )
        _check_identity(theirs, place)


def _on_scheduler(client: Client) -> dict[str, str] | Exception:
    try:
        return client.run_on_scheduler(identity)
    except Exception as error:  # whatever its import may raise
        return error


def _check_identity(theirs: dict[str, str], place: str) -> None:
    """Compare what `identity` says elsewhere with what it says here; name what differs first."""
    ours = identity()
    for name in ours | theirs:
        if theirs.get(name) != ours.get(name):
            raise WorkError(
                f"Dask's {_named(place)} has {name} {theirs.get(name, 'not at all')}, here it is "
                f"{ours.get(name, 'not there')}; give all the same code and libraries, and "
                "start them again"
            )


def _named(place: str) -> str:
    return place if place == "scheduler" else f"worker {place}"


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@cache
def identity() -> dict[str, str]:
    """Return what must be the same everywhere: our code, the libraries, the engine.

    It is taken once in a process: what has been imported does not change with its file.
    """
    home = Path(__file__).parents[2]
    files = sorted(file for room in ROOMS for file in (home / room).rglob("*.py"))
    code = digest([(str(file.relative_to(home)), file.read_text("utf-8")) for file in files])
    engine = os.environ.get("KERAS_BACKEND", "as configured")
    libraries = {name: it for name, it in versions().items() if name != "cxrbench"}
    return {"cxrbench code": code, "KERAS_BACKEND": engine} | libraries


def _check_sees(client: Client, folder: Path) -> None:
    """Let every worker read what is written here: a folder of the same name may be another."""
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    token = folder / f".seen-{uuid4().hex}"
    try:
        write_text(token, token.name)
        seen = client.run(_read, str(token), on_error="return")
    finally:
        token.unlink(missing_ok=True)
    for worker, content in seen.items():
        if content != token.name:
            raise WorkError(
                f"Dask's worker {worker} does not see {folder} of this machine: cache and run "
                "folder must lie on a file system that all share (CXRBENCH_CACHE, --out)"
            )


def _read(file: str) -> str:
    path = Path(file)
    return path.read_text("utf-8") if path.is_file() else ""
