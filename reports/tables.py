"""Tables: plain records in, cells for a page or a file out; `reports.writers` makes the files.

A record is a dict of plain values; a `Column` says which of its values a table shows, under
which heading and in which form. Values that are missing (None or nan) are an en dash on the page
and empty in a file, never a zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EMPTY = "\N{EN DASH}"

Record = Mapping[str, Any]

#: What the keys of a figure and of its interval's bounds end in.
ENDS = ("", "_low", "_high")


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    key : str
        The value's name in a record.
    label : str
        The heading.
    form : str
        How a value is written: ``text``, ``row`` (the name of a row, with its colour), ``score``
        (three decimals), ``bar`` (a score with a bar), ``spread`` (a score, and behind ± the value
        that the record has under the key with ``_sd``), ``share`` (per cent), ``count``, ``rate``,
        ``millions``, ``seconds``, ``bytes``, ``figures`` (a text of several numbers, which stands
        as numbers do). Behind a ``bar`` and an ``estimate`` (a score) stands the interval that the
        record has under the key with ``_low`` and ``_high``, where it has.
    hint : str
        What the heading means, shown over it.
    """

    key: str
    label: str
    form: str = "score"
    hint: str = ""

    @property
    def is_text(self) -> bool:
        """Whether the column holds words, which stand left where numbers stand right."""
        return self.form in ("text", "row")


@dataclass(frozen=True)
class Cell:
    """One cell, ready for a template, which escapes it.

    Parameters
    ----------
    text : str
        What is read.
    hint : str
        Shown over the cell.
    sort : float or None
        What the column is sorted by where the text alone does not say.
    style : str
        Words for the cell's class.
    form : str
        As the column's.
    span : int
        How many columns it takes.
    link : str
        Where the cell leads, if it is the first of its line.
    bounds : tuple of float, optional
        The interval that is drawn on a bar.
    aside : str
        Read after the text, in smaller type.
    """

    text: str
    hint: str = ""
    sort: float | None = None
    style: str = ""
    form: str = "text"
    span: int = 1
    link: str = ""
    bounds: tuple[float, float] | None = None
    aside: str = ""


@dataclass(frozen=True)
class Line:
    """One line of cells.

    Parameters
    ----------
    cells : list of Cell
        From left to right.
    row : str
        The row of the benchmark that the line is about, whose colour it takes.
    last : bool
        Whether it stays at the foot however the table is sorted.
    style : str
        Words for the line's class.
    """

    cells: list[Cell]
    row: str = ""
    last: bool = False
    style: str = ""


@dataclass(frozen=True)
class Table:
    """A table for a page, and the records that its files are written from."""

    name: str
    caption: str
    columns: Sequence[Column]
    lines: list[Line]
    records: Sequence[Record] = field(default_factory=list)

    def written(self) -> list[list[str]]:
        """Return every line's cells as they are read, without lines whose cells span columns."""
        whole = (line.cells for line in self.lines if all(it.span == 1 for it in line.cells))
        return [[" ".join(f"{it.text} {it.aside}".split()) for it in cells] for cells in whole]

    def choices(self, *headings: str) -> dict[str, list[str]]:
        """Return what stands under some headings, each word once, in the order of the lines.

        Headings that the table lacks are left out.
        """
        places = {column.label: place for place, column in enumerate(self.columns)}
        return {
            heading: list(dict.fromkeys(line.cells[places[heading]].text for line in self.lines))
            for heading in headings
            if heading in places
        }


def is_missing(value: object) -> bool:
    """Whether `value` is None or nan."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def write(value: Any, form: str = "text") -> str:
    """Write `value` in the form of a `Column`.

    Examples
    --------
    >>> write(0.71249, "score"), write(0.0125, "share"), write(1234567, "count")
    ('0.712', '1.2%', '1,234,567')
    >>> write(61.2, "seconds"), write(2.5e9, "bytes"), write(None, "score")
    ('1 min 1 s', '2.5 GB', '–')
    """
    if is_missing(value):
        return EMPTY
    match form:
        case "score" | "bar" | "spread" | "estimate":
            return f"{value:z.3f}"  # z: a loss too small to show is no -0.000
        case "share":
            return f"{100 * value:.1f}%"
        case "count":
            return f"{value:,}"
        case "rate":
            return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
        case "millions":
            return f"{value / 1e6:.1f} M"
        case "seconds":
            return _duration(value)
        case "bytes":
            return _size(value)
    return str(value)


def cell(record: Record, column: Column, *, reason: str = "", style: str = "") -> Cell:
    """Make the cell of `record` in `column`.

    Parameters
    ----------
    record : mapping
        A value that it lacks is missing.
    column : Column
        Which value, and how it is written.
    reason : str
        Why the value is missing, shown over the dash.
    style : str
        Words for the cell's class.
    """
    value: Any = record.get(column.key)
    if is_missing(value):
        return Cell(EMPTY, reason, style=f"{style} empty".strip(), form=column.form)
    if bounds := _bounds(record, column):
        text, aside = write(value, column.form), _interval(bounds)
        return Cell(text, "", value, style, column.form, bounds=bounds, aside=aside)
    text = _written(record, column)
    if column.form in ("millions", "seconds", "bytes", "bar", "rate", "spread", "estimate"):
        return Cell(text, sort=value, style=style, form=column.form)
    return Cell(text, style=style, form=column.form)


def _written(record: Record, column: Column) -> str:
    """Write a record's value in a column, with its SD where there is one."""
    text, sd = write(record.get(column.key), column.form), record.get(f"{column.key}_sd")
    return text if column.form != "spread" or is_missing(sd) else f"{text} ± {write(sd, 'score')}"


def _bounds(record: Record, column: Column) -> tuple[float, float] | None:
    low: Any = record.get(f"{column.key}_low")
    high: Any = record.get(f"{column.key}_high")
    if column.form not in ("bar", "estimate") or is_missing(low) or is_missing(high):
        return None
    return low, high


def _interval(bounds: tuple[float, float]) -> str:
    return f"[{write(bounds[0], 'score')}, {write(bounds[1], 'score')}]"


def _duration(seconds: float) -> str:
    if seconds < 0.05:
        return "< 0.1 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _size(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 999.5:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
