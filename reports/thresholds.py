"""The section on thresholds: what they do on test, and what 0.5 would have done."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports.tables import Column, Line, Record, Table, cell, is_missing, write
from reports.views import label_of, lines_of

Summary = Mapping[str, Any]

_FIGURES = (
    Column("precision", "Precision", "estimate", "of those called positive, the share that is"),
    Column("recall", "Recall", "estimate", "of the positive, the share that is called so"),
    Column("specificity", "Specificity", "estimate", "of the negative, the share not called"),
    Column("f1", "F1", "estimate", "harmonic mean of precision and recall"),
    Column("precision_05", "Precision at 0.5", hint="had everything from 0.5 on been called"),
    Column("recall_05", "Recall at 0.5", hint="had everything from 0.5 on been called"),
    Column("f1_05", "F1 at 0.5", hint="had everything from 0.5 on been called"),
)

_MEANS = (Column("row", "Row", "row"), *_FIGURES)

_EVERY = (
    Column("row", "Row", "row"),
    Column("label", "Finding", "text"),
    Column("patients", "Patients", "count", "patients of test with the finding"),
    Column("rule", "Rule", "text", "by which the threshold was chosen"),
    Column("threshold", "Threshold", hint="scores from it on are called positive"),
    Column("halves", "On each half", "figures", "each half is called by its own; left, the mean"),
    *_FIGURES[:2],
    Column("precision_wilson", "Precision, Wilson", "figures", "assumes independent images"),
    Column("recall_wilson", "Recall, Wilson", "figures", "assumes independent images"),
    *_FIGURES[2:],
    Column("note", "Note", "text"),
)


def content(summary: Summary) -> dict[str, Any]:
    """Make what the section shows; nothing without a threshold.

    Parameters
    ----------
    summary : mapping
        The run's; read are the lines of its table ``thresholds``.
    """
    halves = _halves(lines_of(summary, "halves"))
    records = [_record(summary, line, halves) for line in lines_of(summary, "thresholds")]
    if not records:
        return {}
    columns = [column for column in _EVERY if column.key != "halves" or halves]
    means = [record for record in records if record["finding"] == "macro"]
    others = [record for record in records if record["finding"] != "macro"]
    every = _table("thresholds-by-finding", "Every threshold on test", columns, others)
    return {
        "means": _table("threshold-means", "Thresholds on test, means", _MEANS, means),
        "every": every,
        "choices": every.choices("Row", "Finding"),
        "otherwise": sum(bool(record.get("note")) for record in others),
    }


def _halves(lines: Iterable[Record]) -> dict[tuple[str, str], str]:
    """Write the two thresholds of each row and finding where they are cross-fitted."""
    told: dict[tuple[str, str], list[str]] = {}
    for line in lines:
        told.setdefault((line["row"], line["finding"]), []).append(
            write(line["threshold"], "score")
        )
    return {key: ", ".join(values) for key, values in told.items()}


def _record(
    summary: Summary, line: Record, halves: Mapping[tuple[str, str], str]
) -> dict[str, Any]:
    wilson = {f"{key}_wilson": _bounds(line, key) for key in ("precision", "recall")}
    label = label_of(summary, line["finding"])
    own = halves.get((line["row"], line["finding"]))
    return {**line, "label": label, "halves": own, **wilson}


def _bounds(line: Record, key: str) -> str | None:
    low, high = (line.get(f"{key}_wilson_{end}") for end in ("low", "high"))
    if is_missing(low) or is_missing(high):
        return None
    return f"[{write(low, 'score')}, {write(high, 'score')}]"


def _table(
    name: str, caption: str, columns: Sequence[Column], records: list[dict[str, Any]]
) -> Table:
    lines = []
    for record in records:
        why = record.get("note") or "nothing is called"
        lines.append(Line([cell(record, it, reason=why) for it in columns], row=record["row"]))
    return Table(name, caption, columns, lines, records)
