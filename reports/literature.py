"""Published figures beside the run's, where the split is the same, and apart where it is not."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.downloads import downloads
from reports.palette import heat_level
from reports.tables import Cell, Column, Line, Record, Table, cell, is_missing
from reports.views import metrics_by

Summary = Mapping[str, Any]


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section: a statement, the comparable figures with ours, and the others."""
    given = summary.get("published")
    if not given:
        return {}
    lines = given["lines"]
    beside = [line for line in lines if line["comparable"]]
    apart = [line for line in lines if not line["comparable"]]
    ranked = [*_ours(summary), *_theirs(beside)] if beside else []
    together = _table(summary, "published", ranked) if ranked else None
    others = _table(summary, "published-other-splits", _theirs(apart)) if apart else None
    return {
        "statement": given["statement"],
        "beside": together,
        "downloads": downloads(summary, together) if together else None,
        "apart": others,
        "sources": _sources(lines),
    }


def _sources(lines: Sequence[Record]) -> list[str]:
    """Name every source once, with its test part."""
    told = ("{source}, {year}: {reference}; test part: {split}".format(**line) for line in lines)
    return list(dict.fromkeys(told))


def _ours(summary: Summary) -> list[dict[str, Any]]:
    metrics = metrics_by(summary, "test")
    names = {"macro": "mean"} | {f["name"]: f["name"] for f in summary["findings"]}
    return [
        {"source": row["name"], "row": row["name"]}
        | {name: metrics.get((row["name"], key), {}).get("auc") for key, name in names.items()}
        for row in summary["rows"]
        if row["status"] == "done"
    ]


def _theirs(lines: Sequence[Record]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        told = {key: line[key] for key in ("source", "year", "reference", "split")}
        record = found.setdefault(line["source"], {**told, "row": ""})
        record[line["finding"]] = line["auc"]
    return list(found.values())


def _table(summary: Summary, name: str, records: list[dict[str, Any]]) -> Table:
    """Rank sources and rows by their mean AUC."""
    labels = {f["name"]: f["label"] for f in summary["findings"] if f["name"] != "No Finding"}
    columns = [
        Column("source", "Source", "row"),
        Column("year", "Year", "text"),
        Column("mean", "Mean AUC", "score", "over the 14 findings"),
        *(Column(finding, label) for finding, label in labels.items()),
    ]
    records = sorted(records, key=_mean, reverse=True)
    made = [Line([_shaded(it, c) for c in columns], row=it["row"], style="plain") for it in records]
    return Table(name, "Published AUCs", columns, made, records)


def _shaded(record: Record, column: Column) -> Cell:
    value: Any = record.get(column.key)
    if column.is_text or is_missing(value):
        return cell(record, column, reason="not given")
    return cell(record, column, style=f"heat-{heat_level((value - 0.5) / 0.45)}")


def _mean(record: Record) -> float:
    mean: Any = record.get("mean")
    return -1 if is_missing(mean) else mean
