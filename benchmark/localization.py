"""Heat maps against boxes: how often a model looks where a radiologist drew a box."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.progress import Progress, silent
from features.radiographs import BOX_FRAME

#: Side, in pixels, of the frame in which maps and boxes are compared.
FRAME = 256

#: A predicted box goes round what reaches this share of the map's maximum, unless told otherwise.
SHARE = 0.5

#: Overlaps at and above which a predicted box counts as a hit.
OVERLAPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)

#: Random maps that a random baseline is the mean of, for each radiograph and finding.
DRAWS = 10

#: The baselines, by what stands in the column ``map``.
CENTRE, RANDOM, AVERAGE = "centre", "random map", "average box"

SIDES = ["x", "y", "width", "height"]
HITS = [f"hit_{overlap}" for overlap in OVERLAPS]
MEASURES = [*HITS, "iou", "pointing", "containment", "empty"]

#: The columns of the table, in order.
COLUMNS = ["row", "map", "part", "finding", "images", "boxes", "patients", *MEASURES]


@dataclass(frozen=True)
class Judgement:
    """What one map, or one predicted box, is worth against the boxes of a finding.

    Parameters
    ----------
    iou : float
        Intersection over union of the predicted box and the one it overlaps best, in [0, 1].
    pointing : float
        1 where the map's maximum lies inside a box, else 0.
    containment : float
        Share of the heat that lies inside the boxes, in [0, 1].
    empty : float
        1 where the map is zero everywhere: it points nowhere and hits nothing.
    """

    iou: float
    pointing: float
    containment: float
    empty: float = 0.0

    def measures(self) -> dict[str, float]:
        """Return every one of `MEASURES`, hits at each of `OVERLAPS` included."""
        hits = [float(self.iou >= overlap) for overlap in OVERLAPS]
        return dict(zip(HITS, hits, strict=True)) | asdict(self)


@dataclass(frozen=True)
class Looks:
    """What a model looked at: a map for each pair of a radiograph and a finding boxed in it.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Columns image, finding: each pair once.
    maps : sequence of numpy.ndarray
        One a pair, shape (h, w), at least 0, over the whole image on any grid.
    boxes : pandas.DataFrame
        Columns image, patient, finding, x, y, width, height, in pixels of a frame of `BOX_FRAME`:
        those of every pair and of whoever else may lend the average box.
    """

    pairs: pd.DataFrame
    maps: Sequence[np.ndarray]
    boxes: pd.DataFrame


def judge_all(
    looks: Looks, row: str, *, share: float = SHARE, seed: int = 0, progress: Progress = silent
) -> pd.DataFrame:
    """Judge every map, and beside each what three baselines would have got.

    Parameters
    ----------
    looks : Looks
        Maps and boxes.
    row : str
        What stands in the column ``map`` for the row's own maps.
    share : float, optional
        See `predicted_box`.
    seed : int, optional
        Where random maps come from.
    progress : callable, optional
        Told how many maps are judged.

    Returns
    -------
    pandas.DataFrame
        Four lines a pair, for `row`, `CENTRE`, `RANDOM` and `AVERAGE`: map, image, patient,
        finding, boxes (their number) and `MEASURES`, NaN where there is no average box.
    """
    random = np.random.default_rng(seed)
    boxes = looks.boxes.assign(**(looks.boxes[SIDES] * (FRAME / BOX_FRAME)))
    lines = []
    for done, (pair, heat) in enumerate(zip(looks.pairs.itertuples(), looks.maps, strict=True)):
        progress("maps against boxes", done, len(looks.maps))
        of_finding = boxes[boxes["finding"] == pair.finding]
        mine = of_finding[of_finding["image"] == pair.image]
        patient = mine["patient"].iloc[0]
        others = of_finding.loc[of_finding["patient"] != patient, SIDES].to_numpy()
        shared = {"image": pair.image, "patient": patient, "finding": pair.finding}
        for name, measures in _compared(heat, mine[SIDES].to_numpy(), others, share, random):
            lines.append({"map": name or row, **shared, "boxes": len(mine), **measures})
    progress("maps against boxes", len(looks.maps), len(looks.maps))
    columns = ["map", "image", "patient", "finding", "boxes", *MEASURES]
    return pd.DataFrame(lines, columns=columns)


def _compared(
    heat: np.ndarray,
    boxes: np.ndarray,
    others: np.ndarray,
    share: float,
    random: np.random.Generator,
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the measures of a map, under no name, and those of each baseline."""
    yield "", judge(resized(heat, FRAME), boxes, share=share).measures()
    yield CENTRE, judge(centre_map(FRAME), boxes, share=share).measures()
    drawn = [
        judge(resized(random.random(heat.shape), FRAME), boxes, share=share).measures()
        for _ in range(DRAWS)
    ]
    yield RANDOM, {key: float(np.mean([line[key] for line in drawn])) for key in MEASURES}
    if len(others):
        yield AVERAGE, judge_box(others.mean(axis=0), boxes).measures()
    else:
        yield AVERAGE, dict.fromkeys(MEASURES, np.nan)


