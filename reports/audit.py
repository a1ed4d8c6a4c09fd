"""What leaks: the tables and drawings of an audit, a split by patient against one by image."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.audit_words import best, claims, scored
from reports.downloads import downloads
from reports.dumbbell import Dumbbell, End, dumbbell_panel
from reports.palette import row_styles
from reports.panels import Panel
from reports.tables import Column, Line, Record, Table, cell, is_missing
from reports.views import label_of

Summary = Mapping[str, Any]

_PROTOCOLS = (
    Column("called", "Split", "text"),
    Column("train", "Train", "count", "images"),
    Column("valid", "Valid", "count", "images"),
    Column("test", "Test", "count", "images"),
    Column("patients", "Patients in test", "count"),
    Column("shared", "Test images whose patient is in train", "share"),
    Column("fingerprint", "Fingerprint", "text"),
)
_CALLED = {"patient": "by patient", "image": "by image"}


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Return what the section shows; nothing where the summary holds no audit."""
    audit = summary.get("audit")
    if not audit:
        return {}
    macro = _by_auc([line for line in audit["lines"] if line["finding"] == "macro"])
    splits, board, every = _protocols_table(audit), _board(audit, macro), _every(summary)
    return {
        "splits": splits,
        "split_downloads": downloads(summary, splits),
        "claims": claims(summary),
        "board": board,
        "downloads": downloads(summary, board),
        "drawing": _of_rows(summary, macro, uid),
        "by_finding": _of_findings(summary, uid),
        "every": every,
        "every_downloads": downloads(summary, every),
        "choices": {
            "Row": [line["row"] for line in macro],
            "Finding": [*(f["label"] for f in summary.get("findings", ())), "Macro mean"],
        },
        "level": f"{100 * audit['level']:g}%",
        "draws": audit["draws"],
        "patients": audit["patients"],
        "by_lot": audit["by_lot"],
    }


def _by_auc(lines: Sequence[Record]) -> list[Record]:
    return sorted(lines, key=lambda it: 0 if is_missing(it["auc_image"]) else -it["auc_image"])


def _protocols_table(audit: Record) -> Table:
    records = [{"called": _CALLED[it["name"]], **it} for it in audit["protocols"]]
    lines = [Line([cell(record, column) for column in _PROTOCOLS]) for record in records]
    return Table("audit-splits", "The two splits", _PROTOCOLS, lines, records)


def _columns(*first: Column) -> list[Column]:
    return [
        *first,
        Column("auc_patient", "By patient", "estimate", "AUC on test, split by patient"),
        Column("auc_image", "By image", "estimate", "AUC on test, image-level split"),
        Column("inflation", "Inflation", "estimate", "by image less by patient"),
        Column("train_auc_patient", "Train, by patient", hint="AUC on its own train part"),
        Column("train_auc_image", "Train, by image", hint="AUC on its own train part"),
    ]


def _line(record: Record, columns: Sequence[Column], style: str = "") -> Line:
    cells = [cell(record, column, reason=record.get("note") or "") for column in columns]
    return Line(cells, row=record["row"], style=style)


def _board(audit: Record, macro: Sequence[Record]) -> Table:
    columns = _columns(Column("row", "Row", "row"))
    lines = [_line(record, columns, audit["kinds"].get(record["row"], "")) for record in macro]
    caption = "Macro AUC on both splits, and the inflation"
    return Table("audit-means", caption, columns, lines, macro)


def _every(summary: Summary) -> Table:
    hint = "patients in test with the finding, "
    columns = _columns(
        Column("row", "Row", "row"),
        Column("label", "Finding", "text"),
        Column("patients_patient", "Patients", "count", f"{hint}by patient"),
        Column("patients_image", "Patients, by image", "count", f"{hint}by image"),
    )
    records = [
        {"label": label_of(summary, line["finding"]), **line} for line in summary["audit"]["lines"]
    ]
    lines = [_line(record, columns) for record in records]
    caption = "AUC on both splits, and the inflation, by finding"
    return Table("audit-by-finding", caption, columns, lines, records)


def _of_rows(summary: Summary, macro: Sequence[Record], uid: str) -> str:
    about = _places(summary, "row")
    told = [(line, line["row"], about.get(line["row"], "")) for line in macro]
    pairs = [pair for line, *named in told if (pair := _pair(summary, line, *named))]
    if not pairs:
        return ""
    label = "Macro AUC of each row by patient and by image"
    across, name = "macro AUC, test", f"{uid}-audit-rows"
    return dumbbell_panel(pairs, across=across, name=name, label=label, wide=True)


def _places(summary: Summary, kind: str) -> dict[str, str]:
    """Name rows or findings as drawings do, by their place in the run."""
    return {it["name"]: f"{kind}-{k}" for k, it in enumerate(summary.get(f"{kind}s", ()))}


def _of_findings(summary: Summary, uid: str) -> list[Panel]:
    """Draw the findings of the row that looks best by image, and of the one that remembers."""
    audit = summary["audit"]
    lines = scored(audit)
    if not lines:
        return []
    memory = [line["row"] for line in lines if line["row"] == audit["memory"]]
    chosen = dict.fromkeys([best(audit, lines, "auc_image")["row"], *memory])
    return [
        Panel(row, "", _findings_of(summary, row, f"{uid}-audit-{place}"))
        for place, row in enumerate(chosen)
    ]


def _findings_of(summary: Summary, row: str, name: str) -> str:
    own = [line for line in summary["audit"]["lines"] if line["row"] == row]
    lines = _by_auc([line for line in own if line["finding"] != "macro"])
    about = _places(summary, "finding")
    told = [(it, label_of(summary, it["finding"]), about.get(it["finding"], "")) for it in lines]
    pairs = [pair for line, *named in told if (pair := _pair(summary, line, *named))]
    label = f"AUC of {row} by patient and by image, for each finding"
    return dumbbell_panel(pairs, across="AUC, test", name=name, label=label)


def _pair(summary: Summary, line: Record, label: str, about: str) -> Dumbbell | None:
    if is_missing(line["inflation"]):
        return None
    styles = row_styles(summary.get("rows", ()))
    ends = {}
    for name in ("auc_patient", "auc_image"):
        low, high = line[f"{name}_low"], line[f"{name}_high"]
        ends[name] = End(line[name], None if is_missing(low) else (low, high))
    hint = (
        f"{label}: by patient {line['auc_patient']:.3f}, by image {line['auc_image']:.3f}, "
        f"inflation {line['inflation']:+.3f}"
    )
    colour = styles[line["row"]].colour if line["row"] in styles else "floor"
    return Dumbbell(label, colour, ends["auc_patient"], ends["auc_image"], hint, about)
