"""Published figures beside the run's, where the split is the same, and apart where it is not."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.downloads import downloads
from reports.tables import Column, Line, Record, Table, cell, is_missing
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
    together = (
        _table(summary, "literature", [*_ours(summary), *_theirs(beside)]) if beside else None
    )
    others = _table(summary, "literature-other-splits", _theirs(apart)) if apart else None
    return {
        "statement": given["statement"],
        "beside": together,
        "downloads": downloads(summary, together) if together else [],
        "apart": others,
    }


def _ours(summary: Summary) -> list[dict[str, Any]]:
    metrics = metrics_by(summary, "test")
    names = {"macro": "mean"} | {f["name"]: f["name"] for f in summary["findings"]}
    return [
        {
            "source": row["name"],
            "row": row["name"],
            "year": None,
            "reference": "this run",
            "split": "NIH's lists",
            **{name: metrics.get((row["name"], key), {}).get("auc") for key, name in names.items()},
        }
        for row in summary["rows"]
        if row["status"] == "done"
    ]


def _theirs(lines: Sequence[Record]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        told = ("source", "year", "reference", "split")
        record = found.setdefault(line["source"], {key: line[key] for key in told} | {"row": ""})
        record[line["finding"]] = line["auc"]
    return list(found.values())


def _table(summary: Summary, name: str, records: list[dict[str, Any]]) -> Table:
    """Rank sources and rows by their mean AUC."""
    records = sorted(records, key=_mean, reverse=True)
    findings = [f for f in summary["findings"] if any(f["name"] in it for it in records)]
    findings = [f for f in findings if f["name"] != "No Finding"]
    columns = [
        Column("source", "Source", "row"),
        Column("mean", "Mean AUC", "score", "over the 14 findings"),
        *(Column(finding["name"], finding["label"]) for finding in findings),
        Column("year", "Year", "text"),
        Column("split", "Test part", "text"),
        Column("reference", "Reference", "text"),
    ]
    made = [
        Line([cell(it, c, reason="not given") for c in columns], row=it["row"], style="plain")
        for it in records
    ]
    return Table(name, "Published AUCs", columns, made, records)


def _mean(record: Record) -> float:
    return -1 if is_missing(record.get("mean")) else record["mean"]
