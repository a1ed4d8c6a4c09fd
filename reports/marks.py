"""Which rows and findings the pieces of a page are about, so that readers can choose among them."""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from reports.tables import Column, Line, Table

Summary = Mapping[str, Any]

#: Under which keys a column names rows, and findings by their labels.
_ROWS = frozenset({"row", "other", "of"})
_FINDINGS = frozenset({"label", "finding", "Finding"})


class Marks:
    """Attributes that say what an element is about, for the chooser and the style sheet.

    Rows and findings are told by their places in the run: ``data-row="0 3"`` is about two rows.

    Parameters
    ----------
    summary : mapping
        The run's.
    """

    def __init__(self, summary: Summary) -> None:
        self._rows = {row["name"]: place for place, row in enumerate(summary.get("rows") or ())}
        findings = summary.get("findings") or ()
        self._findings = {finding["label"]: place for place, finding in enumerate(findings)}

    def line(self, table: Table, line: Line) -> Markup:
        """Mark a line of a table by its row, and by what its cells name."""
        named = [
            (column.key, cell.text) for column, cell in zip(table.columns, line.cells, strict=False)
        ]
        rows = [line.row, *(text for key, text in named if key in _ROWS)]
        return self._marked(rows, [text for key, text in named if key in _FINDINGS])

    def heading(self, column: Column) -> Markup:
        """Mark a column that holds the figures of one row, or of one finding."""
        is_named = column.key == column.label or column.label in self._findings
        return self.of(column.label) if is_named else Markup("")

    def of(self, name: str) -> Markup:
        """Mark what has the name of a row, alone or before its setting, or a finding's label."""
        rows = (row for row in self._rows if f"{name}, ".startswith(f"{row}, "))
        return self._marked([max(rows, key=len, default="")], [name])

    def _marked(self, rows: Iterable[str], findings: Iterable[str]) -> Markup:
        marks = (("row", _places(rows, self._rows)), ("finding", _places(findings, self._findings)))
        texts = [Markup(' data-{}="{}"').format(kind, places) for kind, places in marks if places]
        return Markup("").join(texts)


def _places(names: Iterable[str], known: Mapping[str, int]) -> str:
    return " ".join(str(known[name]) for name in dict.fromkeys(names) if name in known)
