"""The tables of ChestX-ray14 in all variants met in the wild, known by their columns."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.datasets.cells import header, read_cells
from benchmark.datasets.files import stem
from features.errors import InputError, unknown
from features.findings import NO_FINDING, canonical, label_set
from features.radiographs import COLUMNS

LABELS = label_set(15)

#: Ages above this are typing errors of the 2017 table (it has patients of 414 years).
OLDEST = 100

#: The columns of all variants of the label table, letters and digits of the header alone. The
#: header ``OriginalImage[Width,Height]`` counts as two columns, as its two numbers do.
_COLUMNS = {
    "imageindex": "image",
    "findinglabels": "findings",
    "patientid": "patient",
    "patientage": "age",
    "patientgender": "sex",
    "patientsex": "sex",
    "viewposition": "view",
    "followup": "follow_up",
    "originalimagewidth": "width",
    "originalimageheight": "height",
    "height": "height",
}
_NEEDED = ("image", "findings", "patient")
_SIDES = ["x", "y", "width", "height"]
_YEARS = {"Y": 1.0, "M": 1 / 12, "W": 7 / 365.25, "D": 1 / 365.25}
_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([YMWD]?)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class LabelTable:
    """One table of radiographs and their findings.

    Parameters
    ----------
    path : Path
        Where it was read.
    table : pandas.DataFrame
        As `Radiographs` wants it: indexed by image, with the columns `COLUMNS`.
    stems : pandas.Index
        The stem of each image; every one once.
    labels : numpy.ndarray
        Shape (n, 15), float32: the 14 findings and No Finding; NaN where the cell is empty.
    ages_mended : int
        How many ages were above `OLDEST` or no age at all, and are unknown now.
    """

    path: Path
    table: pd.DataFrame
    stems: pd.Index
    labels: np.ndarray
    ages_mended: int

    def __len__(self) -> int:
        return len(self.table)

    def differences(self, other: "LabelTable") -> int:
        """Count the images of both tables that have other labels in `other`."""
        common = self.stems.intersection(other.stems)
        mine = self.labels[self.stems.get_indexer(common)]
        theirs = other.labels[other.stems.get_indexer(common)]
        same = (mine == theirs) | (np.isnan(mine) & np.isnan(theirs))
        return int((~same.all(axis=1)).sum())


def is_label_table(path: Path) -> bool:
    """Whether a CSV file's header names images, findings and patients."""
    return set(_NEEDED) <= set(_label_columns(path))


def is_box_table(path: Path) -> bool:
    """Whether a CSV file's header is that of the bounding boxes."""
    return set(_box_columns(path)) >= {"image", "finding", "x", "height"}


def read_labels(path: Path) -> LabelTable:
    """Read a label table, whatever its variant.

    Parameters
    ----------
    path : Path
        ``Data_Entry_2017.csv``, ``Data_Entry_2017_v2020.csv``, ``sample_labels.csv``, or any
        table with the same columns under another name.

    Raises
    ------
    InputError
        If a column or a cell that cannot be done without is missing, a finding is unknown, or
        two lines contradict each other.
    """
    places = _label_columns(path)
    if missing := [name for name in _NEEDED if name not in places]:
        raise InputError(f"{path} is no label table: it has no column of the {missing[0]}")
    cells = read_cells(path, places, len(header(path)))
    for name in ("image", "patient"):
        if (nameless := cells.index[cells[name] == ""]).size:
            raise InputError(f"{path.name}: line {nameless[0]} names no {name}")
    ages = _ages(cells.get("age", _empty(cells)))
    labels = np.stack(_each(cells["findings"], lambda cell: _flags(cell, path.name)))
    table = _table(cells, ages)
    stems = pd.Index([stem(image) for image in table.index])
    once = _once(table, labels, stems, path)
    mended = np.isnan(ages) & (cells.get("age", _empty(cells)) != "").to_numpy()
    return LabelTable(path, table[once], stems[once], labels[once], int(mended[once].sum()))


def read_boxes(path: Path, images: Mapping[str, str]) -> pd.DataFrame:
    """Read the bounding boxes of some images.

    Parameters
    ----------
    path : Path
        ``BBox_List_2017.csv`` or its like.
    images : mapping of str to str
        The names of the images wanted, by stem.

    Returns
    -------
    pandas.DataFrame
        Columns image, finding, x, y, width, height, as `Radiographs` wants them.

    Raises
    ------
    InputError
        If a finding is unknown or a side is no number.
    """
    cells = read_cells(path, _box_columns(path), len(header(path)))
    boxes = cells[_SIDES].apply(pd.to_numeric, errors="coerce")
    if (wrong := boxes.index[boxes.isna().any(axis=1)]).size:
        raise InputError(f"{path.name}: line {wrong[0]} has a side that is no number")
    findings = _each(cells["finding"], lambda cell: _finding(cell, path.name))
    names = [images.get(stem(image)) for image in cells["image"]]
    boxes.insert(0, "image", names)
    boxes.insert(1, "finding", findings)
    return boxes[boxes["image"].notna()].reset_index(drop=True)


