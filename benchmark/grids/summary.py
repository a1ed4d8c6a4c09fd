"""The folder of a grid → one plain, JSON-able dictionary: all that its report may show."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pandas as pd

from benchmark.grids.cells import Axes, Cell
from benchmark.grids.folder import GridFolder
from benchmark.grids.tables import folds_sentence
from benchmark.plain import records
from benchmark.protocol import banners, protocol
from benchmark.row_folder import RowFolder
from benchmark.run_folder import RunFolder
from features.findings import display

#: Why an SD over cells is no standard error.
CAUTION = (
    "Cells share radiographs, so their figures are not independent: an SD says how far a figure "
    "moves from cell to cell, and is no standard error of the mean."
)

#: Said where settings stand beside each other.
CHOICE = (
    "A setting picked by its figure on test would be chosen on test: choose by valid, where a "
    "figure is then optimistic, and read that setting's figure on test once."
)


def summarize_grid(run: GridFolder) -> dict[str, Any]:
    """Gather what the report of a grid shows from the files of its folder alone.

    Returns
    -------
    dict
        JSON-able: no NaN (None instead), no NumPy types. What `benchmark.summary.summarize` says
        of a run, as far as it is the same in all cells, and ``grid``: what varies (``varies``,
        ``sources``, ``averaged``), ``figures`` (a line a row, setting and finding: mean and SDs of
        each metric on test, and over how many cells), and ``cells``.
    """
    experiment, axes, cells = run.experiment(), run.axes, run.cells()
    rows = [row_over(name, [folder for _, folder in cells]) for name in experiment.rows]
    findings = list(cells[0][1].truth().columns)
    return {
        "name": experiment.name,
        "title": experiment.title or experiment.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "banners": banners(rows, experiment),
        "data": _data(run, axes),
        "findings": [{"name": name, "label": display(name)} for name in findings],
        "rows": rows,
        "grid": {
            "varies": axes.sentence(),
            "folds": folds_sentence(cells, axes),
            "caution": " ".join(_cautions(axes)),
            "sources": axes.sources,
            "averaged": axes.averaged,
            "figures": _figures(run.grid(), axes),
            "cells": _cells(run, axes),
        },
        "protocol": protocol(experiment),
        "provenance": _provenance(run, cells),
        "experiment": experiment.to_toml(),
    }


def _cautions(axes: Axes) -> list[str]:
    settings = any(len(axes.places[place]) > 1 for place in axes.settings)
    return [CAUTION] * bool(axes.sources) + [CHOICE] * settings


def row_over(name: str, folders: list[RunFolder], what: str = "cells") -> dict[str, Any]:
    """Say what a row of several runs is, and in how many of them it is finished."""
    rows = [folder.row(name) for folder in folders]
    done = [row for row in rows if _is_done(row)]
    card: dict[str, Any] = next((row.status["card"] for row in rows if "card" in row.status), {})
    reasons = [row.status["reason"] for row in rows if row.status.get("reason")]
    said = (
        f"done in {len(done)} of {len(rows)} {what}" if done else "failed" if reasons else "missing"
    )
    return {
        "name": name,
        "kind": card.get("kind", "classical"),
        "title": card.get("title", name),
        "status": "done" if len(done) == len(rows) else said,
        "reason": reasons[0] if reasons else None,
        "weights": done[0].facts.get("weights") if done else None,
    }


def _is_done(row: RowFolder) -> bool:
    return row.status.get("state") == "done"


def _data(run: GridFolder, axes: Axes) -> dict[str, Any]:
    """Return what all cells know of the data; counts only where they all have the same."""
    reading, shared = run.provenance["data"], {}
    if not any(place.startswith("data.") and place != "data.size" for place in axes.places):
        split = run.cells()[0][1].split()
        shared = {"images": len(split), "patients": int(split["patient"].nunique())}
    if "data.size" not in axes.places:
        shared["size"] = run.experiment().data.size
    return reading | shared


def _figures(table: pd.DataFrame, axes: Axes) -> list[dict[str, Any]]:
    """Put the metrics of a row, setting and finding on test into one line; the AUC on valid too."""
    lines: dict[tuple, dict[str, Any]] = {}
    for line in records(table[table["part"] == "test"]):
        at = (line["row"], axes.said(line, axes.settings), line["finding"])
        metric = line["metric"]
        lines.setdefault(at, dict(zip(("row", "setting", "finding"), at, strict=True))).update(
            {
                metric: line["mean"],
                f"{metric}_sd": line["sd"],
                f"{metric}_sd_split": line["sd_split"],
                f"{metric}_sd_training": line["sd_training"],
                f"{metric}_cells": line["cells"],
            }
        )
    for line in records(table[(table["part"] == "valid") & (table["metric"] == "auc")]):
        at = (line["row"], axes.said(line, axes.settings), line["finding"])
        lines[at]["auc_valid"] = line["mean"]
    return list(lines.values())


def _cells(run: GridFolder, axes: Axes) -> list[dict[str, Any]]:
    """Say of each cell what it is, what its rows got, and where its report is."""
    metrics = run.metrics()
    macro = metrics[(metrics["part"] == "test") & (metrics["finding"] == "macro")]
    lines: dict[str, list[dict[str, Any]]] = {}
    for line in records(macro):
        lines.setdefault(line["cell"], []).append(line)
    return [_cell(cell, folder, lines.get(cell.name, []), axes) for cell, folder in run.cells()]


def _cell(cell: Cell, folder: RunFolder, lines: list[dict[str, Any]], axes: Axes) -> dict[str, Any]:
    statuses = {name: folder.row(name).status for name in cell.experiment.rows}
    return {
        "name": cell.name,
        "at": axes.said(cell.at, cell.at),
        "drawn": axes.said(cell.at, [*axes.split, *axes.training]),
        "report": f"cells/{quote(cell.name, safe='=,~')}/report.html",
        "split": folder.provenance["split"]["fingerprint"],
        "test": int((folder.split()["part"] == "test").sum()),
        "auc": {line["row"]: line["auc"] for line in lines},
        "setting": {line["row"]: axes.said(line, axes.settings) for line in lines},
        "failed": {name: it["reason"] for name, it in statuses.items() if it.get("reason")},
    }


def _provenance(run: GridFolder, cells: list[tuple[Cell, RunFolder]]) -> dict[str, Any]:
    """Return versions, machine and command, with the time of all rows, each fit counted once."""
    rows = [folder.row(name) for cell, folder in cells for name in cell.experiment.rows]
    fits = {row.status["fingerprint"]: row.cost for row in rows if _is_done(row)}
    seconds = sum(cost["seconds_fit"] + cost["seconds_predict"] for cost in fits.values())
    return {key: it for key, it in run.provenance.items() if key != "data"} | {"seconds": seconds}
