"""Start a row's process, pass its progress on, and make sure that it ends."""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

from benchmark.row import RowTask
from features.progress import Progress
from models.base import Report, unheard

#: Seconds in which a process must have ended once it has said its last word.
GRACE = 30.0


class Failure(Exception):
    """A row failed.

    Parameters
    ----------
    reason : str
        Why, in one line.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def run_row(
    task: RowTask,
    log: Path,
    progress: Progress,
    *,
    report: Report = unheard,
    wanted: Callable[[], bool] = lambda: True,
) -> None:
    """Fit one row in a process of its own.

    Parameters
    ----------
    task : RowTask
        What to fit.
    log : Path
        Where all that the process prints goes.
    progress : callable
        Told how far the fit is.
    report : callable, optional
        Told the AUC on *valid* so far, where the task `listens`. What it raises ends the process.
    wanted : callable, optional
        Asked every second; the process is ended once nobody wants the row any more.

    Raises
    ------
    Failure
        If the row failed or its process died; the message names the reason, or the signal.
    """
    # -P: the folder that the user stands in may hold a `models` of its own.
    command = [sys.executable, "-P", "-m", "benchmark.row"]
    with log.open("wb") as errors:
        # A session of its own, so that its workers can be ended together with it.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=os.environ | {"PYTHONPATH": _import_path()},
            start_new_session=True,
        )
        try:
            reason = _follow(process, task, progress, report, wanted)
        finally:
            _end(process)
    if reason:
        raise Failure(reason if "\n" not in reason else reason.splitlines()[0])


def _import_path() -> str:
    """Return where the process finds this very code first, installed or not, then what we find."""
    rooms = str(Path(__file__).resolve().parent.parent)
    return os.pathsep.join(dict.fromkeys([rooms, *filter(None, sys.path)]))


def _follow(
    process: subprocess.Popen,
    task: RowTask,
    progress: Progress,
    report: Report,
    wanted: Callable[[], bool],
) -> str:
    """Hand the task over and listen until the process ends; return why it failed, if it did."""
    assert process.stdin
    with suppress(BrokenPipeError):  # it died before it could read; its exit status says why
        _hand_over(task, process.stdin)
    for message in _messages(process, wanted):
        if "progress" in message:
            progress(*message["progress"])
        elif "report" in message:
            report(*message["report"])
        else:
            with suppress(subprocess.TimeoutExpired):  # a thread that the model left may never end
                process.wait(GRACE)
            return message["ended"]
    return _death(process.wait())


def _messages(process: subprocess.Popen, wanted: Callable[[], bool]) -> Iterator[dict[str, Any]]:
    """Yield what the process says until it falls silent for good, or is not wanted any more.

    A thread listens. A read in the main thread would miss a Ctrl-C that comes just before it, and
    go on waiting for hours; waiting for the thread, a second at a time, it is heard.
    """
    heard: Queue[dict[str, Any] | None] = Queue()

    def listen() -> None:
        assert process.stdout
        with suppress(json.JSONDecodeError):  # its death may cut its last words short
            for line in process.stdout:
                heard.put(json.loads(line))
        heard.put(None)

    Thread(target=listen, daemon=True).start()
    while wanted():
        try:
            message = heard.get(timeout=1)
        except Empty:
            if process.poll() is not None:  # a child that outlives it may hold its output open
                return
            continue
        if message is None:
            return
        yield message
    raise Failure("its run has ended")


def _end(process: subprocess.Popen) -> None:
    """End the process and every worker that it started and left behind."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _hand_over(task: RowTask, stdin: IO[bytes]) -> None:
    with stdin:
        pickle.dump(task, stdin, protocol=pickle.HIGHEST_PROTOCOL)


def _death(status: int) -> str:
    """Say what an exit status without a last word means; nothing of 0."""
    if not status:
        return ""
    if status > 0:
        return f"its process ended with status {status}; see log.txt"
    name = signal.Signals(-status).name
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return f"its process was ended by {name}{hint}; see log.txt"
