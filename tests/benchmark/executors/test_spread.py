"""Whole rows at once, on a real cluster and here."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import joblib
import pytest

from benchmark.console import Console
from benchmark.executors.executor import LOCAL, Executor
from benchmark.executors.spread import spread
from benchmark.inputs import read_inputs
from benchmark.row import RowTask
from benchmark.row_folder import RowFolder
from features.errors import WorkError


@pytest.fixture
def task_of(small, model_files, counter, tmp_path):
    """Make the task of a row from its model's name."""
    inputs = read_inputs(small, Console(quiet=True))

    def make(model: str, place: str = "run") -> RowTask:
        folder = tmp_path / place / model
        folder.mkdir(parents=True)
        return RowTask(
            folder=folder,
            fingerprint="as asked",
            source=model_files[model],
            options={"counter": str(counter)},
            seed=0,
            train=inputs.part("train"),
            valid=inputs.part("valid"),
            everything=inputs.radiographs.without_truth(),
        )

    return make


@pytest.mark.parametrize("place", ["here", "on a cluster"])
def test_rows_end_with_their_failures_and_the_others_go_on(task_of, dask, place):
    tasks = [task_of(model) for model in ("broken", "corner")]
    ended = list(spread(tasks, LOCAL if place == "here" else dask))
    reasons = {task.folder.name: failure and failure.reason for task, failure in ended}
    assert reasons == {"broken": "RuntimeError: no such luck at all", "corner": None}
    assert RowFolder(tasks[1].folder).is_done("as asked")


def test_rows_of_a_cluster_share_a_machine_at_the_same_time(task_of, dask, model_files):
    looking(model_files, "corner", WAIT_FOR_TWO)
    ended = list(spread([task_of("corner", place) for place in ("one", "two")], dask))
    assert [failure for _, failure in ended] == [None, None]
    share = max(1, joblib.cpu_count() // 2)
    assert [RowFolder(task.folder).history()[0]["cores"] for task, _ in ended] == [share] * 2


def test_a_row_whose_worker_dies_is_fitted_by_another(task_of, dask, model_files, counter):
    looking(model_files, "corner", WRITE_IDS + "time.sleep(60 if self._first else 0)")
    task = task_of("corner")
    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(list, spread([task], dask))
        _, worker = ids(counter)
        os.kill(worker, signal.SIGKILL)
        assert ended.result() == [(task, None)]
    assert len(counter.read_text().splitlines()) == 2


def test_a_row_that_nobody_waits_for_any_more_is_ended(task_of, dask, model_files, counter):
    looking(model_files, "broken", WRITE_IDS + "time.sleep(600)")
    ended = spread([task_of("corner"), task_of("broken")], dask)
    assert next(ended)[0].folder.name == "corner"
    row, worker = ids(counter)
    ended.close()
    while is_alive(row):
        time.sleep(0.1)
    assert is_alive(worker)


@pytest.mark.slow
def test_a_scheduler_that_dies_under_a_row_is_said_in_a_line(
    task_of, start_cluster, model_files, counter
):
    looking(model_files, "corner", WRITE_IDS + "time.sleep(600)")
    own = start_cluster()
    own.hold(1)
    executor = Executor.parse(f"dask://{own.address}")
    with ThreadPoolExecutor(1) as threads:
        ended = threads.submit(list, spread([task_of("corner")], executor))
        ids(counter)
        own._scheduler.kill()
        with pytest.raises(WorkError, match="the Dask scheduler is gone"):
            ended.result()


LOOK = 'job.progress("looking", 1, 1)'

#: Code of a fit that goes on once two are at work, and tells how many cores it may use.
WAIT_FOR_TWO = """
        import joblib, time
        while len(open(self.counter).readlines()) < 2:
            time.sleep(0.05)
        self.history = [{"epoch": 1, "cores": joblib.effective_n_jobs(None)}]
        return self
"""

#: Code of a fit that tells its own process and that of the worker which has started it.
WRITE_IDS = """
        import os, time
        from features.files import write_text
        file = type(job.folder)(self.counter).with_name("ids")
        self._first = not file.exists()
        write_text(file, f"{os.getpid()} {os.getppid()}")
        """


def looking(files: dict[str, str], model: str, code: str) -> None:
    """Make a model one that does something of its own while it looks."""
    source = Path(files["corner"]).read_text()
    assert LOOK in source
    Path(files[model]).write_text(source.replace(LOOK, code.strip()))


def ids(counter: Path) -> list[int]:
    """Wait for a fit that writes them; return the processes of the row and of its worker."""
    file = counter.with_name("ids")
    while not file.exists():
        time.sleep(0.05)
    return [int(word) for word in file.read_text().split()]


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
