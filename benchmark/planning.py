"""What a run would do: rows, fingerprints, what is done already, an estimate of time and disk."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmark.datasets.loading import load_radiographs, phantom_folder
from benchmark.experiment import Experiment
from benchmark.inputs import Inputs, split_of
from benchmark.run_folder import RunFolder
from benchmark.runner import Row, fingerprints, rows_of
from features.radiographs import Radiographs
from models.base import Estimate


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
    rows = rows_of(experiment)
    radiographs, folder_of_data = _radiographs(experiment)
    prints = _fingerprints(experiment, rows, radiographs, folder_of_data)
    drawn = experiment.data.phantom.images
    drawn = min(drawn, experiment.data.limit or drawn)
    images = len(radiographs) if radiographs is not None else drawn
    train = round(images * (1 - experiment.split.valid - experiment.split.test))
    run = RunFolder(folder)
    done = {row.name: row.name in prints and run.holds(row.name, prints[row.name]) for row in rows}
    left = {row.name: row.model.estimate(train, images) for row in rows if not done[row.name]}
    disk = _disk(rows, images, radiographs, left.values())
    seconds = sum(estimate.seconds for estimate in left.values() if estimate)
    unknown = ", ".join(name for name, estimate in left.items() if estimate is None)
    return {
        "rows": [_line(row, prints, done[row.name], left.get(row.name)) for row in rows],
        "seconds": round(seconds),
        "disk": disk,
        "conclusion": f"{sum(done.values())} of {len(rows)} rows are finished; the others take "
        f"about {seconds / 60:.0f} minutes on two cores and {disk / 1e6:,.0f} MB of disk"
        + (f", without {unknown}, whose cost is unknown" if unknown else ""),
    }


def _radiographs(experiment: Experiment) -> tuple[Radiographs | None, str]:
    """Read the tables, and say where; None where the phantom is still to be drawn."""
    data = experiment.data
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


def _disk(
    rows: list[Row],
    images: int,
    radiographs: Radiographs | None,
    left: Iterable[Estimate | None],
) -> int:
    """Add up what models and decoded pixels would take; pixels decoded before take nothing more."""
    models = sum(estimate.disk for estimate in left if estimate)
    archive = radiographs.archive if radiographs is not None else None
    sizes = {row.model.options["size"] for row in rows if "size" in row.model.options}
    missing = [size for size in sizes if archive is None or not archive.holds(size)]
    return models + sum(images * size**2 for size in missing)
