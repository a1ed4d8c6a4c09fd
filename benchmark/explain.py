"""A finished row's heat maps: which radiographs are worth a look, and what the boxes say."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.cases import Request, choose, list_cases
from benchmark.datasets.loading import load_radiographs
from benchmark.experiment import Experiment
from benchmark.localization import (
    FRAME,
    HITS,
    SIDES,
    Looks,
    judge_all,
    predicted_box,
    resized,
    summarise,
)
from benchmark.process import Failure
from benchmark.row import Finished
from benchmark.rows import Row, rows_of
from benchmark.run_folder import RunFolder
from benchmark.runner import finished_rows, is_current
from features.errors import InputError, unknown
from features.images import decode
from features.pixels import PixelArchive
from features.progress import Progress, silent
from features.radiographs import BOX_FRAME, Radiographs
from models.base import Model


@dataclass(frozen=True, eq=False)
class Look:
    """One radiograph with the heat map of one finding.

    Parameters
    ----------
    image, finding, outcome : str
        Which, and one of `benchmark.cases.OUTCOMES`.
    score, threshold : float
        The row's.
    map : numpy.ndarray
        Shape (h, w), as the model gave it.
    boxes : numpy.ndarray
        Shape (k, 4): the finding's, in pixels of a frame of `FRAME`.
    share : float
        What the predicted box goes round.
    file : Path
        The radiograph.
    """

    image: str
    finding: str
    outcome: str
    score: float
    threshold: float
    map: np.ndarray
    boxes: np.ndarray
    share: float
    file: Path

    @cached_property
    def heat(self) -> np.ndarray:
        """Shape (`FRAME`, `FRAME`): the map as a share of its own maximum."""
        heat = resized(self.map, FRAME)
        return heat / max(heat.max(), np.finfo("float32").tiny)

    @property
    def predicted(self) -> np.ndarray | None:
        """The predicted box, shape (4,); None where there is no box to hold against it."""
        is_judged = len(self.boxes) and self.heat.any()
        return predicted_box(self.heat, share=self.share) if is_judged else None

    def pixels(self, size: int) -> np.ndarray:
        """Return the radiograph, shape (size, size), uint8."""
        return decode(self.file, size)[0]


@dataclass(frozen=True, eq=False)
class Explanation:
    """Where a row looked.

    Attributes
    ----------
    row : str
        The row.
    request : Request
        What was asked, its method filled in.
    looks : list of Look
        The gallery: by finding and outcome, highest scores first.
    table : pandas.DataFrame
        Columns `benchmark.localization.COLUMNS`, share, layer, method; empty without a box.
    judged : pandas.DataFrame
        One line a map, radiograph and finding; see `benchmark.localization.judge_all`.
    note : str
        What the maps leave out, in a clause; empty for nothing.
    gallery : Path or None
        The page, once written.
    """

    row: str
    request: Request
    looks: list[Look]
    table: pd.DataFrame
    judged: pd.DataFrame
    note: str = ""
    gallery: Path | None = None

    def records(self) -> list[dict[str, Any]]:
        """Return the table as JSON has it: one dictionary a line, None for what is not known."""
        return json.loads(self.table.to_json(orient="records"))

    def lines(self) -> list[dict[str, str]]:
        """Return the table as a terminal shows it, the maps of each finding together."""
        columns = [*HITS, "pointing", "containment"]
        order = list(self.table["finding"].unique())
        order = order[:1] if len(order) == 2 else order  # the mean of one finding says no more
        records = [record for record in self.records() if record["finding"] in order]
        return [
            {"finding": record["finding"], "map": record["map"]}
            | {key: str(record[key]) for key in ("images", "boxes", "patients")}
            | {key.replace("hit_", "IoU≥"): _figure(record[key]) for key in columns}
            for record in sorted(records, key=lambda record: order.index(record["finding"]))
        ]

    def conclusion(self) -> str:
        """Say what the table is of."""
        part = self.request.part_name
        if not len(self.table):
            which = "no radiograph" if self.request.is_whole else "none of these radiographs"
            return f"{which} of the {part} has a box of a finding asked for"
        kept = "" if self.request.is_whole else "; a part of the boxes: not kept in the run"
        note = f"; {self.note}" if self.note else ""
        return f"{part}, shares of radiographs with boxes; empty maps count as misses{note}{kept}"


def explain(
    run: RunFolder, row: str, request: Request, *, seed: int = 0, progress: Progress = silent
) -> Explanation:
    """Make the heat maps of a finished row that a gallery and the boxes call for.

    Parameters
    ----------
    run : RunFolder
        A run.
    row : str
        A finished row whose model has heat maps.
    request : Request
        What is asked.
    seed : int, optional
        Where the baseline's random maps come from.
    progress : callable, optional
        Told how far reading and looking are.

    Raises
    ------
    InputError
        If the row is unknown, unfinished or has no heat maps, or a finding, an image, a layer or a
        method is unknown, or the radiographs are not where they were.
    """
    experiment = run.experiment()
    finished, method = _finished(run, experiment, row, request.method)
    request = replace(request, method=method)
    cases = list_cases(run, row, request)
    radiographs = _radiographs(experiment, request, cases["image"], progress)
    boxes = _boxes(radiographs)
    cases["boxed"] = _pairs(cases).isin(_pairs(boxes))
    shown = choose(cases, request)
    progress("loading the model", 0, 1)
    model = finished.model()
    progress("loading the model", 1, 1)
    needed = cases[cases["boxed"] | cases.index.isin(shown.index)]
    if size := model.options.get("size"):
        radiographs = _decoded(radiographs, needed["image"].unique(), size, progress)
    maps = _maps(model, radiographs, needed, request, progress)
    boxed = cases[cases["boxed"]]
    looks = Looks(boxed[["image", "finding"]], [maps[case] for case in boxed.index], boxes)
    judged = judge_all(looks, row, share=request.share, seed=seed, progress=progress)
    table = summarise(judged, row=row, part=request.part)
    return Explanation(
        row,
        request,
        _looks(shown, maps, boxes, radiographs, request.share),
        table.assign(share=request.share, layer=request.layer, method=request.method),
        judged,
        model.heatmap_note,
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _finished(
    run: RunFolder, experiment: Experiment, row: str, method: str
) -> tuple[Finished, str]:
    """Return a row and the method to look at it with, or say why it cannot be explained."""
    rows = {other.name: other for other in rows_of(experiment)}
    if row not in rows:
        raise unknown("row", row, rows, where=str(run.path))
    if why := rows[row].model.why_no_heatmaps:
        able = [name for name in experiment.rows if not rows[name].model.why_no_heatmaps]
        raise InputError(
            f"{row} has no heat maps: {why}; rows of {run.path} that have them: "
            f"{', '.join(able) or 'none'}"
        )
    chosen = rows[row].model.heatmap_method(method)
    status = run.row(row).status
    if status.get("state") != "done":
        why = status.get("reason") or f"cxrbench run … --out {run.path} finishes it"
        raise InputError(f"{row} of {run.path} is {status.get('state', 'not fitted')}: {why}")
    try:
        below = finished_rows(run, rows[row], rows.values())
    except Failure as failure:
        raise InputError(f"{row} of {run.path} cannot be loaded: {failure.reason}") from None
    if stale := _stale(run, row, rows):
        raise InputError(
            f"{stale} of {run.path} was fitted on rows that have been fitted again since; "
            f"cxrbench run … --out {run.path} fits it again"
        )
    return Finished(run.row(row), rows[row].source, below), chosen


def _stale(run: RunFolder, row: str, rows: dict[str, Row]) -> str:
    """Name the row, it or one that it builds on, whose foundation has changed; else nothing.

    What lies below now is not what its features came from.
    """
    if not is_current(run, rows[row]):
        return row
    below = (_stale(run, name, rows) for name in rows[row].model.builds_on)
    return next(filter(None, below), "")


def _radiographs(
    experiment: Experiment, request: Request, images: Iterable[str], progress: Progress
) -> Radiographs:
    """Read the run's radiographs again, from where they are now."""
    data = experiment.data
    if request.data is not None:
        # As it is: a phantom that is not there must not be drawn into a folder that was named.
        data = data.model_copy(update={"folder": str(request.data), "source": "nih"})
    radiographs, reading = load_radiographs(data, progress=progress)
    missing = sorted(set(images) - set(radiographs.images))
    if missing:
        raise InputError(
            f"{len(missing)} radiographs of the run are not in {reading['folder']}, for example "
            f"{missing[0]}: name their folder with --data DIR"
        )
    return radiographs


