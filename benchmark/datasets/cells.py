"""CSV files as text, cell by cell, and strictly: what does not fit its header is an error.

Not with pandas, which takes a line with a comma too many for a longer line, and so would take
another column for the patient.
"""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from features.errors import InputError


def letters(text: str) -> str:
    """Return a name's letters and digits, in small letters: what all its spellings share."""
    return "".join(c for c in text.lower() if c.isalnum())


def titles(path: Path) -> list[str]:
    """Return a CSV file's columns as they are spelled.

    Raises
    ------
    InputError
        If the file is no text, its first line is empty, or parts its cells by something else than
        commas.
    """
    if _is_binary(path):
        raise InputError(
            f"{path} is no text: save it as CSV in UTF-8, not as a spreadsheet, packed or in UTF-16"
        )
    try:
        found = _first_line(path)
    except csv.Error as error:
        raise InputError(f"{path} is no CSV file: {error}") from None
    if not any(found):
        raise InputError(f"{path} has no header in its first line")
    if len(found) == 1 and (marks := [mark for mark in _OTHER_MARKS if mark in found[0]]):
        raise InputError(
            f"{path} parts its columns by {_OTHER_MARKS[marks[0]]}: part them by commas, and write "
            "decimals with a point"
        )
    return found


#: What spreadsheets put in the place of commas.
_OTHER_MARKS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" in file.read(1 << 12)


def _first_line(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return [title.strip() for title in next(csv.reader(file), [])]


def header(path: Path) -> list[str]:
    """Return the columns of one of NIH's tables, each in its `letters`; none of what is no table.

    A comma within brackets parts two columns, inside quotes too: ``Bbox [x,y,w,h]`` heads four.
    """
    try:
        found = titles(path)
    except InputError:
        return []
    parted = [title.split(",") if "[" in title else [title] for title in found]
    return [letters(name) for names in parted for name in names]


def read_cells(path: Path, places: Mapping[str, int], width: int) -> pd.DataFrame:
    """Read some columns of a CSV file as text.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte order mark, with any kind of line ends.
    places : mapping of str to int
        Where each column stands, by the name it shall have.
    width : int
        How many columns there are.

    Returns
    -------
    pandas.DataFrame
        Blanks around cells and wholly empty lines removed; indexed by the number of the line in
        the file. Cells that a line lacks at its end are empty.

    Raises
    ------
    InputError
        If there is no line, or one has more cells than `width`.
    """
    numbers: list[int] = []
    cells: dict[str, list[str]] = {name: [] for name in places}
    for number, line in _lines(path, width):
        numbers.append(number)
        for name, place in places.items():
            cells[name].append(line[place].strip())
    if not numbers:
        raise InputError(f"{path.name} has no line below its header")
    return pd.DataFrame(cells, index=numbers, dtype=object)


def _lines(path: Path, width: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each line that is not empty, with its number, as exactly `width` cells."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file)
        next(reader, None)
        try:
            for row in reader:
                if any(row[width:]):
                    raise InputError(
                        f"{path.name}: line {reader.line_num} has more cells than the header"
                    )
                if any(row):
                    yield reader.line_num, row[:width] + [""] * (width - len(row))
        except csv.Error as error:
            raise InputError(f"{path.name}: line {reader.line_num}: {error}") from None
