"""The tables of a run's report, made from its summary."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reports.numbers import known
from reports.palette import heat_level
from reports.tables import ENDS, Cell, Column, Line, Record, Table, cell, is_missing

Summary = Mapping[str, Any]

PARTS = ("test", "valid", "train")

#: The metrics that the matrix of rows and findings shows: key, heading, what it means.
METRICS = (
    ("auc", "AUC", "area under the ROC curve; 0.5 is chance"),
    ("ap", "AP", "average precision; chance is the prevalence"),
    ("precision", "Precision", "of the images called positive, the share that is"),
    ("recall", "Recall", "of the positive images, the share that is called so"),
    ("f1", "F1", "harmonic mean of precision and recall"),
)

_ROW = Column("row", "Row", "row")

_LEADERBOARD = (
    _ROW,
    Column("auc", "AUC", "bar", "macro: mean over the findings of the area under the ROC curve"),
    Column("ap", "AP", "estimate", "macro average precision"),
    Column("precision", "Precision", "estimate", "macro, at the chosen thresholds"),
    Column("recall", "Recall", "estimate", "macro, at the chosen thresholds"),
    Column("f1", "F1", "estimate", "macro, at the chosen thresholds"),
    Column("micro_auc", "Micro AUC", "estimate", "all findings' labels pooled into one"),
    Column("seconds", "Time", "seconds", "wall-clock time of fitting and scoring"),
    Column("peak_memory", "Memory", "bytes", "peak of the row's process and its workers"),
    Column("parameters", "Parameters", "millions", "parameters of the network"),
)

_PER_FINDING = (
    _ROW,
    Column("part", "Part", "text"),
    Column("label", "Finding", "text"),
    Column("n", "Images", "count"),
    Column("positives", "Positives", "count"),
    Column("patients", "Patients", "count", "patients with the finding"),
    Column("prevalence", "Prevalence", "share"),
    Column("auc", "AUC", "estimate"),
    Column("ap", "AP", "estimate", "average precision"),
    Column("threshold", "Threshold", hint="chosen on valid, or on the other half of patients"),
    Column("precision", "Precision", "estimate"),
    Column("recall", "Recall", "estimate", "sensitivity"),
    Column("specificity", "Specificity", "estimate"),
    Column("f1", "F1", "estimate"),
    Column("accuracy", "Accuracy", "estimate"),
    Column("tp", "TP", "count", "true positives"),
    Column("fp", "FP", "count", "false positives"),
    Column("tn", "TN", "count", "true negatives"),
    Column("fn", "FN", "count", "false negatives"),
    Column("note", "Note", "text"),
)


def parts_of(summary: Summary) -> list[str]:
    """Return the parts that have metrics: test first, as readers want it."""
    given = {metric["part"] for metric in summary.get("metrics", ())}
    return [part for part in PARTS if part in given]


def lines_of(summary: Summary, table: str) -> Sequence[Record]:
    """Return the lines of a table of the evaluation; none where it was not made."""
    return (summary.get("tables") or {}).get(table) or ()


def metrics_by(summary: Summary, part: str) -> dict[tuple[str, str], Record]:
    """Index the metrics of `part` by row and finding (or ``macro``, ``micro``)."""
    return {(m["row"], m["finding"]): m for m in summary.get("metrics", ()) if m["part"] == part}


def label_of(summary: Summary, finding: str) -> str:
    """Return what a reader sees for a finding, ``macro`` or ``micro``."""
    labels = {f["name"]: f["label"] for f in summary.get("findings", ())}
    return labels.get(finding) or {"macro": "Macro mean", "micro": "Micro"}.get(finding, finding)


def leaderboard(summary: Summary, part: str) -> Table:
    """Rank the rows by macro AUC on `part`; rows that failed stand at the foot with the reason."""
    metrics = metrics_by(summary, part)
    rows = summary.get("rows", [])
    done = [_standing(row, metrics) for row in rows if row["status"] == "done"]
    done.sort(key=lambda record: -1 if is_missing(record["auc"]) else record["auc"], reverse=True)
    always = {"row", "auc"}
    columns = [
        column
        for column in _LEADERBOARD
        if column.key in always or any(not is_missing(r[column.key]) for r in done)
    ]
    lines = [_standing_line(record, columns) for record in done]
    lines += [unfinished_line(row, columns) for row in rows if row["status"] != "done"]
    caption = f"Rows by macro AUC on the {part} part"
    return Table(f"leaderboard-{part}", caption, columns, lines, done)


def _standing(row: Record, metrics: Mapping[tuple[str, str], Record]) -> dict[str, Any]:
    macro = metrics.get((row["name"], "macro"), {})
    micro = metrics.get((row["name"], "micro"), {})
    shown = ("auc", "ap", "precision", "recall", "f1")
    scores = {f"{key}{end}": macro.get(f"{key}{end}") for key in shown for end in ENDS}
    costs = {key: row.get(key) for key in ("seconds", "peak_memory", "parameters")}
    return {
        "row": row["name"],
        "kind": row.get("kind"),
        **scores,
        "note": macro.get("note"),
        **{f"micro_auc{end}": micro.get(f"auc{end}") for end in ENDS},
        **costs,
    }


def _standing_line(record: Record, columns: Sequence[Column]) -> Line:
    reasons = {"parameters": "not a network", "peak_memory": "not measured"}
    cells = [
        cell(record, column, reason=reasons.get(column.key) or record.get("note") or "")
        for column in columns
    ]
    return Line(cells, row=record["row"], style=record.get("kind") or "")


def unfinished_line(row: Record, columns: Sequence[Column]) -> Line:
    """Make the line of a row without figures, with the reason in their place."""
    state = "not begun" if row["status"] == "missing" else row["status"]
    why = ": ".join(filter(None, [state, row.get("reason")]))
    cells = [Cell(row["name"], form="row"), Cell(why, style="why", span=len(columns) - 1)]
    return Line(cells, row=row["name"], last=True, style="failed")


def matrix(summary: Summary, metric: str, part: str = "test") -> Table:
    """Put findings down and finished rows across, the leader first; mark each finding's best.

    Parameters
    ----------
    summary : mapping
        The run's.
    metric : str
        A key of `METRICS`.
    part : {"test", "valid", "train"}
        Which part is shown.
    """
    metrics = metrics_by(summary, part)
    rows = [record["row"] for record in leaderboard(summary, part).records]
    names = [f["name"] for f in summary.get("findings", ())]
    records = [_across(summary, metrics, name, rows, metric) for name in [*names, "macro"]]
    low, high = _scale(records[:-1], rows, metric)
    columns = [
        Column("Finding", "Finding", "text"),
        Column("Positives", "Positives", "count", f"images of the {part} part with the finding"),
        *(Column(row, row) for row in rows),
    ]
    lines = []
    for record, name in zip(records, [*names, "macro"], strict=True):
        hints = {row: _hint(metrics.get((row, name), {}), metric) for row in rows}
        is_mean = name == "macro"
        cells = _matrix_line(record, columns, hints, low, high)
        lines.append(Line(cells, last=is_mean, style="mean" if is_mean else ""))
    title = next(heading for key, heading, _ in METRICS if key == metric)
    return Table(f"{metric}-by-finding", f"{title} on the {part} part", columns, lines, records)


def _hint(record: Record, metric: str) -> str:
    """Give the interval of a metric, or why it is missing."""
    low, high = record.get(f"{metric}_low"), record.get(f"{metric}_high")
    if is_missing(record.get(metric)):
        return record.get("note") or ""
    return "" if is_missing(low) or is_missing(high) else f"[{low:.3f}, {high:.3f}]"


def _across(
    summary: Summary,
    metrics: Mapping[tuple[str, str], Record],
    finding: str,
    rows: Sequence[str],
    metric: str,
) -> dict[str, Any]:
    found = [metrics[row, finding] for row in rows if (row, finding) in metrics]
    positives = found[0].get("positives") if found and finding != "macro" else None
    values = {row: metrics.get((row, finding), {}).get(metric) for row in rows}
    return {"Finding": label_of(summary, finding), "Positives": positives, **values}


def _scale(records: Sequence[Record], rows: Sequence[str], metric: str) -> tuple[float, float]:
    values = [r[row] for r in records for row in rows if not is_missing(r[row])]
    low, least = (0.5, 0.9) if metric == "auc" else (0.0, 0.1)
    return low, max([least, *values])


def _matrix_line(
    record: Record, columns: Sequence[Column], hints: Mapping[str, str], low: float, high: float
) -> list[Cell]:
    scores = [v for c in columns[2:] if not is_missing(v := record[c.key])]
    cells = [cell(record, column) for column in columns[:2]]
    for column in columns[2:]:
        value, style = record[column.key], ""
        if not is_missing(value):
            style = f"heat-{heat_level((value - low) / (high - low))}"
            style += " best" if len(scores) > 1 and value == max(scores) else ""
        made = cell(record, column, style=style)
        cells.append(replace(made, hint=hints.get(column.key, "")))
    return cells


def per_finding(summary: Summary) -> Table:
    """List every metric of every row, part and finding."""
    records = [
        {**metric, "label": label_of(summary, metric["finding"])}
        for part in parts_of(summary)
        for metric in summary.get("metrics", ())
        if metric["part"] == part
    ]
    lines = []
    for record in records:
        why = record.get("note") or "not defined here"
        cells = [cell(record, column, reason=why) for column in _PER_FINDING]
        lines.append(Line(cells, row=record["row"]))
    return Table(
        "per-finding", "Every metric by row, part and finding", _PER_FINDING, lines, records
    )


def class_counts(summary: Summary) -> Table:
    """List images, patients and each finding's positives by part."""
    parts = summary["data"].get("parts", [])
    columns = [Column("finding", "Finding", "text")]
    for part in parts:
        columns.append(Column(part["part"], part["part"].capitalize(), "count"))
        columns.append(Column(f"{part['part']} share", "%", "share"))
    records = [_counts(f, parts) for f in summary.get("findings", ())]
    lines = [Line([cell(record, column) for column in columns]) for record in records]
    return Table("positives", "Positives of each finding by part", columns, lines, records)


def _counts(finding: Record, parts: Sequence[Record]) -> dict[str, Any]:
    record: dict[str, Any] = {"finding": finding["label"]}
    for part in parts:
        positives = part["positives"].get(finding["name"], 0)
        record[part["part"]] = positives
        record[f"{part['part']} share"] = positives / known(part, finding)
    return record
