"""What the facts of a checklist read of a run's summary, and how they are written."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Summary = Mapping[str, Any]


def finished(summary: Summary) -> list[Mapping]:
    """Return the rows that were finished, with their options."""
    rows = [row for row in summary.get("rows") or () if row["status"] == "done"]
    return [{**row, "options": row.get("options") or {}} for row in rows]


def fitted(summary: Summary) -> list[Mapping]:
    """Return the rows that this run has fitted; scores may also have come from elsewhere."""
    return [row for row in finished(summary) if (row.get("cost") or {}).get("model_bytes")]


def table(summary: Summary, name: str) -> Sequence[Mapping]:
    """Return the lines of a table of the evaluation; none where it was not made."""
    return (summary.get("tables") or {}).get(name) or ()


def people(summary: Summary) -> Sequence[Mapping]:
    """Return the parts' characteristics."""
    return table(summary, "characteristics")


def total(summary: Summary, key: str) -> int:
    """Add up a characteristic over the parts."""
    return sum(part[key] or 0 for part in people(summary))


def part_of(summary: Summary, name: str) -> Mapping:
    """Return the counts of a part; nothing where it has no image."""
    parts = summary["data"].get("parts") or ()
    return next((part for part in parts if part["part"] == name and part["images"]), {})


def prevalences(part: Mapping) -> dict[str, float]:
    """Return the share of positives of each finding that is known in a part."""
    known = part["known"]
    return {name: n / known[name] for name, n in part["positives"].items() if known[name]}


def best_line(summary: Summary) -> Mapping | None:
    """Return the macro line on test of the row with the highest AUC."""
    lines = [
        line
        for line in summary.get("metrics") or ()
        if (line["part"], line["finding"]) == ("test", "macro") and line["auc"] is not None
    ]
    return max(lines, key=lambda line: line["auc"], default=None)


def interval(line: Mapping, key: str, *, signed: bool = False) -> str:
    """Write a figure with its interval."""
    form = "{:+.3f}" if signed else "{:.3f}"
    figure, low, high = (line.get(f"{key}{end}") for end in ("", "_low", "_high"))
    bounds = "" if low is None or high is None else f" [{form.format(low)}, {form.format(high)}]"
    return f"{form.format(figure)}{bounds}"


def sentences(said: Iterable[str]) -> str:
    """Put what there is to say into one sentence; nothing where there is nothing."""
    words = [word for word in said if word]
    return f"{'; '.join(words)}." if words else ""
