"""Files of all that a page shows: its tables and its drawings, each to stand alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.legend import legend_panel
from reports.palette import row_styles, standing_alone
from reports.panels import Panel
from reports.sections import sections
from reports.svg import Drawing
from reports.tables import Table
from reports.writers import KINDS

Summary = Mapping[str, Any]

#: The kinds of files of drawings.
PICTURES = ("svg", "pdf")

#: All that a report can be had as.
FORMATS = ("html", *KINDS, *PICTURES)

_LONGEST = 80


def exports(summary: Summary, kinds: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Make files of every table that has records, and of every drawing.

    Parameters
    ----------
    summary : mapping
        As for `reports.page.render`, and clean.
    kinds : sequence of str
        Some of `FORMATS`; ``html`` is for others to make.

    Yields
    ------
    name : str
        ``tables/<table>.<kind>`` or ``figures/<what it shows>.<kind>``.
    content : bytes
        UTF-8 where it is text.
    """
    if not {*KINDS, *PICTURES} & set(kinds):
        return  # drawing takes seconds
    with standing_alone():
        shown = list(_parts([section.content for section in sections(summary, "run")]))
        shown += _legend(summary)
    for table in shown:
        if isinstance(table, Table) and table.records:
            for kind in filter(KINDS.get, kinds):
                yield f"tables/{table.name}.{kind}", KINDS[kind][1](table).encode()
    if set(kinds) & set(PICTURES):
        yield from _pictures([it for it in shown if isinstance(it, Drawing)], kinds)


def _parts(content: Any) -> Iterator[Any]:
    """Yield what the content of a section is made of, in the order of the page."""
    if isinstance(content, Panel):
        yield content.svg
    elif isinstance(content, Mapping):
        for part in content.values():
            yield from _parts(part)
    elif isinstance(content, list | tuple):
        for part in content:
            yield from _parts(part)
    else:
        yield content


def _legend(summary: Summary) -> list[Drawing]:
    """Draw which row is which: on the page it stands beside the drawings."""
    styles = row_styles(summary.get("rows", ()))
    return [legend_panel(styles, name="legend", label="Legend")] if styles else []


def _pictures(drawings: Sequence[Drawing], kinds: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    taken: dict[str, int] = {}
    for drawing in drawings:
        name = _file_name(drawing.label)
        taken[name] = taken.get(name, 0) + 1
        name += f"-{taken[name]}" if taken[name] > 1 else ""
        if "svg" in kinds:
            yield f"figures/{name}.svg", drawing.encode()
        if "pdf" in kinds:
            yield f"figures/{name}.pdf", drawing.pdf()


def _file_name(label: str) -> str:
    """Make a file's name of what a drawing shows: plain letters, digits and hyphens."""
    return re.sub("[^a-z0-9]+", "-", label.lower())[:_LONGEST].strip("-") or "figure"
