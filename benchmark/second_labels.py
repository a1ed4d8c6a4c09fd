"""A second label file: what others, a panel of radiologists say, call present on some images."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.datasets.cells import letters, read_cells, titles
from benchmark.datasets.files import stem
from benchmark.split_file import IMAGE_COLUMNS, no_column, some
from features.errors import InputError, unknown
from features.findings import NO_FINDING, canonical, label_set
from features.radiographs import Radiographs

_LABELS = label_set(15)

#: The column in which NIH's tables list the findings of an image.
_LIST = "findinglabels"

#: What a cell may say; -1 is how CheXpert and MIMIC-CXR write that nobody knows.
_CELLS = {
    **dict.fromkeys(("1", "1.0", "yes", "true"), 1.0),
    **dict.fromkeys(("0", "0.0", "no", "false"), 0.0),
    **dict.fromkeys(("", "-1", "-1.0"), np.nan),
}

#: A column as like a finding's name as this is taken for a slip of the pen.
_ALIKE = 0.8


@dataclass(frozen=True, eq=False)
class SecondLabels:
    """A label file as it was read.

    Parameters
    ----------
    file : Path
        Where.
    table : pandas.DataFrame
        Indexed by the images' stems, a column a finding: 1 present, 0 absent, NaN unknown.
    unread : tuple of str
        Columns that hold no finding, in small letters.
    """

    file: Path
    table: pd.DataFrame
    unread: tuple[str, ...]

    def of(self, images: pd.Index, findings: Sequence[str]) -> pd.DataFrame:
        """Return the labels of a run's images, by their names there.

        Raises
        ------
        InputError
            If the file names none of them, or none of the findings.
        """
        stems = pd.Index([stem(image) for image in images])
        named = stems.isin(self.table.index)
        if not named.any():
            names = some(list(self.table.index), "image")
            raise InputError(f"{self.file} names no image of this run, but {names}")
        kept = [finding for finding in findings if finding in self.table]
        if not kept:
            raise InputError(f"{self.file} labels none of {', '.join(findings)}")
        labels = self.table.loc[stems[named], kept]
        return labels.set_axis(pd.Index(images[named], name="image"), axis=0)

    def told(self, labels: pd.DataFrame) -> str:
        """Say how much of the file was found in a run whose labels `of` has returned."""
        named, labels = len(labels), labels.dropna(how="all")
        said = f"{self.file.name} labels {_number(labels.columns, 'finding')} on"
        left = len(self.table) - named
        more = f"; names {left:,} that the run does not have" if left else ""
        unread = f"; columns not read: {', '.join(self.unread)}" if self.unread else ""
        return f"{said} {_number(labels, 'image')} of this run{more}{unread}"


def _number(things: Sized, what: str) -> str:
    return f"{len(things):,} {what}{'s' * (len(things) != 1)}"


def second_labels_of(
    file: str, radiographs: Radiographs, part: np.ndarray
) -> tuple[pd.DataFrame | None, dict[str, str]]:
    """Return what a second label file says of radiographs, and what is to be told of it.

    Parameters
    ----------
    file : str
        ``[evaluation] labels``; empty where there is none.
    radiographs : Radiographs
        Of a run.
    part : numpy.ndarray
        Shape (n,): the part of each.

    Returns
    -------
    pandas.DataFrame or None
        As `SecondLabels.of`.
    dict
        A sentence under ``second_labels``, for the run's provenance; empty where there is none.

    Raises
    ------
    InputError
        If the file cannot be used, or labels no image of *test*: it would judge nothing.
    """
    if not file:
        return None, {}
    second = read_second_labels(file)
    images = radiographs.table.index
    labels = second.of(images, radiographs.findings)
    if labels[labels.index.isin(images[part == "test"])].isna().all(axis=None):
        raise InputError(f"{second.file} labels no image of test, and so judges nothing")
    return labels, {"second_labels": second.told(labels)}


def read_second_labels(file: str | Path) -> SecondLabels:
    """Read a label file.

    Parameters
    ----------
    file : str or Path
        CSV with a column image (as a split file has it) and either a column a finding, in any
        spelling, whose cells are 1, 0 or empty (unknown), yes or no, or -1 (unknown); or a column
        ``Finding Labels`` as NIH's tables have it, ``Mass|Nodule``.

    Raises
    ------
    InputError
        If the file cannot be read, has no image or no finding, a column or a cell that cannot be
        understood, or two lines that contradict each other.
    """
    path = Path(file).expanduser()
    if not path.is_file():
        raise InputError(f"there is no label file {path}")
    columns = [letters(title) for title in titles(path)]
    image = _image_column(path, columns)
    findings = _finding_columns(path, columns)
    if not findings and _LIST not in columns:
        raise no_column(["of a finding"], columns, path)
    places = findings or {_LIST: columns.index(_LIST)}
    cells = read_cells(path, {"image": image, **places}, len(columns))
    if findings:
        labels = pd.DataFrame({name: _read(path, name, cells[name]) for name in findings})
    else:
        labels = _listed(path, cells[_LIST])
    used = {image, *places.values()}
    unread = tuple(name for place, name in enumerate(columns) if name and place not in used)
    return SecondLabels(path, _once(path, cells["image"], labels), unread)


def _image_column(path: Path, columns: list[str]) -> int:
    found = [name for name in IMAGE_COLUMNS if name in columns]
    if not found:
        raise no_column(IMAGE_COLUMNS, columns, path)
    return columns.index(found[0])


def _finding_columns(path: Path, columns: list[str]) -> dict[str, int]:
    """Return where each finding stands; a column that is nearly one is an error, not ignored."""
    places: dict[str, int] = {}
    for place, name in enumerate(columns):
        finding = canonical(name)
        if finding in places:
            raise InputError(f"{path} has two columns of {finding}")
        if finding is not None:
            places[finding] = place
        elif get_close_matches(name, [letters(label) for label in _LABELS], 1, _ALIKE):
            raise unknown("column", name, _LABELS, where=str(path))
    return places


def _read(path: Path, finding: str, cells: pd.Series) -> pd.Series:
    """Turn a finding's cells into 1, 0 and NaN."""
    labels = cells.str.lower().map(_CELLS)
    wrong = cells.index[~cells.str.lower().isin(_CELLS)]
    if len(wrong):
        raise InputError(
            f"{path}: line {wrong[0]}, column {finding}: '{cells[wrong[0]]}' is no label; "
            "write 1, 0 or nothing"
        )
    return labels.astype(float)


