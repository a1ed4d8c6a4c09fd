"""The section on calibration: reliability, decision curves, figures, prevalences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from reports.palette import RowStyle, row_styles
from reports.panels import Panel
from reports.reliability import decision_panel, reliability_panel
from reports.tables import Column, Line, Record, Table, cell, is_missing, write
from reports.views import label_of, lines_of

Summary = Mapping[str, Any]

#: Lines of a table by the row that they are about.
ByRow = Mapping[str, Sequence[Record]]

#: What a stage of the scores is called.
STAGES = {
    "as is": "As the rows give them",
    "platt": "Platt, fitted on valid",
    "isotonic": "Isotonic, fitted on valid",
}

_FIGURES = (
    Column("brier", "Brier", "estimate", "mean squared distance of scores and labels"),
    Column("brier_reference", "Of prevalence", hint="Brier of always saying train's prevalence"),
    Column("skill", "Skill", "estimate", "share by which the row betters it; 0 is no better"),
    Column("ece", "ECE", hint="expected calibration error, over bins of equal size"),
    Column("intercept", "Intercept", "estimate", "0 is right; below it scores are too high"),
    Column("slope", "Slope", "estimate", "1 is right; below it scores lie too far apart"),
)
_ROW = Column("row", "Row", "row")
_LABEL = Column("label", "Finding", "text")
_STAGE = Column("said", "Scores", "text")
_MEANS = (_ROW, _STAGE, *_FIGURES)
_EVERY = (
    _ROW,
    _LABEL,
    _STAGE,
    Column("patients", "Patients", "count", "patients of test with the finding"),
    *_FIGURES,
    Column("note", "Note", "text"),
)
_SHIFT = (
    Column("label", "Finding", "text"),
    Column("train", "Train", "share"),
    Column("valid", "Valid", "share"),
    Column("test", "Test", "share"),
    Column("ratio", "Test / train", "estimate", "how many times as common in test"),
)


def content(summary: Summary, uid: str) -> dict[str, Any]:
    """Make what the section shows; nothing where no row has been evaluated.

    Parameters
    ----------
    summary : mapping
        The run's; read are its tables ``calibration``, ``reliability``, ``net_benefit`` and
        ``prevalence``.
    uid : str
        Begins every identifier.
    """
    records = [_record(summary, line) for line in lines_of(summary, "calibration")]
    if not records:
        return {}
    stages = list(dict.fromkeys(record["stage"] for record in records))
    means = [record for record in records if record["finding"] == "macro"]
    others = [record for record in records if record["finding"] != "macro"]
    one = {_STAGE} if len(stages) == 1 else set()  # nothing to tell apart
    every = _table(
        "calibration-by-finding", "by finding", [c for c in _EVERY if c not in one], others
    )
    return {
        "rows": list(dict.fromkeys(record["row"] for record in records)),
        "stages": [_drawings(summary, stage, f"{uid}-{k}") for k, stage in enumerate(stages)],
        "means": _table("calibration-means", "means", [c for c in _MEANS if c not in one], means),
        "every": every,
        "choices": every.choices("Row", "Finding", "Scores"),
        "shift": _shift(summary),
    }


def _record(summary: Summary, line: Record) -> dict[str, Any]:
    label = label_of(summary, line["finding"])
    return {**line, "label": label, "said": STAGES.get(line["stage"], line["stage"])}


def _table(
    name: str, caption: str, columns: Sequence[Column], records: list[dict[str, Any]]
) -> Table:
    lines = [
        Line([cell(r, column, reason=r.get("note") or "") for column in columns], row=r["row"])
        for r in records
    ]
    return Table(name, f"Calibration on test, {caption}", columns, lines, records)


def _shift(summary: Summary) -> Table:
    """List the prevalence of each finding in every part that has images; nothing of one alone."""
    records = [
        {**line, "label": label_of(summary, line["finding"])}
        for line in lines_of(summary, "prevalence")
    ]
    told = [c for c in _SHIFT if any(not is_missing(record.get(c.key)) for record in records)]
    records = records if len(told) > 2 else []
    lines = [Line([cell(record, column) for column in told]) for record in records]
    return Table("prevalence", "Prevalence of each finding by part", told, lines, records)


def _drawings(summary: Summary, stage: str, uid: str) -> tuple[str, list[Panel], list[Panel]]:
    """Draw every finding's reliability and decision curves at one stage of the scores."""
    return (
        STAGES.get(stage, stage),
        list(_panels(summary, "reliability", stage, f"{uid}-reliability", _reliability)),
        list(_panels(summary, "net_benefit", stage, f"{uid}-decision", _decision)),
    )


#: From the lines of each row, its style and what names the drawing, to the drawing.
Draw = Callable[[ByRow, Mapping[str, RowStyle], Mapping[str, str], dict[str, str]], str]


def _panels(summary: Summary, table: str, stage: str, uid: str, draw: Draw) -> Iterator[Panel]:
    """Yield a drawing for each finding that the table has lines of."""
    styles = row_styles(summary.get("rows", ()))
    figures = _by_finding(lines_of(summary, "calibration"), stage)
    found = _by_finding(lines_of(summary, table), stage)
    for place, finding in enumerate(summary.get("findings", ())):
        name, label = finding["name"], finding["label"]
        if name in found:
            of = {row: lines[0] for row, lines in figures.get(name, {}).items()}
            hints = {row: _hint(line) for row, line in of.items()}
            named = {"name": f"{uid}-{place}", "label": f"{table.replace('_', ' ')}, {label}"}
            note = next((f"{write(it['positives'], 'count')} pos." for it in of.values()), "")
            yield Panel(label, note, draw(found[name], styles, hints, named))


def _by_finding(lines: Sequence[Record], stage: str) -> dict[str, dict[str, list[Record]]]:
    found: dict[str, dict[str, list[Record]]] = {}
    for line in lines:
        if line["stage"] == stage:
            found.setdefault(line["finding"], {}).setdefault(line["row"], []).append(line)
    return found


def _hint(line: Record) -> str:
    ece, slope = write(line["ece"], "score"), write(line["slope"], "score")
    return f"{line['row']}: ECE {ece}, slope {slope}"


def _pairs(found: ByRow, x: str, y: str) -> dict[str, tuple[list[float], list[float]]]:
    return {row: ([it[x] for it in lines], [it[y] for it in lines]) for row, lines in found.items()}


def _reliability(
    found: ByRow,
    styles: Mapping[str, RowStyle],
    hints: Mapping[str, str],
    named: dict[str, str],
) -> str:
    return reliability_panel(_pairs(found, "score", "observed"), styles, hints=hints, **named)


def _decision(
    found: ByRow,
    styles: Mapping[str, RowStyle],
    hints: Mapping[str, str],
    named: dict[str, str],
) -> str:
    everybody = [line["everybody"] for line in next(iter(found.values()))]
    lines = _pairs(found, "threshold", "net_benefit")
    return decision_panel(lines, everybody, styles, hints=hints, **named)
