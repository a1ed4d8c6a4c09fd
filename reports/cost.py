"""What the rows have cost: a table, and AUC against it."""

from collections.abc import Mapping
from typing import Any

from reports import scatter, tables
from reports.palette import row_styles
from reports.panels import Panel
from reports.provenance import count_cores
from reports.scatter import Scale, Spot
from reports.tables import Column, Line, Record, Table, cell, is_missing
from reports.views import metrics_by

Summary = Mapping[str, Any]

_COLUMNS = (
    Column("row", "Row", "row"),
    Column("auc", "AUC", hint="macro, on the test part"),
    Column("seconds_fit", "Fit", "seconds", "wall-clock time of the fit, features included"),
    Column("seconds_predict", "Scoring", "seconds", "wall-clock time of scoring all parts"),
    Column("seconds_first_epoch", "First epoch", "seconds", "in which the network is traced"),
    Column("seconds_epoch", "Epoch", "seconds", "median of the others, validation included"),
    Column("images_per_second_fit", "Images/s, fit", "rate", "of train, in the median epoch"),
    Column("images_per_second_predict", "Images/s, scoring", "rate", "of all parts"),
    Column("peak_memory", "Memory", "bytes", "peak of the row's process and its workers"),
    Column("peak_device_memory", "GPU memory", "bytes", "peak of what the engine gave to arrays"),
    Column("parameters", "Parameters", "millions", "numbers of the network that was trained"),
    Column("trainable_parameters", "Trainable", "millions", "those that training changes"),
    Column("trees", "Trees", "count", "of all findings"),
    Column("leaves", "Leaves", "count", "of all trees"),
    Column("model_bytes", "Saved", "bytes", "all files of the fitted model"),
    Column("place", "Machine", "text", "where the row was timed"),
)

_REASONS = {
    **dict.fromkeys(("parameters", "trainable_parameters"), "not a network"),
    **dict.fromkeys(("trees", "leaves"), "no boosted trees"),
    "seconds_first_epoch": "no epochs",
    **dict.fromkeys(("seconds_epoch", "images_per_second_fit"), "no epoch beside the first"),
    **dict.fromkeys(("peak_memory", "peak_device_memory"), "not measured"),
    "images_per_second_predict": "too fast to tell",
    "auc": "not defined here",
}


def table(summary: Summary) -> Table:
    """List what each finished row has cost, in the order of the run.

    A column that nobody fills is left out, as is that of the machines where there is only one.
    """
    metrics = metrics_by(summary, "test")
    records = [
        {"row": row["name"], "kind": row.get("kind"), "auc": _auc(metrics, row)}
        | row["cost"]
        | {"place": place(row)}
        for row in summary.get("rows", ())
        if row["status"] == "done" and row.get("cost")
    ]
    columns = [column for column in _COLUMNS if _is_told(records, column.key)]
    lines = [_line(record, columns) for record in records]
    return Table("costs", "What each row has cost", columns, lines, records)


def machine(summary: Summary) -> str | None:
    """Return where all rows were timed, or None where they differ or none is told."""
    used = {place(row) for row in summary.get("rows", ()) if row.get("cost")}
    return used.pop() if len(used) == 1 else None


def place(row: Record) -> str | None:
    """Say where a row was timed: on which GPU or processor, and beside how many cores."""
    device, cores = row["cost"].get("device"), (row.get("machine") or {}).get("cores")
    return f"{device}, {count_cores(cores)}" if device and cores else device


def drawings(summary: Summary, uid: str) -> list[Panel]:
    """Draw macro test AUC against the time of the fit and against the size of the model."""
    made = (
        _drawing(summary, "seconds_fit", scatter.SECONDS, "seconds", f"{uid}-cost-seconds"),
        _drawing(summary, "model_bytes", scatter.BYTES, "bytes", f"{uid}-cost-bytes"),
    )
    return [panel for panel in made if panel]


def _drawing(summary: Summary, key: str, scale: Scale, form: str, name: str) -> Panel | None:
    spots = [
        Spot(
            record["row"],
            record[key],
            record["auc"],
            f"{record['row']}: AUC {record['auc']:.3f}, {tables.write(record[key], form)}",
        )
        for record in table(summary).records
        if not is_missing(record["auc"]) and not is_missing(record.get(key))
    ]
    if not spots:
        return None
    title = f"AUC against the {scale.title}"
    styles = row_styles(summary["rows"])
    return Panel(title, "", scatter.cost_panel(spots, scale, styles, name=name, label=title))


def _auc(metrics: Mapping[tuple[str, str], Record], row: Record) -> float | None:
    return metrics.get((row["name"], "macro"), {}).get("auc")


def _is_told(records: list[dict[str, Any]], key: str) -> bool:
    values = [record.get(key) for record in records]
    if key == "place":
        return len(set(values)) > 1
    return any(not is_missing(value) for value in values)


def _line(record: Record, columns: list[Column]) -> Line:
    cells = [cell(record, column, reason=_REASONS.get(column.key, "")) for column in columns]
    return Line(cells, row=record["row"], style=record.get("kind") or "")
