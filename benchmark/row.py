"""One row in a process of its own: fit, score, save. The runner starts it and listens.

A process of its own keeps what one row does (a crash, memory, the GPU, dtype policies,
determinism flags) from the others. The task arrives pickled on standard input, from the parent
process and never from a file; progress goes back as JSON lines on standard output.
"""

import json
import os
import pickle
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from numbers import Integral, Real
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd

from benchmark.cost import cost_of
from benchmark.executors.executor import LOCAL, Executor
from benchmark.provenance import machine, versions
from benchmark.row_folder import RowFolder
from features.errors import InputError, WorkError
from features.radiographs import Radiographs
from models import registry
from models.base import Job, Model, Report, unheard

#: Passes a message to the parent process.
Send = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Finished:
    """A finished row that another builds on; see `models.base.FinishedRow`.

    Parameters
    ----------
    folder : RowFolder
        The row's.
    source : str
        Its model's name or file.
    below : dict of str to Finished
        What it builds on itself.
    """

    folder: RowFolder
    source: str
    below: "dict[str, Finished]"

    def scores(self) -> pd.DataFrame:
        """Return its probabilities on all parts: indexed by image, a column a finding."""
        return self.folder.scores()

    def model(self) -> Model:
        """Load its model."""
        return registry.find(self.source).load(self.folder.saved, self.below)


@dataclass(frozen=True)
class RowTask:
    """What a row's process needs to know.

    Parameters
    ----------
    folder : Path
        The row's folder in the run folder.
    fingerprint : str
        Of everything the row depends on.
    source : str
        The model's name or file.
    options : dict
        The model's options.
    seed : int
        The training seed.
    train, valid : Radiographs
        With labels.
    everything : Radiographs
        All parts together, without labels and boxes: what is scored.
    below : dict of str to Finished
        The rows that this one builds on.
    executor : Executor
        Who does the fit's parallel work.
    listens : bool
        Whether the parent process wants to hear of the AUC on *valid* while the model is fitted.
    """

    folder: Path
    fingerprint: str
    source: str
    options: dict[str, Any]
    seed: int
    train: Radiographs
    valid: Radiographs
    everything: Radiographs
    below: dict[str, Finished] = field(default_factory=dict)
    executor: Executor = LOCAL
    listens: bool = False


def main() -> None:
    """Read a task, do it, say how it went."""
    send = _channel()
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    task: RowTask = pickle.load(sys.stdin.buffer)
    try:
        fit_row(task, send)
    except KeyboardInterrupt:
        sys.exit(130)
    except BaseException as error:
        traceback.print_exc()
        send({"failed": _reason(error)})
        sys.exit(1)


def _end_with(parent: int) -> None:
    """End this process and its workers once its parent is gone: the next run fits the row."""
    while os.getppid() == parent:
        time.sleep(1)
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _channel() -> Send:
    """Keep standard output for messages, and send all other printing to the log (stderr)."""
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1, encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")

    return send


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, InputError | WorkError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def fit_row(task: RowTask, send: Send) -> None:
    """Fit the row's model, score all parts, write everything; the status comes last."""
    row = RowFolder(task.folder)
    model = registry.find(task.source)(**task.options)
    row.unfinished.mkdir(exist_ok=True)
    report = _reporting(send) if task.listens else unheard
    job = Job(row.unfinished, task.seed, _throttled(send), task.below, report)
    built_on = {name: below.folder.content for name, below in task.below.items()}
    with task.executor.ambient(row.unfinished, checked=True):
        fitting, _ = _timed(lambda: model.fit(task.train, task.valid, job))
        scoring, scores = _timed(lambda: model.predict(task.everything))
    _check_findings(task.train.findings, model)
    _check_scores(scores, len(task.everything), model)
    _check_said(model)
    row.saved.mkdir(exist_ok=True)
    model.save(row.saved)
    row.write_history(model.history)
    row.write_scores(task.everything.images, model.findings, scores)
    row.write_cost(
        cost_of(
            model,
            row.saved,
            seconds_fit=fitting,
            seconds_predict=scoring,
            images_fit=len(task.train),
            images_predict=len(task.everything),
        )
    )
    row.set_status(
        state="done",
        fingerprint=task.fingerprint,
        card=model.card,
        versions=versions(),
        machine=machine(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        built_on=built_on,
    )
    shutil.rmtree(row.unfinished, ignore_errors=True)  # what cannot go must not undo the row


def _check_said(model: Model) -> None:
    """Hold what a model says of itself to what the report can show."""
    counts = dict.fromkeys(("parameters", "trainable_parameters", "trees", "leaves"), Integral)
    kinds = {"notes": list, "weights": str} | counts
    if not isinstance(model.facts, dict):
        raise WorkError(f"{model.name()}.facts = {model.facts!r}: a dictionary is wanted")
    for key, kind in kinds.items():
        if not isinstance(model.facts.get(key), kind | None):
            raise WorkError(
                f"{model.name()}.facts[{key!r}] = {model.facts[key]!r}: no {kind.__name__}"
            )
    if not all(isinstance(value, Real) for line in model.history for value in line.values()):
        raise WorkError(f"{model.name()}.history holds something that is no number")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def _check_findings(wanted: tuple[str, ...], model: Model) -> None:
    """Hold a model to the findings of train, in any order: others cannot be evaluated."""
    if sorted(model.findings) != sorted(wanted):
        raise WorkError(
            f"{model.name()}.findings must be those of train, {', '.join(wanted)}; "
            f"after fit they are {', '.join(map(str, model.findings)) or 'not set'}"
        )


def _check_scores(scores: np.ndarray, images: int, model: Model) -> None:
    """Hold a model to its contract before its scores become figures."""
    scores = np.asarray(scores)
    wanted = (images, len(model.findings))
    if scores.shape != wanted:
        raise WorkError(f"{model.name()} predicts an array of shape {scores.shape}, not {wanted}")
    if not np.isfinite(scores).all():
        raise WorkError(f"{model.name()} predicts {(~np.isfinite(scores)).sum()} scores not finite")
    if scores.min() < 0 or scores.max() > 1:
        raise WorkError(
            f"{model.name()} predicts scores outside [0, 1]: these are no probabilities"
        )


def _throttled(send: Send, pause: float = 0.1) -> Callable[[str, int, int], None]:
    """Pass progress on at most every `pause` seconds, but each stage's end always."""
    last = 0.0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done >= total or now - last >= pause:
            last = now
            send({"progress": [stage, done, total]})

    return progress


def _reporting(send: Send) -> Report:
    """Pass on every figure: whether the fit is ended there must not depend on the clock."""
    return lambda step, auc: send({"report": [int(step), float(auc)]})


if __name__ == "__main__":
    main()
