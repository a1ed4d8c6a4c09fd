"""Run folder → one plain, JSON-able dictionary: all that a report may show."""

from datetime import UTC, datetime
from math import isnan
from typing import Any

import numpy as np
import pandas as pd

from benchmark.checklists.answers import checklists
from benchmark.checks.registry import available
from benchmark.evaluation.curves import curves
from benchmark.evaluation.tables import TABLES
from benchmark.evaluation.thresholds import Rule
from benchmark.experiment import Experiment
from benchmark.published import beside
from benchmark.run_folder import RowFolder, RunFolder
from benchmark.split_file import PARTS
from features.findings import FINDINGS, display

#: How figures come about, in the words of the report.
PROTOCOL = {
    "Split": "All images of a patient are in one part. Models learn from train; every choice is "
    "made on valid; test is read once, by the evaluation.",
    "Thresholds": "{thresholds}",
    "Intervals": "{level:g} % {interval} intervals of the bootstrap over patients: the patients of "
    "test are drawn with replacement {draws:,} times, each with all of his images, and the same "
    "draws serve every row and finding.",
    "Macro": "The unweighted mean over the 14 findings; No Finding never counts.",
    "Micro": "All pairs of image and finding pooled into one problem.",
    "Empty cells": "A metric that cannot be computed, such as an AUC without a positive, is left "
    "empty and out of the means.",
    "Labels": "{labels}",
}
#: The same of predictions made elsewhere.
ELSEWHERE = {
    "Split": "All images of a patient are in one part. What the models have learnt from is not "
    "known here: that no patient of test was among it is their authors' word.",
}
CROSSFITTED = {
    "Thresholds": "No valid part is scored, so thresholds are cross-fitted: the patients of test "
    "are drawn by lot into two halves (the column half of split.csv), and each half is called with "
    "thresholds chosen on the other by the rule {rule}, as they would be on valid. Where that "
    "holds fewer than {min_positives} positives, the threshold calls as large a share of it as is "
    "positive in it. "
    "Tables show the mean of both; evaluation/halves.csv has each.",
}
LABELS = {
    "nih": "Text-mined from reports; the authors estimate that over 90% are right.",
    "phantom": "Of what was drawn; a few are wrong on purpose (data.phantom.label_noise).",
}

#: What is said of the one split that does not part patients: that of an audit (`audits.leaky`).
LEAKS = (
    "This split leaks: images were parted one by one, so that patients have images on both sides. "
    "Its figures are part of an audit, and say nothing of patients never seen."
)

#: What is said of a row that was never begun.
_CARD = {"kind": "classical", "options": {}}


def summarize(run: RunFolder) -> dict[str, Any]:
    """Gather what a report shows from the run folder's files alone.

    Parameters
    ----------
    run : RunFolder
        A run, finished or not; rows that are not done have no metrics.

    Returns
    -------
    dict
        JSON-able: no NaN (None instead), no NumPy types.
    """
    experiment, provenance = run.experiment(), run.provenance
    truth, split = run.truth(), run.split()
    rows = [_row(run.row(name)) for name in experiment.rows]
    leaks = provenance["split"].get("kind") == "image"
    made = {
        "name": experiment.name,
        "title": experiment.title or experiment.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "banners": banners(rows, experiment) + [{"level": "warning", "text": LEAKS}] * leaks,
        "data": _data(experiment, provenance, truth, split),
        "findings": [{"name": name, "label": display(name)} for name in truth.columns],
        "cooccurrence": _cooccurrence(truth),
        "split": experiment.split.model_dump(mode="json") | provenance["split"],
        "rows": rows,
        "crossfitted": is_crossfitted(split),
        "metrics": records(run.metrics()),
        "evaluation": experiment.evaluation.model_dump(mode="json"),
        "tables": {name: records(run.table(name)) for name in TABLES if name != "metrics"},
        "checks": _checks(run, experiment),
        "curves": _curves(run, rows, truth, split["part"]),
        "history": {row["name"]: history for row in rows if (history := _history(run, row))},
        "localization": _localization(run, rows),
        "protocol": protocol(experiment, crossfitted=is_crossfitted(split))
        | ({"Split": LEAKS} if leaks else {}),
        "provenance": _provenance(provenance, rows),
        "experiment": experiment.to_toml(),
        "published": beside(
            source=experiment.data.source,
            kind=provenance["split"].get("kind", experiment.split.kind),
            test_images=int((split["part"] == "test").sum()),
        ),
    }
    return made | {"checklists": checklists(made)}


def is_crossfitted(split: pd.DataFrame) -> bool:
    """Whether the images of a split.csv are called by thresholds of its halves."""
    return "half" in split


def _row(folder: RowFolder) -> dict[str, Any]:
    status, cost, facts = folder.status, folder.cost, folder.facts
    card = _CARD | {"model": folder.name, "title": folder.name} | status.get("card", {})
    return {
        "name": folder.name,
        **card,
        "status": status.get("state", "missing"),
        "reason": status.get("reason"),
        "seconds": cost["seconds_fit"] + cost["seconds_predict"] if cost else None,
        "peak_memory": cost.get("peak_memory"),
        "parameters": facts.get("parameters"),
        "weights": facts.get("weights"),
        "notes": [*card.get("notes", []), *facts.get("notes", [])],
        "cost": cost,
        "facts": facts,
        "versions": status.get("versions", {}),
    }


