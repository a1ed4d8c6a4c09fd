"""The sections of a run's report: what each shows, or nothing where the summary lacks it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reports import (
    audit,
    calibration,
    checklists,
    checks,
    comparison,
    cost,
    distribution,
    grid,
    label_quality,
    literature,
    localization,
    panels,
    provenance,
    runs,
    runs_words,
    subgroups,
    tables,
    thresholds,
    views,
)
from reports.audit_words import is_page
from reports.downloads import downloads as _downloads
from reports.numbers import prevalences
from reports.palette import row_styles
from reports.spread import spread_panel
from reports.tables import Table

Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Section:
    """One section of the page; ``_<key>.html`` shows its content."""

    key: str
    title: str
    content: dict[str, Any]


def sections(summary: Summary, uid: str) -> list[Section]:
    """Make the sections that `summary` has data for, in the order of the page.

    Parameters
    ----------
    summary : mapping
        The run's.
    uid : str
        Begins every identifier, so that two reports can stand in one page.
    """
    made = (
        Section(key, title, content)
        for key, title, build in (_OF_RUNS if runs_words.is_page(summary) else _BUILDERS)
        if (content := build(summary, uid))
    )
    return list(made)


def _grid(summary: Summary, uid: str) -> dict[str, Any]:
    if not summary.get("grid"):
        return {}
    board, linked = grid.leaderboard(summary), uid == "run"  # a notebook lies elsewhere
    cells = grid.cells_table(summary, linked=linked)
    return {
        "grid": summary["grid"],
        "board": board,
        "downloads": _downloads(summary, board),
        "drawing": _spread(summary, uid),
        "matrices": [(*made, _downloads(summary, made[-1])) for made in grid.matrices(summary)],
        "cells": cells,
        "cell_downloads": _downloads(summary, cells),
        "linked": linked,
    }


def _spread(summary: Summary, uid: str) -> str:
    spreads = grid.spreads(summary)
    styles = row_styles(summary["rows"])
    label = "Mean, SD and cells of each row's macro test AUC"
    return spread_panel(spreads, styles, name=f"{uid}-spread", label=label) if spreads else ""


def _leaderboard(summary: Summary, uid: str) -> dict[str, Any]:
    if not summary.get("rows") or summary.get("grid") or is_page(summary):
        return {}
    parts = views.parts_of(summary) or ["test"]
    boards = [(part, views.leaderboard(summary, part)) for part in parts]
    marks = {part: _best_floor(board) for part, board in boards}
    return {
        "boards": [(part, board, _downloads(summary, board)) for part, board in boards],
        "floors": marks,
    }


def _best_floor(board: Table) -> float | None:
    scores = [r["auc"] for r in board.records if r["kind"] == "floor"]
    return max((score for score in scores if not tables.is_missing(score)), default=None)


def _checks(summary: Summary, uid: str) -> dict[str, Any]:
    if not (made := checks.checks(summary)):
        return {}
    table = checks.table(summary)
    return {"made": made, "downloads": _downloads(summary, table), "counts": checks.counts(made)}


def _findings(summary: Summary, uid: str) -> dict[str, Any]:
    parts = views.parts_of(summary)
    if not parts or not summary.get("findings") or not summary.get("rows"):
        return {}
    part = parts[0]
    grids = [(title, hint, views.matrix(summary, key, part)) for key, title, hint in views.METRICS]
    every = views.per_finding(summary)
    choices = {
        "Row": [row["name"] for row in summary["rows"] if row["status"] == "done"],
        "Part": parts,
        "Finding": [finding["label"] for finding in summary["findings"]] + ["Macro mean", "Micro"],
    }
    return {
        "part": part,
        "grids": [(title, hint, grid, _downloads(summary, grid)) for title, hint, grid in grids],
        "every": every,
        "choices": choices,
        "downloads": _downloads(summary, every),
    }


def _comparison(summary: Summary, uid: str) -> dict[str, Any]:
    if not views.lines_of(summary, "comparison") or "evaluation" not in summary:
        return {}
    every, delong = comparison.differences(summary), comparison.delong(summary)
    panes = []
    for metric, heading in comparison.METRICS.items():
        wins = comparison.wins(summary, metric)
        drawing = comparison.behind_leader(summary, metric, uid)
        panes.append((heading, wins, _downloads(summary, wins), drawing))
    return {
        "said": comparison.words(summary),
        "panes": panes,
        "every": every,
        "choices": every.choices("Metric", "Finding", "Verdict"),
        "chosen": comparison.CHOSEN,
        "downloads": _downloads(summary, every),
        "delong": delong if delong.lines else None,
        "delong_downloads": _downloads(summary, delong),
        "ratio": comparison.mean_ratio(delong.records),
    }


def _thresholds(summary: Summary, uid: str) -> dict[str, Any]:
    return _with_files(summary, thresholds.content(summary))


def _calibration(summary: Summary, uid: str) -> dict[str, Any]:
    return _with_files(summary, calibration.content(summary, uid))


def _with_files(summary: Summary, content: dict[str, Any]) -> dict[str, Any]:
    """Add the downloads of all tables of a section, by the table's name."""
    made = (it for it in content.values() if isinstance(it, Table))
    files = {it.name: _downloads(summary, it) for it in made}
    return content | {"files": files} if content else {}


def _cost(summary: Summary, uid: str) -> dict[str, Any]:
    table = cost.table(summary)
    if not table.records:
        return {}
    return {
        "machine": cost.machine(summary),
        "drawings": cost.drawings(summary, uid),
        "table": table,
        "downloads": _downloads(summary, table),
    }


def _data(summary: Summary, uid: str) -> dict[str, Any]:
    data = summary.get("data")
    findings = summary.get("findings")
    if not data or not data.get("parts") or not findings:
        return {}
    table = prevalences(data["parts"], findings)
    counts = views.class_counts(summary)
    together = summary.get("cooccurrence")
    return {
        "data": data,
        "counts": counts,
        "downloads": _downloads(summary, counts),
        "distribution": distribution.class_distribution(
            table, name=f"{uid}-classes", label="Images with each finding, by part"
        ),
        "balance": len(data["parts"]) > 1
        and distribution.split_balance(
            table, name=f"{uid}-balance", label="Prevalence of each finding, by part"
        ),
        "together": together
        and distribution.cooccurrence(
            together,
            [finding["label"] for finding in findings],
            name=f"{uid}-together",
            label="Images that show two findings, for each pair of findings",
        ),
    }


_BUILDERS: tuple[tuple[str, str, Callable[[Summary, str], dict[str, Any]]], ...] = (
    ("grid", "Means over the cells", _grid),
    ("leaderboard", "Leaderboard", _leaderboard),
    ("checks", "Checks", _checks),
    ("findings", "Findings", _findings),
    ("comparison", "Which differences are real", _comparison),
    ("thresholds", "Thresholds", _thresholds),
    ("curves", "Curves", panels.curves),
    ("calibration", "Calibration", _calibration),
    ("subgroups", "Subgroups", subgroups.section),
    ("labels", "Labels", label_quality.section),
    ("literature", "Beside the literature", literature.section),
    ("training", "Training", panels.training),
    ("cost", "Cost", _cost),
    ("localization", "Where the models looked", localization.section),
    ("audit", "What leaks", audit.section),
    ("data", "Data", _data),
    ("run", "What was run", provenance.section),
    ("checklists", "Checklists", checklists.section),
)

#: The sections of a page that compares runs.
_OF_RUNS = (
    ("changes", "Change by row", runs.changes),
    ("changes_by_finding", "Change by finding", runs.by_finding),
    ("differing", "What else is not the same", runs.differing),
)