def _decoded(
    radiographs: Radiographs, images: np.ndarray, size: int, progress: Progress
) -> Radiographs:
    """Return some of the radiographs, decoded, and no other where that is still to be done."""
    some = radiographs.take(radiographs.table.index.get_indexer(pd.Index(images)))
    archive, rows = some.archive, some.rows
    assert archive is not None and rows is not None
    if not len(rows):
        return some
    if not archive.holds(size):  # read from elsewhere, or the cache was emptied
        files = archive.files
        few = PixelArchive([files[row] for row in rows], archive.folder)
        some = replace(some, archive=few, rows=np.arange(len(rows)))
    some.pixels(size, progress)
    return some


def _boxes(radiographs: Radiographs) -> pd.DataFrame:
    """Return all boxes, with whose radiograph they are in."""
    boxes = radiographs.boxes
    assert boxes is not None
    return boxes.assign(patient=radiographs.table["patient"].loc[boxes["image"]].to_numpy())


def _pairs(table: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[["image", "finding"]])


def _maps(
    model: Model, radiographs: Radiographs, cases: pd.DataFrame, asked: Request, progress: Progress
) -> dict[int, np.ndarray]:
    """Return the map of each case, by its index."""
    maps: dict[int, np.ndarray] = {}
    for finding, of_finding in cases.groupby("finding", sort=False):
        progress("heat maps", len(maps), len(cases))
        some = radiographs.take(_positions(radiographs, of_finding)).without_truth()
        found = model.heatmaps(some, str(finding), layer=asked.layer, method=asked.method)
        maps |= dict(zip(of_finding.index, found, strict=True))
    progress("heat maps", len(cases), len(cases))
    return maps


def _looks(
    shown: pd.DataFrame,
    maps: dict[int, np.ndarray],
    boxes: pd.DataFrame,
    radiographs: Radiographs,
    share: float,
) -> list[Look]:
    assert radiographs.archive is not None and radiographs.rows is not None
    files = radiographs.archive.files
    places = radiographs.rows[_positions(radiographs, shown)]
    known = ["image", "finding", "outcome", "score", "threshold"]
    looks = []
    for case, said, place in zip(shown.index, shown[known].to_dict("records"), places, strict=True):
        mine = boxes[(boxes["image"] == said["image"]) & (boxes["finding"] == said["finding"])]
        drawn = mine[SIDES].to_numpy(float) * (FRAME / BOX_FRAME)
        look = {"map": maps[case], "boxes": drawn, "share": share, "file": files[place]}
        looks.append(Look(**{str(key): value for key, value in said.items()}, **look))
    return looks


def _positions(radiographs: Radiographs, cases: pd.DataFrame) -> np.ndarray:
    return radiographs.table.index.get_indexer(pd.Index(cases["image"]))
