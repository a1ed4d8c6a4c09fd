"""What a run would do: rows, fingerprints, what is done already, an estimate of time and disk."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmark.datasets.loading import load_radiographs, phantom_folder
from benchmark.experiment import Experiment
from benchmark.grids.cells import cells_of
from benchmark.grids.folder import GridFolder
from benchmark.inputs import Inputs, split_of
from benchmark.rows import Row, fingerprints, usable_rows
from benchmark.run_folder import RunFolder
from benchmark.settings import Data
from features.fingerprint import digest
from features.radiographs import Radiographs
from models.base import Estimate

#: Radiographs and their folder; no radiographs where the phantom is still to be drawn.
Read = tuple[Radiographs | None, str]


@dataclass(frozen=True)
class _Plan:
    """What one run would do."""

    experiment: Experiment
    rows: list[Row]
    radiographs: Radiographs | None
    prints: dict[str, str]
    done: dict[str, bool]
    left: dict[str, Estimate | None]

    @property
    def images(self) -> int:
        return _images(self.experiment, self.radiographs)

    def holds(self, size: int) -> bool:
        """Whether the pixels of this size are decoded."""
        archive = self.radiographs.archive if self.radiographs is not None else None
        return archive is not None and archive.holds(size)

    def keys(self) -> dict[str, str]:
        """Return what tells fits apart: fingerprints or, before decoding, what goes into them."""
        shared = [self.experiment.data.model_dump(), self.experiment.split.model_dump()]
        keys: dict[str, str] = {}
        for row in self.rows:
            seed = self.experiment.training.seed if row.model.seeded else None
            below = [keys[name] for name in row.model.builds_on]
            known = digest(shared, row.source, row.model.depends_on(), seed, below)
            keys[row.name] = self.prints.get(row.name, known)
        return keys


def plan(experiment: Experiment, folder: Path) -> dict[str, Any]:
    """Say what running an experiment would do, without decoding, drawing or fitting anything.

    Parameters
    ----------
    experiment : Experiment
        What would be run.
    folder : Path
        The run folder.

    Returns
    -------
    dict
        ``rows`` (row, model, fingerprint, state, time), ``seconds``, ``disk`` (bytes),
        ``conclusion`` (a sentence); JSON-able. Fingerprints are known only once the pixels are
        decoded, for they depend on them.
    """
    made = _plan(experiment, RunFolder(folder).holds, _radiographs)
    disk = _models(made.left.values()) + _pixels([made])
    lines = [
        _line(row, made.prints, made.done[row.name], made.left.get(row.name)) for row in made.rows
    ]
    finished = f"{sum(made.done.values())} of {len(made.rows)} rows are finished"
    return {"rows": lines} | _costs(finished, made.left, disk)


def plan_grid(experiment: Experiment, folder: Path) -> dict[str, Any]:
    """Say what running every cell of a grid would do; see `plan`.

    Returns
    -------
    dict
        ``cells`` (cell, finished, time), and as of `plan` ``seconds``, ``disk`` and
        ``conclusion``. A row that several cells share counts in the first of them, where it would
        be fitted.
    """
    finished, read = GridFolder(folder).finished_rows(), cache(_radiographs)
    fits: dict[str, Estimate | None] = {}
    names: dict[str, str] = {}
    lines, plans = [], []
    for cell in cells_of(experiment):
        made = _plan(cell.experiment, lambda _, fingerprint: fingerprint in finished, read)
        keys = made.keys()
        new = {keys[name]: it for name, it in made.left.items() if keys[name] not in fits}
        fits |= new
        names |= {key: name for name, key in keys.items()}
        plans.append(made)
        seconds = sum(estimate.seconds for estimate in new.values() if estimate)
        done = f"{sum(made.done.values())} of {len(made.rows)}"
        lines.append({"cell": cell.name, "finished": done, "time": f"{seconds:.0f} s"})
    done = f"{sum(all(made.done.values()) for made in plans)} of {len(plans)} cells are finished"
    unknown = {names[key]: it for key, it in fits.items() if it is None}
    known = {key: it for key, it in fits.items() if it is not None}
    return {"cells": lines} | _costs(done, known | unknown, _models(fits.values()) + _pixels(plans))


def _plan(
    experiment: Experiment, holds: Callable[[str, str], bool], read: Callable[[Data], Read]
) -> _Plan:
    rows = usable_rows(experiment)
    radiographs, folder = read(experiment.data)
    prints = _fingerprints(experiment, rows, radiographs, folder)
    images = _images(experiment, radiographs)
    train = round(images * (1 - experiment.split.valid - experiment.split.test))
    done = {row.name: row.name in prints and holds(row.name, prints[row.name]) for row in rows}
    left = {row.name: row.model.estimate(train, images) for row in rows if not done[row.name]}
    return _Plan(experiment, rows, radiographs, prints, done, left)


def _images(experiment: Experiment, radiographs: Radiographs | None) -> int:
    if radiographs is not None:
        return len(radiographs)
    drawn = experiment.data.phantom.images
    return min(drawn, experiment.data.limit or drawn)


def _costs(finished: str, left: dict[str, Estimate | None], disk: int) -> dict[str, Any]:
    """Add up what is left: seconds, bytes, and a sentence; an estimate of None is unknown."""
    seconds = sum(estimate.seconds for estimate in left.values() if estimate)
    time = "less than a minute" if seconds < 60 else f"about {seconds / 60:.0f} min"
    unknown = ", ".join(name for name, estimate in left.items() if estimate is None)
    return {
        "seconds": round(seconds),
        "disk": disk,
        "conclusion": f"{finished}; what is left takes {time} on two cores and "
        f"{disk / 1e6:,.0f} MB of disk"
        + (f", without {unknown}, whose cost is unknown" if unknown else ""),
    }


def _radiographs(data: Data) -> Read:
    """Read the tables, and say where."""
    if data.source == "phantom" and not (phantom_folder(data) / "phantom.json").is_file():
        return None, ""
    radiographs, reading = load_radiographs(data)
    return radiographs, reading["folder"]


def _decoded(radiographs: Radiographs | None) -> bool:
    return bool(radiographs and radiographs.archive and radiographs.archive.decoded)


def _fingerprints(
    experiment: Experiment, rows: list[Row], radiographs: Radiographs | None, folder: str
) -> dict[str, str]:
    if radiographs is None or not _decoded(radiographs):
        return {}
    inputs = Inputs(radiographs, split_of(experiment, radiographs, folder), {})
    return fingerprints(rows, inputs.without_damaged(), experiment.training.seed)


def _line(
    row: Row, prints: dict[str, str], done: bool, estimate: Estimate | None
) -> dict[str, str]:
    return {
        "row": row.name,
        "model": row.model.name(),
        "fingerprint": prints.get(row.name, "after decoding"),
        "state": "finished" if done else "to do",
        "time": "" if done else f"{estimate.seconds:.0f} s" if estimate else "unknown",
    }


def _models(left: Iterable[Estimate | None]) -> int:
    return sum(estimate.disk for estimate in left if estimate)


def _pixels(plans: Iterable[_Plan]) -> int:
    """Add up what decoded pixels would take; those decoded before take nothing more."""
    wanted = {
        (made.experiment.data.model_copy(update={"size": size}), size): made
        for made in plans
        for row in made.rows
        if (size := row.model.options.get("size"))
    }
    return sum(made.images * size**2 for (_, size), made in wanted.items() if not made.holds(size))
