"""A split made elsewhere: a CSV file that says which part or fold each image belongs to."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmark.datasets.cells import header, read_cells
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
    cells = read_cells(file, _places(file))
    images, parts = cells["image"].map(stem), cells["part"].str.lower()
    pairs = pd.DataFrame({"image": images, "part": parts}).drop_duplicates()
    if clash := sorted(pairs["image"][pairs["image"].duplicated()]):
        raise InputError(f"{file} puts {some(clash, 'image')} into two parts")
    said = dict(zip(pairs["image"], pairs["part"], strict=True))
    if all(value.isascii() and value.isdigit() for value in set(said.values())):
        return {image: int(value) for image, value in said.items()}
    return {image: _part(value, file) for image, value in said.items()}


def _places(file: Path) -> dict[str, int]:
    columns = header(file)
    places = {}
    for kind, names in (("image", IMAGE_COLUMNS), ("part", _PART_COLUMNS)):
        found = [name for name in names if name in columns]
        if not found:
            raise InputError(f"{file} has no column {' or '.join(names)}: {', '.join(columns)}")
        places[kind] = columns.index(found[0])
    return places


def _part(value: str, file: Path) -> str:
    if value not in _PART_WORDS:
        raise unknown("part", value, PARTS, where=str(file))
    return _PART_WORDS[value]
