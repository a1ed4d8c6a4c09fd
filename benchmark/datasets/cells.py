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


def header(path: Path) -> list[str]:
    """Return the columns of a CSV file, each in its `letters`.

    Every comma parts two columns, inside quotes and brackets too: NIH's ``Bbox [x,y,w,h]`` heads
    four columns and not one.
    """
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        line = file.readline(1 << 16)
    return [letters(name) for name in line.replace('"', "").split(",")]


def read_cells(path: Path, places: Mapping[str, int]) -> pd.DataFrame:
    """Read some columns of a CSV file as text.

    Parameters
    ----------
    path : Path
        UTF-8, with or without a byte order mark, with any kind of line ends.
    places : mapping of str to int
        Where each column stands in the `header`, by the name it shall have.

    Returns
    -------
    pandas.DataFrame
        Blanks around cells and wholly empty lines removed; indexed by the number of the line in
        the file. Cells that a line lacks at its end are empty.

    Raises
    ------
    InputError
        If there is no line, or one has more cells than the header.
    """
    numbers: list[int] = []
    cells: dict[str, list[str]] = {name: [] for name in places}
    for number, line in _lines(path, len(header(path))):
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