def _listed(path: Path, cells: pd.Series) -> pd.DataFrame:
    """Turn ``Mass|Nodule`` into a column a finding, No Finding among them."""
    lines = []
    for line, cell in cells.items():
        words = [word.strip() for word in cell.split("|") if word.strip()]
        present = [canonical(word) for word in words]
        if None in present:
            wrong = words[present.index(None)]
            raise unknown("finding", wrong, _LABELS, where=f"{path}, line {line}")
        if NO_FINDING in present and len(set(present)) > 1:
            raise InputError(f"{path}: line {line}: '{cell}' says {NO_FINDING} and a finding")
        lines.append([float(label in present) if words else np.nan for label in _LABELS])
    return pd.DataFrame(lines, index=cells.index, columns=list(_LABELS))


def _once(path: Path, images: pd.Series, labels: pd.DataFrame) -> pd.DataFrame:
    """Index labels by image; lines that say the same of one are one, others an error."""
    table = labels.assign(image=images.map(stem))
    if (nameless := images.index[images == ""]).size:
        raise InputError(f"{path}: line {nameless[0]} names no image")
    table = table.drop_duplicates()
    if (again := table["image"].duplicated(keep=False)).any():
        image = table["image"][again].iloc[0]
        at = ", ".join(map(str, table.index[table["image"] == image]))
        raise InputError(f"{path} labels {image} in several ways: lines {at}")
    return table.set_index("image")
