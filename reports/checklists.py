"""Reporting checklists, answered as far as the run can answer them."""

from collections.abc import Mapping
from typing import Any

from reports.downloads import downloads
from reports.tables import Column, Line, Table, cell

Summary = Mapping[str, Any]

_COLUMNS = (
    Column("number", "Item", "text"),
    Column("asks", "What is asked", "text"),
    Column("answer", "What this run says", "text"),
)


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section: of each checklist what is answered, and what is left to the authors."""
    given = summary.get("checklists") or ()
    return {"checklists": [_checklist(summary, it) for it in given]} if given else {}


def _checklist(summary: Summary, given: Mapping[str, Any]) -> dict[str, Any]:
    done = [item for item in given["items"] if item["answer"]]
    left = [item for item in given["items"] if not item["answer"]]
    made = [Line([cell(item, column) for column in _COLUMNS]) for item in done]
    name = "".join(mark for mark in given["name"].lower() if mark.isalnum())
    table = Table(f"checklist-{name}", given["title"], _COLUMNS, made, done)
    return {
        "title": given["title"],
        "reference": given["reference"],
        "answered": len(done),
        "items": len(given["items"]),
        "table": table,
        "downloads": downloads(summary, table),
        "left": [f"{item['number']} {item['asks']}" for item in left],
    }
