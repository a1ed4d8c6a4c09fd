"""What the page of a grid shows: means and spreads over its cells, then the cells."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from reports.palette import heat_level
from reports.spread import Spread
from reports.story import names, say
from reports.tables import Cell, Column, Line, Record, Table, cell, is_missing
from reports.views import METRICS, label_of, unfinished_line

Summary = Mapping[str, Any]

_SHOWN = (
    Column("auc", "AUC", "spread", "macro: mean over the findings of the area under the ROC curve"),
    Column("cells", "Cells", "text", "how many have the AUC, of how many"),
    Column("auc_sd_split", "SD, split", hint="of the splits' means over the trainings"),
    Column("auc_sd_training", "SD, training", hint="of trainings on one split, pooled over splits"),
    Column(
        "auc_valid", "AUC, valid", hint="mean of the macro AUCs on valid, to choose settings by"
    ),
    Column("ap", "AP", "spread", "macro average precision"),
    Column("precision", "Precision", "spread", "macro, at thresholds chosen on valid"),
    Column("recall", "Recall", "spread", "macro, at thresholds chosen on valid"),
    Column("f1", "F1", "spread", "macro, at thresholds chosen on valid"),
)


def means_of(summary: Summary, finding: str = "macro") -> list[dict[str, Any]]:
    """Return the means of one finding, the best AUC first: a line a row and setting."""
    kinds = {row["name"]: row.get("kind") for row in summary.get("rows", ())}
    total = summary["grid"]["averaged"]
    lines = [
        {**line, "kind": kinds.get(line["row"]), "cells": f"{line['auc_cells']} of {total}"}
        for line in summary["grid"]["figures"]
        if line["finding"] == finding
    ]
    return sorted(lines, key=lambda line: 0 if is_missing(line["auc"]) else -line["auc"])


def leaderboard(summary: Summary) -> Table:
    """Rank rows and settings by their mean macro test AUC; rows that never finished come last."""
    lines, columns = means_of(summary), [Column("row", "Row", "row")]
    if any(line["setting"] for line in lines):
        columns.append(Column("setting", "Setting", "text"))
    hidden = set() if len(columns) > 1 else {"auc_valid"}
    if len(summary["grid"]["sources"]) < 2:
        hidden |= {"auc_sd_split", "auc_sd_training"}
    columns += [column for column in _SHOWN if column.key not in hidden]
    made = [_line(line, columns) for line in lines]
    finished = {line["row"] for line in lines}
    rows = summary.get("rows", ())
    made += [unfinished_line(row, columns) for row in rows if row["name"] not in finished]
    return Table("grid-means", "Rows by mean macro AUC on the test part", columns, made, lines)


def _line(record: Record, columns: Sequence[Column]) -> Line:
    cells = [cell(record, column, reason="not defined here") for column in columns]
    return Line(cells, row=record["row"], style=record["kind"] or "")


def matrices(summary: Summary) -> list[tuple[str, str, Table]]:
    """Put findings down, and rows with their settings across: mean ± SD of each metric."""
    return [(title, hint, _matrix(summary, key, title)) for key, title, hint in METRICS]


def _matrix(summary: Summary, metric: str, title: str) -> Table:
    ranked = [(line["row"], line["setting"]) for line in means_of(summary)]
    columns = [Column("Finding", "Finding", "text")]
    columns += [
        Column(called(row, setting), called(row, setting), "spread") for row, setting in ranked
    ]
    names = [finding["name"] for finding in summary["findings"]]
    records = [_across(summary, metric, name) for name in [*names, "macro"]]
    means: list[Any] = [record.get(c.key) for record in records for c in columns[1:]]
    low = 0.5 if metric == "auc" else 0.0
    high = max([low + 0.1, *(mean for mean in means if not is_missing(mean))])
    lines = []
    for record in records:
        is_mean = record["Finding"] == "Macro mean"
        cells = [_shaded(record, column, (low, high)) for column in columns]
        lines.append(Line(cells, last=is_mean, style="mean" if is_mean else ""))
    return Table(f"grid-{metric}", f"{title} on the test part", columns, lines, records)


def _across(summary: Summary, metric: str, finding: str) -> dict[str, Any]:
    record: dict[str, Any] = {"Finding": label_of(summary, finding)}
    for line in summary["grid"]["figures"]:
        if line["finding"] == finding:
            name = called(line["row"], line["setting"])
            record |= {name: line[metric], f"{name}_sd": line[f"{metric}_sd"]}
            record |= {f"{name}_cells": line[f"{metric}_cells"]}
    return record


def _shaded(record: Record, column: Column, ends: tuple[float, float]) -> Cell:
    value: Any = record.get(column.key)
    if column.form == "text" or is_missing(value):
        return cell(record, column, reason="not defined in any cell")
    low, high = ends
    return cell(record, column, style=f"heat-{heat_level((value - low) / (high - low))}")


def called(row: str, setting: str) -> str:
    """Name a row with its setting."""
    return f"{row}, {setting}" if setting else row


def cells_table(summary: Summary, *, linked: bool) -> Table:
    """List the cells: split, test images, each row's macro test AUC.

    Parameters
    ----------
    summary : mapping
        The grid's.
    linked : bool
        Whether each leads to its own report, whose place is known beside the grid's alone.
    """
    rows = [row["name"] for row in summary.get("rows", ())]
    columns = [
        Column("at", "Cell", "text"),
        Column("split", "Split", "text", "fingerprint"),
        Column("test", "Test images", "count"),
        *(Column(row, row, hint="macro AUC on the test part") for row in rows),
    ]
    records, lines = [], []
    for one in summary["grid"]["cells"]:
        record = {"at": one["at"], "split": one["split"], "test": one["test"], **one["auc"]}
        first = Cell(one["at"], link=one["report"] if linked else "")
        others = [
            cell(record, column, reason=one["failed"].get(column.key, "not finished"))
            for column in columns[1:]
        ]
        records.append({column.key: record.get(column.key) for column in columns})
        lines.append(Line([first, *others]))
    return Table("grid-cells", "The cells of the grid", columns, lines, records)


def spreads(summary: Summary) -> list[Spread]:
    """Return what is drawn of each line of the leaderboard."""
    drawn = []
    for line in means_of(summary):
        if is_missing(line["auc"]):
            continue
        hint = f"{called(line['row'], line['setting'])}: {line['auc']:.3f}"
        hint += "" if is_missing(line["auc_sd"]) else f" ± {line['auc_sd']:.3f}"
        aucs = [auc for auc in _aucs(summary, line).values() if not is_missing(auc)]
        drawn.append(Spread(line["row"], line["setting"], line["auc"], line["auc_sd"], aucs, hint))
    return drawn


def _aucs(summary: Summary, line: Record) -> dict[str, float]:
    """Return a line's macro test AUC by split and training."""
    return {
        one["drawn"]: one["auc"][line["row"]]
        for one in summary["grid"]["cells"]
        if one["setting"].get(line["row"]) == line["setting"]
    }