def no_boxes() -> pd.DataFrame:
    """Return a box table without a line."""
    return pd.DataFrame({"image": [], "finding": []}, dtype=object).assign(
        **{side: np.empty(0) for side in _SIDES}
    )


def _label_columns(path: Path) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, name in enumerate(header(path)):
        if name in _COLUMNS:
            places.setdefault(_COLUMNS[name], place)
    return places


def _box_columns(path: Path) -> dict[str, int]:
    """Return where the columns stand; the four numbers share one header, ``Bbox [x,y,w,h]``."""
    names = header(path)
    places = {"image": "imageindex", "finding": "findinglabel", "x": "bboxx"}
    found = {ours: names.index(theirs) for ours, theirs in places.items() if theirs in names}
    if "x" in found:
        found |= {side: found["x"] + i for i, side in enumerate(_SIDES)}
    return found


def _empty(cells: pd.DataFrame) -> pd.Series:
    return pd.Series("", index=cells.index, dtype=object)


def _each(column: pd.Series, read: Callable[[str], Any]) -> list:
    """Read every cell, each different one once: 112,120 lines have 836 combinations of findings."""
    codes, values = pd.factorize(column)
    said = [read(value) for value in values]
    return [said[code] for code in codes]


def _finding(spelling: str, where: str) -> str:
    if (finding := canonical(spelling)) is None:
        raise unknown("finding", spelling, LABELS, where)
    return finding


def _flags(cell: str, where: str) -> np.ndarray:
    """Turn ``Mass|Nodule`` into 15 flags; an empty cell says nothing, not No Finding."""
    present = {_finding(name.strip(), where) for name in cell.split("|") if name.strip()}
    if not present:
        return np.full(len(LABELS), np.nan, np.float32)
    if NO_FINDING in present and len(present) > 1:
        raise InputError(f"{where}: '{cell}' says {NO_FINDING} and a finding at once")
    return np.array([label in present for label in LABELS], np.float32)


def _ages(cells: pd.Series) -> np.ndarray:
    return np.array(_each(cells, _years), dtype=float)


def _years(cell: str) -> float:
    """Turn ``57``, ``060Y``, ``013M`` or ``001D`` into years; NaN where it is no age."""
    match = _AGE.fullmatch(cell)
    years = float(match[1]) * _YEARS[match[2].upper() or "Y"] if match else np.nan
    return years if years <= OLDEST else np.nan


def _patient(cell: str) -> str:
    """Return ``13`` for ``00000013`` and for ``13.0``; other names stay as they are."""
    digits = cell.removesuffix(".0")
    return str(int(digits)) if digits.isascii() and digits.isdigit() else cell


def _one_of(allowed: tuple[str, ...], start: int) -> Callable[[str], str]:
    return lambda cell: cell[:start].upper() if cell[:start].upper() in allowed else ""


def _table(cells: pd.DataFrame, ages: np.ndarray) -> pd.DataFrame:
    def numbers(name: str) -> pd.Series:
        return pd.to_numeric(cells.get(name, _empty(cells)), errors="coerce").astype(float)

    table = pd.DataFrame(
        {
            "patient": _each(cells["patient"], _patient),
            "age": ages,
            "sex": _each(cells.get("sex", _empty(cells)), _one_of(("F", "M"), 1)),
            "view": _each(cells.get("view", _empty(cells)), _one_of(("PA", "AP"), 2)),
            "follow_up": numbers("follow_up").fillna(0).to_numpy(int),
            "width": numbers("width").to_numpy(),
            "height": numbers("height").to_numpy(),
        },
        index=pd.Index(cells["image"].to_numpy(), name="image"),
    )
    return table[list(COLUMNS)]


def _once(table: pd.DataFrame, labels: np.ndarray, stems: pd.Index, path: Path) -> np.ndarray:
    """Say which lines to keep: the first of equal ones, and none where two contradict."""
    again = stems.duplicated(keep=False)
    if again.any():
        lines = pd.concat(
            [table[again].reset_index(drop=True), pd.DataFrame(labels[again])], axis=1
        )
        different = lines.assign(stem=stems[again]).drop_duplicates()["stem"]
        if clash := sorted(set(different[different.duplicated()])):
            raise InputError(
                f"{path.name} contradicts itself about {len(clash)} images: {', '.join(clash[:5])}"
            )
    return ~stems.duplicated()
