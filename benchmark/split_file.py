"""A split made elsewhere: a CSV file that says which part or fold each image belongs to."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmark.datasets.cells import letters, read_cells, titles
from benchmark.datasets.files import stem
from features.errors import InputError, unknown

PARTS = ("train", "valid", "test")

#: What the column of the image may be called, in letters and digits alone.
IMAGE_COLUMNS = (
    *("image", "imageindex", "imageid", "filename", "file"),
    *("imagename", "imagepath", "filepath", "path", "img"),
)
_PART_COLUMNS = ("part", "split", "set", "fold")
_PART_WORDS = {part: part for part in PARTS} | {
    "training": "train",
    "val": "valid",
    "validation": "valid",
    "dev": "valid",
    "testing": "test",
}

#: How many names an error shows of a longer list.
_SHOWN = 5


def some(names: Sequence[str], what: str) -> str:
    """Name the first few of many things.

    Examples
    --------
    >>> some(["7", "12"], "patient")
    '2 patients (7, 12)'
    """
    shown = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
    return f"{len(names):,} {what}{'s' if len(names) > 1 else ''} ({shown})"


def read_split_file(file: Path) -> dict[str, str] | dict[str, int]:
    """Read what a file says of each image.

    Parameters
    ----------
    file : Path
        CSV with a column image and a column part (or split, set, fold). A part is train, valid
        (or val, validation, dev) or test; a file of whole numbers alone gives folds.

    Returns
    -------
    dict of str to str or int
        The part, or the fold, of each image's stem.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, holds an unknown part, or puts an image into
        two parts.
    """
    if not file.is_file():
        raise InputError(f"there is no split file {file}")
    columns = [letters(title) for title in titles(file)]
    cells = read_cells(file, _places(columns, file), len(columns))
    images, parts = cells["image"].map(stem), cells["part"].str.lower()
    pairs = pd.DataFrame({"image": images, "part": parts}).drop_duplicates()
    if clash := sorted(pairs["image"][pairs["image"].duplicated()]):
        raise InputError(f"{file} puts {some(clash, 'image')} into two parts")
    if all(value.isascii() and value.isdigit() for value in set(pairs["part"])):
        return dict(zip(pairs["image"], map(int, pairs["part"]), strict=True))
    wrong = pairs[~pairs["part"].isin(list(_PART_WORDS))]
    for line, value in wrong["part"].items():
        raise unknown("part", value, PARTS, where=f"{file}, line {line}")
    return dict(zip(pairs["image"], pairs["part"].map(_PART_WORDS), strict=True))


def _places(columns: Sequence[str], file: Path) -> dict[str, int]:
    places = {}
    for kind, names in (("image", IMAGE_COLUMNS), ("part", _PART_COLUMNS)):
        found = [name for name in names if name in columns]
        if not found:
            raise no_column(names, columns, file)
        places[kind] = columns.index(found[0])
    return places


def no_column(wanted: Sequence[str], columns: Sequence[str], file: Path) -> InputError:
    """Make the error for a file without a column that may have several names."""
    listed = some([column[:40] for column in columns], "column")
    return InputError(f"{file} has no column {' or '.join(wanted)}; it has {listed}")
