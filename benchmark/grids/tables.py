"""From the figures of cells to their means and spreads: which of split and training, and how far.

The SD is always that of a sample (n - 1 in the denominator), and empty for one cell.
"""

import numpy as np
import pandas as pd

from benchmark.evaluation.metrics import DECISION, RANKING
from benchmark.evaluation.row import COLUMNS
from benchmark.grids.cells import Axes, Cell, word
from benchmark.run_folder import RunFolder

#: What is averaged.
METRICS = (*RANKING, *DECISION)

#: The columns of evaluation/grid.csv after row and settings.
STATISTICS = ("cells", "mean", "sd", "min", "max", "sd_split", "sd_training")


def gather(cells: list[tuple[Cell, RunFolder]], axes: Axes) -> pd.DataFrame:
    """Put the metrics of all cells under each other.

    Parameters
    ----------
    cells : list of (Cell, RunFolder)
        Evaluated.
    axes : Axes
        What varies.

    Returns
    -------
    pandas.DataFrame
        Columns cell, the places that vary, then `benchmark.evaluation.row.COLUMNS`. Values are
        words; a setting that has no bearing on a row, such as an option of another one, is empty
        there.
    """
    tables = [_of_cell(cell, folder) for cell, folder in cells]
    table = pd.concat([it for it in tables if len(it)] or tables[:1], ignore_index=True)
    for place in axes.settings:
        idle = [row for row in table["row"].unique() if _is_idle(place, row, cells)]
        table.loc[table["row"].isin(idle), place] = ""
    return table


def _of_cell(cell: Cell, folder: RunFolder) -> pd.DataFrame:
    metrics = folder.metrics() if folder.has_metrics else pd.DataFrame(columns=list(COLUMNS))
    said = {"cell": cell.name} | {place: word(value) for place, value in cell.at.items()}
    for name, value in reversed(said.items()):
        metrics.insert(0, name, value)
    return metrics


def _is_idle(place: str, row: str, cells: list[tuple[Cell, RunFolder]]) -> bool:
    """Whether cells that differ in one place alone have the same fit of a row.

    Not where it decides how scores are judged, nor where nothing can be compared yet.
    """
    fits: dict[str, list[str]] = {}
    for cell, folder in cells:
        others = word({key: value for key, value in cell.at.items() if key != place})
        if fingerprint := folder.row(row).status.get("fingerprint"):
            fits.setdefault(others, []).append(fingerprint)
    compared = [of_place for of_place in fits.values() if len(of_place) > 1]
    same = bool(compared) and all(len(set(of_place)) == 1 for of_place in compared)
    return same and not place.startswith("evaluation.")


def aggregate(cells: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """Average every figure over splits and trainings.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `gather`.
    axes : Axes
        What varies.

    Returns
    -------
    pandas.DataFrame
        One line a row, setting, part, finding and metric. Columns row, the places that are not
        averaged over, part, finding, metric, then `STATISTICS`: how many cells have the figure,
        their mean, SD, least and largest. Where cells differ in both, ``sd_split`` is the SD of
        the splits' means over the trainings, and ``sd_training`` the SD of trainings on one split,
        pooled over the splits: the root of the summed squared deviations from each split's mean,
        over the summed degrees of freedom. Where they differ in one, that one equals ``sd``.
    """
    by = ["row", *axes.settings, "part", "finding", "metric"]
    drawn = [*axes.split, *axes.training]
    long = cells.drop_duplicates(["row", *axes.settings, *drawn, "part", "finding"]).melt(
        ["row", *axes.settings, *drawn, "part", "finding"], list(METRICS), "metric"
    )
    long["value"] = long["value"].astype(float)
    values = long.groupby(by, sort=False)["value"]
    table = values.agg(cells="count", mean="mean", sd="std", min="min", max="max")
    table["sd_split"] = _between(long, by, axes.split)
    table["sd_training"] = _within(long, by, axes.split)
    return table.reset_index()[[*by, *STATISTICS]]


def _between(long: pd.DataFrame, by: list[str], split: list[str]) -> pd.Series:
    means = long.groupby([*by, *split], sort=False)["value"].mean()
    return means.groupby(level=by, sort=False).std()


def _within(long: pd.DataFrame, by: list[str], split: list[str]) -> pd.Series:
    on_split = long.groupby([*by, *split], sort=False)["value"]
    squares = long.assign(value=(long["value"] - on_split.transform("mean")) ** 2)
    summed = squares.groupby(by, sort=False)["value"].sum()
    freedom = (on_split.count() - 1).clip(lower=0).groupby(level=by, sort=False).sum()
    return np.sqrt(summed / freedom.where(freedom > 0))


def folds_sentence(cells: list[tuple[Cell, RunFolder]], axes: Axes) -> str:
    """Say how often each image was tested over the folds of one cross-validation.

    Empty where no fold varies, or where cells hold other images.
    """
    if "split.fold" not in axes.places:
        return ""
    tested: dict[str, list[pd.Series]] = {}
    for cell, folder in cells:
        others = word({place: value for place, value in cell.at.items() if place != "split.fold"})
        tested.setdefault(others, []).append(folder.split()["part"] == "test")
    folds = [pd.concat(parts, axis=1).sum(axis=1) for parts in tested.values()]
    images, tests = ({int(count(times)) for times in folds} for count in (len, sum))
    often = {n for times in folds for n in times.unique()}
    if not often <= {0, 1} or len(images) > 1 or len(tests) > 1:
        return ""
    again = ", with each of the grid's other values" if len(folds) > 1 else ""
    if images == tests:
        return f"Over the folds every one of the {images.pop():,} images was tested once{again}."
    return f"Over these folds {tests.pop():,} of {images.pop():,} images were tested{again}."
