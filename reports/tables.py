"""Tables: plain records in, cells for a page or a file (CSV, Markdown, LaTeX, JSON) out.

A record is a dict of plain values; a `Column` says which of its values a table shows, under
which heading and in which form. Values that are missing (None or nan) are an en dash on the page
and empty in a file, never a zero.
"""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

EMPTY = "\N{EN DASH}"

Record = Mapping[str, Any]


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
            return f"{value:.3f}"
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


def to_csv(records: Iterable[Record], columns: Sequence[Column] | None = None) -> str:
    """Write `records` as CSV, in full precision, one line each under the names of the values.

    Parameters
    ----------
    records : iterable of mappings
        One a line.
    columns : sequence of Column, optional
        What to write; by default every value of the first record.
    """
    records = list(records)
    keys = _keys(records, columns)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(keys)
    for record in records:
        values = (record.get(key) for key in keys)
        writer.writerow(["" if is_missing(value) else value for value in values])
    return text.getvalue()


def to_json(records: Iterable[Record], columns: Sequence[Column] | None = None) -> str:
    """Write `records` as a JSON array, in full precision; missing values are null."""
    records = list(records)
    keys = _keys(records, columns)
    plain = [{k: None if is_missing(r.get(k)) else r[k] for k in keys} for r in records]
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def to_markdown(records: Iterable[Record], columns: Sequence[Column]) -> str:
    """Write `records` as a Markdown table, in the forms of `columns`, numbers to the right."""
    head = [_markdown(column.label) for column in columns]
    rule = [":--" if column.is_text else "--:" for column in columns]
    body = [[_markdown(_written(r, c)) for c in columns] for r in records]
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, rule, *body])


def to_latex(records: Iterable[Record], columns: Sequence[Column]) -> str:
    r"""Write `records` as a LaTeX table for the package ``booktabs``.

    Examples
    --------
    >>> print(to_latex([{"row": "hog_lbp", "auc": 0.71}], [Column("row", "Row", "row"),
    ...                                                    Column("auc", "AUC")]), end="")
    \begin{tabular}{lr}
    \toprule
    Row & AUC \\
    \midrule
    hog\_lbp & 0.710 \\
    \bottomrule
    \end{tabular}
    """
    head = " & ".join(_latex(column.label) for column in columns)
    body = [" & ".join(_latex(_written(r, c)) for c in columns) for r in records]
    shape = "".join("l" if column.is_text else "r" for column in columns)
    lines = [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", rf"{head} \\", r"\midrule"]
    lines += [rf"{line} \\" for line in body]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


def _written(record: Record, column: Column) -> str:
    """Write a record's value in a column, with its SD or its interval where there is one."""
    text, sd = write(record.get(column.key), column.form), record.get(f"{column.key}_sd")
    if bounds := _bounds(record, column):
        return f"{text} {_interval(bounds)}"
    return text if column.form != "spread" or is_missing(sd) else f"{text} ± {write(sd, 'score')}"


def _bounds(record: Record, column: Column) -> tuple[float, float] | None:
    low: Any = record.get(f"{column.key}_low")
    high: Any = record.get(f"{column.key}_high")
    if column.form not in ("bar", "estimate") or is_missing(low) or is_missing(high):
        return None
    return low, high


def _interval(bounds: tuple[float, float]) -> str:
    return f"[{write(bounds[0], 'score')}, {write(bounds[1], 'score')}]"


def _keys(records: Sequence[Record], columns: Sequence[Column] | None) -> list[str]:
    if columns is not None:
        return [column.key for column in columns]
    return list(records[0]) if records else []


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


def _markdown(text: str) -> str:
    for mark in "\\|`*_<[":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


_LATEX = str.maketrans(
    {
        **{mark: rf"\{mark}" for mark in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        EMPTY: "--",
        "±": r"$\pm$",
        "\n": " ",
    }
)


def _latex(text: str) -> str:
    return text.translate(_LATEX)
