"""One row in a process of its own: fit, score, save. The runner starts it and listens.

A process of its own keeps what one row does (a crash, memory, the GPU, dtype policies,
determinism flags) from the others. The task arrives pickled on standard input, from the parent
process and never from a file; progress goes back as JSON lines on standard output.
"""

import json
import os
import pickle
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmark.provenance import versions
from benchmark.run_folder import RowFolder
from features.errors import InputError, WorkError
from features.radiographs import Radiographs
from models import registry
from models.base import Job, Model

#: Passes a message to the parent process.
Send = Callable[[dict[str, Any]], None]


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
    """

    folder: Path
    fingerprint: str
    source: str
    options: dict[str, Any]
    seed: int
    train: Radiographs
    valid: Radiographs
    everything: Radiographs


def main() -> None:
    """Read a task, do it, say how it went."""
    send = _channel()
    task: RowTask = pickle.load(sys.stdin.buffer)
    try:
        fit_row(task, send)
    except KeyboardInterrupt:
        sys.exit(130)
    except BaseException as error:
        traceback.print_exc()
        send({"failed": _reason(error)})
        sys.exit(1)


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
    from joblib import parallel_config

    row = RowFolder(task.folder)
    model = registry.find(task.source)(**task.options)
    job = Job(task.folder, task.seed, _throttled(send))
    with parallel_config(backend="loky", n_jobs=-1):
        fitting, _ = _timed(lambda: model.fit(task.train, task.valid, job))
        scoring, scores = _timed(lambda: model.predict(task.everything))
    _check_scores(scores, len(task.everything), model)
    row.saved.mkdir(exist_ok=True)
    model.save(row.saved)
    row.write_history(model.history)
    row.write_scores(task.everything.images, model.findings, scores)
    row.write_cost(_cost(row, task, fitting, scoring))
    row.set_status(state="done", fingerprint=task.fingerprint, versions=versions())


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


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


def _cost(row: RowFolder, task: RowTask, fitting: float, scoring: float) -> dict[str, Any]:
    size = sum(file.stat().st_size for file in row.saved.rglob("*") if file.is_file())
    return {
        "seconds_fit": round(fitting, 3),
        "seconds_predict": round(scoring, 3),
        "images_fit": len(task.train),
        "images_predict": len(task.everything),
        "peak_memory": _peak_memory(),
        "model_bytes": size,
    }


def _peak_memory() -> int | None:
    """Return the peak resident memory of this process and its largest worker, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    people = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return unit * sum(resource.getrusage(who).ru_maxrss for who in people)


if __name__ == "__main__":
    main()