def summarise(judged: pd.DataFrame, *, row: str, part: str) -> pd.DataFrame:
    """Average judgements over the pairs of each finding, then over the findings.

    A finding of which one patient alone has a box has no average box. It counts in no map's mean,
    so that all of them are means over the same findings.

    Parameters
    ----------
    judged : pandas.DataFrame
        From `judge_all`.
    row, part : str
        Whose maps they were, on which part.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: for each map, a line a finding and, last, the mean over those that all
        maps are judged on, with their counts. ``empty`` is a number of maps, and in the line of
        the mean their number in all.
    """
    unjudged = judged.loc[judged["iou"].isna(), "finding"].unique().tolist()
    lines = []
    for name, of_map in judged.groupby("map", sort=False):
        means = of_map.groupby("finding", sort=False)[MEASURES].mean()
        for finding in means.index:
            own = of_map[of_map["finding"] == finding]
            lines.append({"map": name, **_line(own, finding, means.loc[finding])})
        shared = of_map[~of_map["finding"].isin(unjudged)]
        lines.append({"map": name, **_line(shared, "mean", means.drop(unjudged).mean())})
    return pd.DataFrame(lines, columns=COLUMNS).assign(row=row, part=part)


def _line(judged: pd.DataFrame, finding: Any, means: pd.Series) -> dict[str, Any]:
    counts = {
        "finding": finding,
        "images": judged["image"].nunique(),
        "boxes": int(judged["boxes"].sum()),
        "patients": judged["patient"].nunique(),
    }
    shares = {name: float(means[name]) for name in MEASURES}
    return {**counts, **shares, "empty": round(judged["empty"].sum())}


def judge(heat: np.ndarray, boxes: np.ndarray, *, share: float = SHARE) -> Judgement:
    """Judge one map against the boxes of one finding.

    Parameters
    ----------
    heat : numpy.ndarray
        Shape (h, w), at least 0.
    boxes : numpy.ndarray
        Shape (k, 4): x, y, width and height, in pixels of the map.
    share : float, optional
        See `predicted_box`.
    """
    total = heat.sum(dtype=float)
    if total <= 0:
        return Judgement(0.0, 0.0, 0.0, empty=1.0)
    row, column = peak(heat)
    inside = inside_any(boxes, heat.shape)
    return Judgement(
        iou=float(overlap(predicted_box(heat, share=share), boxes).max()),
        pointing=float(_holds(boxes, column + 0.5, row + 0.5).any()),
        containment=float(heat[inside].sum(dtype=float) / total),
    )


