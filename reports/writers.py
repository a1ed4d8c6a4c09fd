"""The files of a table: CSV and JSON with all values in full, Markdown and LaTeX as it is read.

`templates/downloads.js` makes the same files, byte for byte, from what `reports.downloads` packs
into the page.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from reports.tables import EMPTY, Column, Record, Table, is_missing


def to_csv(records: Iterable[Record], columns: Sequence[Column] | None = None) -> str:
    """Write `records` as CSV, in full precision, one line each under the names of the values.

    Parameters
    ----------
    records : iterable of mappings
        One a line.
    columns : sequence of Column, optional
        What to write; by default every value that a record has.
    """
    records = list(records)
    keys = value_names(records) if columns is None else [column.key for column in columns]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(keys)
    for record in records:
        values = (record.get(key) for key in keys)
        writer.writerow(["" if is_missing(value) else value for value in values])
    return text.getvalue()


def to_json(records: Iterable[Record]) -> str:
    """Write `records` as a JSON array, in full precision; missing values are null."""
    records = list(records)
    keys = value_names(records)
    plain = [{k: None if is_missing(r.get(k)) else r[k] for k in keys} for r in records]
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def to_markdown(table: Table) -> str:
    """Write a table as Markdown, as it is read, numbers to the right."""
    head = [_markdown(column.label) for column in table.columns]
    rule = [":--" if column.is_text else "--:" for column in table.columns]
    body = [list(map(_markdown, cells)) for cells in table.written()]
    return "".join(f"| {' | '.join(line)} |\n" for line in [head, rule, *body])


def to_latex(table: Table) -> str:
    r"""Write a table as LaTeX for the package ``booktabs``, as it is read.

    Examples
    --------
    >>> from reports.tables import Cell, Line
    >>> columns = [Column("row", "Row", "row"), Column("auc", "AUC")]
    >>> line = Line([Cell("hog_lbp"), Cell("0.710")])
    >>> print(to_latex(Table("auc", "AUC", columns, [line])), end="")
    \begin{tabular}{lr}
    \toprule
    Row & AUC \\
    \midrule
    hog\_lbp & 0.710 \\
    \bottomrule
    \end{tabular}
    """
    shape = "".join("l" if column.is_text else "r" for column in table.columns)
    heads = [column.label for column in table.columns]
    head, *body = (" & ".join(map(_latex, cells)) for cells in [heads, *table.written()])
    lines = [rf"\begin{{tabular}}{{{shape}}}", r"\toprule", rf"{head} \\", r"\midrule"]
    lines += [rf"{line} \\" for line in body]
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", ""])


#: Each kind of file of a table: what it is called, and what writes it.
KINDS: dict[str, tuple[str, Callable[[Table], str]]] = {
    "csv": ("CSV", lambda table: to_csv(table.records)),
    "md": ("Markdown", to_markdown),
    "tex": ("LaTeX", to_latex),
    "json": ("JSON", lambda table: to_json(table.records)),
}


def value_names(records: Iterable[Record]) -> list[str]:
    """Return the names of all values of `records`, but for those that are lists or mappings."""
    records = list(records)
    names = dict.fromkeys(name for record in records for name in record)
    nested = {k for record in records for k, it in record.items() if isinstance(it, Mapping | list)}
    return [name for name in names if name not in nested]


def _markdown(text: str) -> str:
    """Escape what Markdown reads."""
    for mark in "\\|`*_<[":
        text = text.replace(mark, f"\\{mark}")
    return text


_LATEX = str.maketrans(
    {
        **{mark: rf"\{mark}" for mark in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        EMPTY: "--",
        "\N{PLUS-MINUS SIGN}": r"$\pm$",
        "\N{MINUS SIGN}": "$-$",
        "\N{GREATER-THAN OR EQUAL TO}": r"$\geq$",
        "\N{LESS-THAN OR EQUAL TO}": r"$\leq$",
        "\N{MULTIPLICATION SIGN}": r"$\times$",
        "\N{RIGHTWARDS ARROW}": r"$\rightarrow$",
    }
)


def _latex(text: str) -> str:
    """Escape what LaTeX reads; a first ``[`` would be an argument of the line's end before it."""
    text = text.translate(_LATEX)
    return f"{{{text}}}" if text.startswith("[") else text
