"""What a report shows of the rows: what each is, how it went, and what it has cost."""

from collections.abc import Iterable, Mapping
from typing import Any

from benchmark.row_folder import RowFolder

#: What is said of a row that was never begun.
_CARD = {"kind": "classical", "options": {}}


def row_of(folder: RowFolder) -> dict[str, Any]:
    """Say what a row is, how it went, and what it has cost."""
    status, cost, facts = folder.status, folder.cost, folder.facts
    card = _CARD | {"model": folder.name, "title": folder.name} | status.get("card", {})
    return {
        "name": folder.name,
        **card,
        "status": status.get("state", "missing"),
        "reason": status.get("reason"),
        "seconds": cost["seconds_fit"] + cost["seconds_predict"] if cost else None,
        "peak_memory": cost.get("peak_memory"),
        "parameters": facts.get("parameters"),
        "weights": facts.get("weights"),
        "notes": [*card.get("notes", []), *facts.get("notes", [])],
        "cost": cost,
        "facts": facts,
        "versions": status.get("versions", {}),
        "machine": status.get("machine"),
        "finished": status.get("finished"),
    }


def seconds_of(rows: Iterable[Mapping[str, Any]]) -> float | None:
    """Return the time that all finished rows have taken; None where none is known."""
    told = [row["seconds"] for row in rows if row["seconds"] is not None]
    return sum(told) if told else None