def story(summary: Summary) -> list[Markup]:
    """Tell a grid in a few sentences made from its figures, the most important first."""
    lines = [line for line in means_of(summary) if not is_missing(line["auc"])]
    models = [line for line in lines if line["kind"] != "floor"]
    floors = [line for line in lines if line["kind"] == "floor"]
    sentences = [
        *_leader(summary, models or floors),
        *([_floor(summary, models[0], floors[0])] if models and floors else []),
        *_unfinished(summary),
        Markup.escape(summary["grid"]["varies"]),
    ]
    return sentences if lines else [Markup("No row has finished yet."), *sentences]


def _leader(summary: Summary, lines: Sequence[Record]) -> list[Markup]:
    if not lines:
        return []
    best = lines[0]
    lead = _named(best) + say(" has the highest mean macro test AUC: {}", best["auc"])
    if not is_missing(best["auc_sd"]):
        lead += say(" ± {}", best["auc_sd"])
    lead += f" (mean ± SD over {_cells(best['auc_cells'])})"
    if len(lines) > 1:
        second = lines[1]
        gap = round(best["auc"], 3) - round(second["auc"], 3)
        lead += say(", {} above ", gap) + _named(second) + _wins(summary, best, second)
    return [lead + "."]


def _floor(summary: Summary, best: Record, floor: Record) -> Markup:
    gap = round(best["auc"], 3) - round(floor["auc"], 3)
    side = "above" if gap >= 0 else "below"
    told = say("It stands {} {} the best floor, ", abs(gap), Markup(side)) + _named(floor)
    return told + say(" ({})", floor["auc"]) + _wins(summary, best, floor) + "."


def _wins(summary: Summary, one: Record, other: Record) -> Markup:
    """Say in how many cells a line is ahead of another, of those that have both."""
    mine, others = _aucs(summary, one), _aucs(summary, other)
    both = [(mine[at], others[at]) for at in mine.keys() & others.keys()]
    both = [(a, b) for a, b in both if not is_missing(a) and not is_missing(b)]
    if len(both) < 2:
        return Markup("")
    return Markup(f", ahead in {sum(a > b for a, b in both)} of {_cells(len(both))}")


def _unfinished(summary: Summary) -> list[Markup]:
    failed: dict[str, list[str]] = {}
    for one in summary["grid"]["cells"]:
        for row, reason in one["failed"].items():
            failed.setdefault(row, []).append(reason)
    return [
        names([row]) + Markup.escape(f" failed in {_cells(len(why))}: {why[0]}") + "."
        for row, why in failed.items()
    ]


def _named(line: Record) -> Markup:
    setting = Markup.escape(f" with {line['setting']}") if line["setting"] else ""
    return names([line["row"]]) + setting


def _cells(number: int) -> str:
    return f"{number} cell" if number == 1 else f"{number} cells"