def judge_box(box: np.ndarray, boxes: np.ndarray) -> Judgement:
    """Judge a box as a map that is one inside it and zero elsewhere; its peak is its centre.

    Parameters
    ----------
    box : numpy.ndarray
        Shape (4,): x, y, width and height.
    boxes : numpy.ndarray
        Shape (k, 4), of the same frame, which is `FRAME` pixels a side.
    """
    x, y, width, height = box
    drawn = inside_any(box[None], (FRAME, FRAME))
    inside = inside_any(boxes, (FRAME, FRAME))
    return Judgement(
        iou=float(overlap(box, boxes).max()),
        pointing=float(_holds(boxes, x + width / 2, y + height / 2).any()),
        containment=float((drawn & inside).sum() / max(drawn.sum(), 1)),
    )


def predicted_box(heat: np.ndarray, *, share: float = SHARE) -> np.ndarray:
    """Return the box round the hottest spot.

    That is the bounding box of the connected component that holds the maximum, of the pixels that
    reach `share` of it; diagonal neighbours are connected.

    Parameters
    ----------
    heat : numpy.ndarray
        Shape (h, w), at least 0 and not 0 everywhere.
    share : float, optional
        In (0, 1].

    Returns
    -------
    numpy.ndarray
        Shape (4,): x, y, width and height, in pixels.
    """
    from scipy import ndimage

    spots, _ = ndimage.label(heat >= share * heat.max(), structure=np.ones((3, 3)))
    hottest = spots[np.unravel_index(heat.argmax(), heat.shape)]
    rows, columns = ndimage.find_objects(spots)[hottest - 1]
    sides = columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
    return np.array(sides, float)


def peak(heat: np.ndarray) -> tuple[float, float]:
    """Return row and column of the maximum: the middle of it where it is reached on a plateau."""
    rows, columns = np.nonzero(heat >= heat.max() * (1 - 1e-6))
    return float(rows.mean()), float(columns.mean())


def overlap(box: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """Return the intersection over union of a box with each of several.

    Parameters
    ----------
    box : numpy.ndarray
        Shape (4,): x, y, width and height.
    boxes : numpy.ndarray
        Shape (k, 4).

    Returns
    -------
    numpy.ndarray
        Shape (k,), in [0, 1].
    """
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[:2] + box[2:], boxes[:, :2] + boxes[:, 2:])
    both = (high - low).clip(0).prod(axis=1)
    either = box[2:].prod() + boxes[:, 2:].prod(axis=1) - both
    return both / np.where(either > 0, either, 1)


def inside_any(boxes: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return which pixels have their centre in at least one of the boxes.

    Parameters
    ----------
    boxes : numpy.ndarray
        Shape (k, 4): x, y, width and height, in pixels.
    shape : tuple of int
        Of the map: (h, w).
    """
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    inside = np.zeros(shape, bool)
    for box in boxes:
        inside |= _holds(box[None], columns + 0.5, rows + 0.5)
    return inside


def _holds(boxes: np.ndarray, x: float | np.ndarray, y: float | np.ndarray) -> np.ndarray:
    left, top, width, height = boxes.T
    return (left <= x) & (x < left + width) & (top <= y) & (y < top + height)


def resized(heat: np.ndarray, size: int) -> np.ndarray:
    """Resize a map to a square by linear interpolation between the centres of its cells.

    Parameters
    ----------
    heat : numpy.ndarray
        Shape (h, w).
    size : int
        Side, in pixels.

    Returns
    -------
    numpy.ndarray
        Shape (size, size). Beyond the centres of the outermost cells their values go on.
    """
    down, across = (_weights(cells, size) for cells in heat.shape)
    return down @ heat @ across.T


def _weights(cells: int, size: int) -> np.ndarray:
    """Return how much of each cell every pixel takes, shape (size, cells)."""
    centres = ((np.arange(size) + 0.5) * cells / size - 0.5).clip(0, cells - 1)
    return (1 - np.abs(centres[:, None] - np.arange(cells))).clip(0)


def centre_map(size: int) -> np.ndarray:
    """Return a Gaussian in the middle, its standard deviation a sixth of the side."""
    along = np.exp(-(((np.arange(size) + 0.5) / size - 0.5) ** 2) / (2 * (1 / 6) ** 2))
    return np.outer(along, along)
