"""Files inside the page: a table for programs, and as it is read for papers."""

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import tables
from reports.tables import Table


@dataclass(frozen=True)
class Download:
    """A file inside the page."""

    label: str
    name: str
    uri: str


def downloads(
    summary: Mapping[str, Any], table: Table, kinds: Sequence[str] = ("csv", "md", "tex")
) -> list[Download]:
    """Make the files of a table; none where it has no records.

    Parameters
    ----------
    summary : mapping
        The run's, whose name begins the files'.
    table : Table
        What they hold.
    kinds : sequence of {"csv", "json", "md", "tex"}
        Which files.
    """
    return [_download(summary, table, kind) for kind in kinds if table.records]


def _download(summary: Mapping[str, Any], table: Table, kind: str) -> Download:
    label, media, write = _FILES[kind]
    body = base64.b64encode(write(table).encode()).decode()
    name = f"{summary.get('name', 'run')}-{table.name}.{kind}"
    return Download(label, name, f"data:{media};charset=utf-8;base64,{body}")


# For programs all values in full; for papers the columns of the page, written as they are there.
_FILES: dict[str, tuple[str, str, Callable[[Table], str]]] = {
    "csv": ("CSV", "text/csv", lambda table: tables.to_csv(table.records)),
    "json": ("JSON", "application/json", lambda table: tables.to_json(table.records)),
    "md": ("Markdown", "text/markdown", lambda t: tables.to_markdown(t.records, t.columns)),
    "tex": ("LaTeX", "text/x-tex", lambda t: tables.to_latex(t.records, t.columns)),
}