def _provenance(provenance: dict, rows: list[dict]) -> dict[str, Any]:
    """Return versions, machine and command, with the time that all finished rows have taken."""
    told = [row["seconds"] for row in rows if row["seconds"] is not None]
    seconds = sum(told) if told else None
    left_out = ("data", "split")  # they have sections of their own
    return {key: it for key, it in provenance.items() if key not in left_out} | {"seconds": seconds}


def banners(rows: list[dict], experiment: Experiment) -> list[dict[str, str]]:
    """Say what a reader must know before he reads a figure."""
    said = []
    if experiment.data.source == "phantom":
        text = "The radiographs are drawn by a program. Figures show that the benchmark works, and "
        said.append({"level": "info", "text": text + "say nothing about patients."})
    if experiment.predictions:
        text = "Predictions made elsewhere: which patients their models have learnt from is not "
        said.append({"level": "info", "text": text + "known here."})
    blank = [row["name"] for row in rows if row["weights"] == "random"]
    if blank:
        text = f"Random weights, no ImageNet: {', '.join(blank)}. Expect less than published."
        said.append({"level": "warning", "text": text})
    return said


def _data(
    experiment: Experiment, provenance: dict, truth: pd.DataFrame, split: pd.DataFrame
) -> dict[str, Any]:
    parts = [_part(name, truth[split["part"] == name], split) for name in PARTS]
    return provenance["data"] | {
        "size": None if experiment.predictions else experiment.data.size,
        "images": len(truth),
        "patients": int(split["patient"].nunique()),
        "parts": [part for part in parts if part["images"]],
    }


def _part(name: str, truth: pd.DataFrame, split: pd.DataFrame) -> dict[str, Any]:
    return {
        "part": name,
        "images": len(truth),
        "patients": int(split.loc[truth.index, "patient"].nunique()),
        "positives": {finding: int((truth[finding] == 1).sum()) for finding in truth},
        "known": {finding: int(truth[finding].notna().sum()) for finding in truth},
    }


def _cooccurrence(truth: pd.DataFrame) -> list[list[int]]:
    present = (truth.to_numpy() == 1).astype(int)
    return (present.T @ present).tolist()


def _curves(run: RunFolder, rows: list[dict], truth: pd.DataFrame, part: pd.Series) -> dict:
    test = truth[part == "test"]
    findings = [finding for finding in truth if finding in FINDINGS]
    return {
        row["name"]: _row_curves(test[findings], run.row(row["name"]).scores())
        for row in rows
        if row["status"] == "done"
    }


def _row_curves(truth: pd.DataFrame, scores: pd.DataFrame) -> dict[str, dict]:
    scores = scores.loc[truth.index]
    drawn = {f: curves(truth[f].to_numpy(float), scores[f].to_numpy(float)) for f in truth.columns}
    return {finding: curve for finding, curve in drawn.items() if curve}


def _history(run: RunFolder, row: dict) -> list[dict]:
    return [_plain(line) for line in run.row(row["name"]).history()]


def _checks(run: RunFolder, experiment: Experiment) -> list[dict[str, Any]]:
    """Return every check that was made: what it looks for, and whether its remarks are muted."""
    if not run.has("checks"):
        return []
    return [
        {
            "code": check.code,
            "title": check.title,
            "level": check.level,
            "explanation": check.explanation,
            "link": check.link,
            "muted": check.code in experiment.evaluation.mute,
        }
        for check in available().values()
    ]


def _localization(run: RunFolder, rows: list[dict]) -> list[dict[str, Any]]:
    """Return each row's heat maps against the boxes; nothing of rows that were never explained."""
    tables = {row["name"]: run.row(row["name"]).localization() for row in rows}
    return [{"row": name, "lines": records(table)} for name, table in tables.items() if len(table)]


def protocol(experiment: Experiment, *, crossfitted: bool = False) -> dict[str, str]:
    """Say how figures come about, by topic."""
    judged = experiment.evaluation
    texts = PROTOCOL | (ELSEWHERE if experiment.predictions else {})
    texts |= CROSSFITTED if crossfitted else {}
    facts = {
        "rule": judged.threshold,
        "min_positives": judged.min_positives,
        "thresholds": Rule.parse(judged.threshold).sentence(judged.min_positives),
        "level": 100 * judged.level,
        "interval": {"bca": "BCa"}.get(judged.interval, "percentile"),
        "draws": judged.draws,
        "labels": LABELS[experiment.data.source],
    }
    return {name: text.format(**facts) for name, text in texts.items()}


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into plain dictionaries, a line each."""
    return [_plain(line) for line in table.to_dict("records")]


def _plain(line: dict) -> dict[str, Any]:
    """Turn NumPy scalars into Python's, and NaN into None."""
    return {name: _scalar(value) for name, value in line.items()}


def _scalar(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if value is pd.NA or (isinstance(value, float) and isnan(value)):
        return None
    return value
