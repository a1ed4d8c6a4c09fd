"""Whole rows at once: on the workers of a cluster, or one after the other here."""

import pickle
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from queue import Queue
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmark.executors.executor import Executor
from benchmark.process import Failure, run_row
from benchmark.row import RowTask
from benchmark.row_folder import RowFolder
from features.errors import WorkError
from features.progress import Progress, silent

if TYPE_CHECKING:
    from distributed import Client, Future

#: How a row ended: its task, and why it failed if it did.
Ended = tuple[RowTask, Failure | None]


def spread(
    tasks: Iterable[RowTask], executor: Executor, progress: Progress = silent
) -> Iterator[Ended]:
    """Fit rows, each in a process of its own, and yield each as it ends.

    On a cluster, as many are fitted at once as the workers have threads, and each works on the
    cores of its worker's machine alone: a row that waited for the cluster which it keeps busy
    would wait for ever. The workers of a machine share its cores evenly.

    Parameters
    ----------
    tasks : iterable of RowTask
        Taken one by one as there is room. What a task builds on must be finished when it is taken.
    executor : Executor
        Where; its cluster has been checked and sees the tasks' folders.
    progress : callable, optional
        Told how far a row is that is fitted here; a row on a cluster says nothing before its end.

    Yields
    ------
    RowTask
        One of `tasks`, in the order in which they end.
    Failure or None
        Why it failed.
    """
    return _on_cluster(tasks, executor) if executor.address else _here(tasks, executor, progress)


def _here(tasks: Iterable[RowTask], executor: Executor, progress: Progress) -> Iterator[Ended]:
    for task in tasks:
        failure = None
        try:
            run_row(replace(task, executor=executor), RowFolder(task.folder).log, progress)
        except Failure as reason:
            failure = reason
        yield task, failure


def _on_cluster(tasks: Iterable[RowTask], executor: Executor) -> Iterator[Ended]:
    from benchmark.executors import cluster

    waiting = iter(tasks)
    running: dict[Future, RowTask] = {}
    ended: Queue[Future] = Queue()
    with cluster.connected(executor.address) as client:

        def fill() -> None:  # threads are counted anew each time, for workers come and go
            room = max(1, cluster.threads(client)) - len(running)
            for task in islice(waiting, max(0, room)):
                future = _start(client, task)
                running[future] = task
                future.add_done_callback(ended.put)

        try:
            fill()
            while running:
                future = ended.get()
                task = running.pop(future)
                fill()
                yield task, _failure(future)
        finally:  # also where nobody asks for more, or after Ctrl-C
            with suppress(Exception):  # a client that has lost its scheduler cannot, nor need it
                client.cancel(list(running))


def _start(client: "Client", task: RowTask) -> "Future":
    from benchmark.executors import cluster

    threads: Counter[str] = Counter()
    for worker, count in cluster.workers(client).items():
        threads[_host(worker)] += count
    work = partial(_fit_on_worker, task, threads)
    return cluster.start(client, pickle.dumps(work, pickle.HIGHEST_PROTOCOL))


def _host(worker: str) -> str:
    return urlsplit(worker).hostname or ""


def _failure(future: "Future") -> Failure | None:
    from benchmark.executors import cluster

    try:
        reason = cluster.result_of(future)
    except WorkError as error:
        reason = str(error)
    except Exception as error:  # a worker that came late may lack whatever the row's start needs
        reason = " ".join(f"{type(error).__name__}: {error}".split())
    return Failure(reason) if reason else None


def _fit_on_worker(task: RowTask, threads: Mapping[str, int]) -> str:
    """Fit a row on this worker's machine; return why it failed, or nothing."""
    from distributed import get_worker
    from joblib import cpu_count

    worker = get_worker()
    key = worker.get_current_task()

    def wanted() -> bool:
        """Whether anyone still waits for the row: its run or the scheduler may have ended."""
        asked = worker.state.tasks.get(key)
        is_asked = asked is not None and asked.state == "executing"
        # Not where it is closing gracefully: it may stay, and what is returned then would count.
        return is_asked and worker.status.name not in ("closing", "closed", "failed")

    cores = max(1, cpu_count() // threads.get(_host(worker.address), 1))
    alone = replace(task, executor=Executor(cores=cores))
    try:
        run_row(alone, RowFolder(task.folder).log, silent, wanted=wanted)
    except Failure as failure:
        return failure.reason
    return ""
