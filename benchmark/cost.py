"""What a row has cost: parameters, seconds, memory, bytes on disk."""

import multiprocessing
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmark.provenance import machine
from models import backend
from models.base import Model


def cost_of(
    model: Model,
    saved: Path,
    *,
    seconds_fit: float,
    seconds_predict: float,
    images_fit: int,
    images_predict: int,
) -> dict[str, Any]:
    """Gather what a row has cost, in the process that has fitted it.

    Parameters
    ----------
    model : Model
        Fitted.
    saved : Path
        The folder that it was saved to.
    seconds_fit, seconds_predict : float
        Wall-clock seconds of `fit` and `predict`, all that they do included: features that lie in
        the cache cost next to nothing, a network's first step is traced. To those of a training
        that went on where it was cut, the seconds of its earlier epochs are added.
    images_fit, images_predict : int
        Radiographs of *train*, and of all parts.

    Returns
    -------
    dict
        JSON-able; None where a figure means nothing for the row or cannot be known.

        - ``parameters``, ``trainable_parameters``: numbers of the network that was trained; a
          frozen backbone in front of it is not counted.
        - ``trees``, ``leaves``: of boosted trees.
        - ``seconds_first_epoch``, in which the network is traced, and ``seconds_epoch``, the median
          of the others; validation included, the writing of the training's state not.
        - ``images_per_second_fit``: images of *train* over the median epoch.
          ``images_per_second_predict``: None below a millisecond.
        - ``peak_memory``: see `peak_memory`. ``peak_device_memory``: see
          `models.backend.peak_device_memory`.
        - ``model_bytes``: of all files of the saved model.
        - ``device``: the GPU's name, with their number where several shared the batches; the
          processor's where there is none.
        - ``seconds_fit``, ``seconds_predict``, ``images_fit``, ``images_predict``.
    """
    first, usual = _epochs(model.history)
    before = model.history[: model.facts.get("resumed_after", 0)]
    seconds_fit += sum(line["seconds"] for line in before)
    return {
        "parameters": model.facts.get("parameters"),
        "trainable_parameters": model.facts.get("trainable_parameters"),
        "trees": model.facts.get("trees"),
        "leaves": model.facts.get("leaves"),
        "seconds_fit": round(seconds_fit, 3),
        "seconds_predict": round(seconds_predict, 3),
        "seconds_first_epoch": first and round(first, 3),
        "seconds_epoch": usual and round(usual, 3),
        "images_fit": images_fit,
        "images_predict": images_predict,
        "images_per_second_fit": _rate(images_fit, usual),
        "images_per_second_predict": _rate(images_predict, round(seconds_predict, 3)),
        "peak_memory": peak_memory(),
        "peak_device_memory": backend.peak_device_memory(),
        "model_bytes": sum(file.stat().st_size for file in saved.rglob("*") if file.is_file()),
        "device": _device(model.facts.get("devices")),
    }


def peak_memory() -> int | None:
    """Return the peak resident memory of this process and of its workers, in bytes.

    On Linux, the sum of what each of them held at its own peak: the process itself and the workers
    that it still has (joblib keeps idle ones for minutes). Peaks need not fall together and pages
    that several map are counted for each, so the sum is an upper bound. Pages of a decoded pixel
    store count while they are mapped in, though the system may take them back.

    The kernel's ``ru_maxrss`` would not do there: a process inherits it from the one that started
    it, so that the smallest row would show the peak of the runner. Elsewhere it is all there is:
    the peak of this process and, of the workers that have *ended*, that of the largest, for this
    is what ``ru_maxrss`` of children means; those still alive are left out.

    Returns
    -------
    int or None
        None on Windows.
    """
    if sys.platform == "linux":
        workers = (worker.pid for worker in multiprocessing.active_children())
        return sum(map(_high_water, (os.getpid(), *filter(None, workers))))
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    people = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return unit * sum(resource.getrusage(who).ru_maxrss for who in people)


def _high_water(process: int) -> int:
    """Return the peak resident memory of a process on Linux; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), 0)


def _device(shared: Any) -> str:
    """Return the name of the GPU, and how many of them shared the batches, or the processor's."""
    gpu = backend.device_name()
    if gpu and isinstance(shared, list) and len(shared) > 1:
        return f"{len(shared)} x {gpu}"
    return gpu or machine()["cpu"]


def _epochs(history: Sequence[dict[str, Any]]) -> tuple[float | None, float | None]:
    """Return the seconds of the first epoch and the median of the others."""
    seconds = [line["seconds"] for line in history if "seconds" in line]
    return (seconds[0] if seconds else None), (median(seconds[1:]) if seconds[1:] else None)


def _rate(images: int, seconds: float | None) -> float | None:
    return round(images / seconds, 3) if seconds else None
