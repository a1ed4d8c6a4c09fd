"""The tables and drawings of runs held against the first of them, and what is not the same."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from reports.comparison import METRICS, shown, signed
from reports.downloads import downloads
from reports.forest import Gap, forest_panel
from reports.palette import row_styles
from reports.runs_words import macro_of, said
from reports.tables import Cell, Column, Line, Record, Table, cell, is_missing
from reports.views import label_of

Summary = Mapping[str, Any]

_FIGURES = (
    Column("before", "Before", "estimate", "in the first run"),
    Column("after", "After", "estimate"),
    Column("difference", "Change", hint="after less before, on the same test images"),
    Column("interval", "Interval", "figures", "from the same draws of patients; unadjusted"),
    Column("said", "Verdict", "text"),
    Column("p_holm", "p, Holm", hint="adjusted over the 14 findings of all rows and runs"),
    Column("mdd", "Detectable", hint="the smallest change that a test finds 4 times in 5"),
)


def changes(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section on the macro means: by metric a table, and a drawing for each later run."""
    runs = summary["runs"]
    if not runs["changes"]:
        return {}
    return {
        "names": runs["names"],
        "level": f"{100 * runs['level']:g}%",
        "panes": [(METRICS[key], *_pane(summary, key, uid)) for key in METRICS],
    }


def _pane(summary: Summary, metric: str, uid: str) -> tuple[Any, ...]:
    runs = summary["runs"]
    lines = macro_of(runs, metric)
    table = _table(summary, f"changes-{metric}", f"Change of the macro {METRICS[metric]}", lines)
    drawings = [
        (run, _drawing(summary, metric, own, f"{uid}-change-{metric}-{place}"))
        for place, run in enumerate(runs["names"])
        if (own := [it for it in lines if it["run"] == run and not is_missing(it["low"])])
    ]
    return table, downloads(summary, table), drawings


def _table(
    summary: Summary, name: str, caption: str, lines: Sequence[Record], *more: Column
) -> Table:
    several = [Column("run", "Run", "text")] if len(summary["runs"]["names"]) > 2 else []
    columns = [Column("row", "Row", "row"), *several, *more, *_FIGURES]
    shown = [
        {
            **line,
            "said": said(line),
            "heading": METRICS[line["metric"]],
            "label": label_of(summary, line["finding"]),
        }
        for line in lines
    ]
    made = [Line([_cell(it, column) for column in columns], row=it["row"]) for it in shown]
    return Table(name, f"{caption}, test part", columns, made, lines)


def _cell(record: Record, column: Column) -> Cell:
    """Write a cell; set a change off that is better or worse."""
    made = shown(record, column)
    is_apart = column.key == "difference" and record["verdict"] in ("better", "worse")
    return replace(made, style=f"{made.style} apart".strip()) if is_apart else made


def _drawing(summary: Summary, metric: str, lines: Sequence[Record], name: str) -> str:
    run, first = lines[0]["run"], summary["runs"]["names"][0]
    gaps = [
        Gap(
            line["row"],
            line["difference"],
            line["low"],
            line["high"],
            said(line),
            f"{line['row']}: {signed(line['difference'])}, {said(line)}",
        )
        for line in lines
    ]
    heading = METRICS[metric]
    return forest_panel(
        gaps,
        row_styles(summary["rows"]),
        margin=summary["runs"]["margin"],
        across=f"change of the macro {heading}",
        name=name,
        label=f"Change of each row's macro {heading}, {run} against {first}",
    )


def by_finding(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section on findings: a matrix of changes for each run and metric, and all lines."""
    runs = summary["runs"]
    lines = runs["changes"]
    if not lines:
        return {}
    of_finding = (Column("heading", "Metric", "text"), Column("label", "Finding", "text"))
    every = _table(summary, "changes-by-finding", "Every change", lines, *of_finding)
    return {
        "panes": [(METRICS[key], _matrices(summary, key)) for key in METRICS],
        "every": every,
        "choices": every.choices("Row", "Run", "Metric", "Finding"),
        "downloads": downloads(summary, every),
    }


def _matrices(summary: Summary, metric: str) -> list[tuple[str, Table, Any]]:
    made = []
    for place, run in enumerate(summary["runs"]["names"]):
        lines = [
            it for it in summary["runs"]["changes"] if (it["run"], it["metric"]) == (run, metric)
        ]
        if lines:
            name = f"changes-{metric}-by-finding" + (f"-{place}" if place > 1 else "")
            table = _matrix(summary, name, metric, lines)
            made.append((run, table, downloads(summary, table)))
    return made


def _matrix(summary: Summary, name: str, metric: str, lines: Sequence[Record]) -> Table:
    rows = list(dict.fromkeys(it["row"] for it in lines))
    known = {(it["row"], it["finding"]): it for it in lines}
    findings = [*(it["name"] for it in summary["findings"]), "macro"]
    columns = [Column("Finding", "Finding", "text"), *(Column(row, row) for row in rows)]
    records, made = [], []
    for finding in findings:
        label = label_of(summary, finding)
        own = {row: known[row, finding] for row in rows}
        records.append({"Finding": label} | {row: it["difference"] for row, it in own.items()})
        cells = [Cell(label), *(_cell(it, Column("difference", row)) for row, it in own.items())]
        is_mean = finding == "macro"
        made.append(Line(cells, last=is_mean, style="mean" if is_mean else ""))
    caption = f"Change of the {METRICS[metric]} by finding, {lines[0]['run']}"
    return Table(name, caption, columns, made, records)


def differing(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section on all that is not the same: rows, options, versions and machines."""
    runs = summary["runs"]
    parts = (
        ("rows-apart", "Rows that not every run has finished", "Row", runs["rows_apart"]),
        ("options", "Options", "Option", runs["options"]),
        ("circumstances", "Versions, machine, split", "What", runs["circumstances"]),
    )
    tables = [_side_by_side(runs, *part) for part in parts if part[-1]]
    return {"tables": [(it, downloads(summary, it)) for it in tables]}


def _side_by_side(
    runs: Record, name: str, caption: str, heading: str, lines: Sequence[Record]
) -> Table:
    columns = [
        Column("what", heading, "text"),
        *(Column(run, run, "text") for run in runs["names"]),
    ]
    records = [{"what": it["what"], **it["values"]} for it in lines]
    made = [Line([cell(record, column) for column in columns]) for record in records]
    return Table(name, caption, columns, made, records)
