"""Run folder → one plain, JSON-able dictionary: all that a report may show."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd

from benchmark.checklists.answers import checklists
from benchmark.checks.registry import available
from benchmark.evaluation.curves import curves
from benchmark.evaluation.tables import TABLES
from benchmark.experiment import Experiment
from benchmark.plain import records
from benchmark.protocol import LEAKS, banners, protocol
from benchmark.published import beside
from benchmark.run_folder import RunFolder
from benchmark.summary_data import cooccurrence, data_of
from benchmark.summary_rows import row_of, seconds_of
from features.findings import FINDINGS, display

#: What provenance.json has that stands in a place of its own here.
_APART = ("data", "split")


def summarize(run: RunFolder) -> dict[str, Any]:
    """Gather what a report shows from the run folder's files alone.

    Parameters
    ----------
    run : RunFolder
        A run, finished or not; rows that are not done have no metrics.

    Returns
    -------
    dict
        JSON-able: no NaN (None instead), no NumPy types. What it holds is written down in
        `benchmark.summary_schema.RunSummary`.
    """
    experiment, provenance = run.experiment(), run.provenance
    truth, split = run.truth(), run.split()
    folders = [run.row(name) for name in experiment.rows]
    rows = [row_of(folder) for folder in folders]
    kind = provenance["split"].get("kind", experiment.split.kind)
    leaks, crossfitted = kind == "image", "half" in split
    made = {
        "name": experiment.name,
        "title": experiment.title or experiment.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "banners": banners(rows, experiment) + [{"level": "warning", "text": LEAKS}] * leaks,
        "data": data_of(run, experiment, truth, split),
        "findings": [{"name": name, "label": display(name)} for name in truth.columns],
        "cooccurrence": cooccurrence(truth),
        "split": experiment.split.model_dump(mode="json") | provenance["split"],
        "rows": rows,
        "crossfitted": crossfitted,
        "metrics": records(run.metrics()),
        "evaluation": experiment.evaluation.model_dump(mode="json"),
        "tables": {name: records(run.table(name)) for name in TABLES if name != "metrics"},
        "checks": _checks(run, experiment),
        "curves": _curves(run, rows, truth[split["part"] == "test"]),
        "history": {row.name: history for row in folders if (history := row.history())},
        "localization": [
            {"row": row.name, "lines": lines}
            for row in folders
            if (lines := records(row.localization()))
        ],
        "looks": [{"row": row.name, **found} for row in folders if (found := row.looks())],
        "protocol": protocol(experiment, crossfitted=crossfitted)
        | ({"Split": LEAKS} if leaks else {}),
        "provenance": {key: it for key, it in provenance.items() if key not in _APART}
        | {"seconds": seconds_of(rows)},
        "experiment": experiment.to_toml(),
        "published": beside(
            source=experiment.data.source,
            kind=kind,
            test_images=int((split["part"] == "test").sum()),
        ),
    }
    return made | {"checklists": checklists(made)}


def _curves(run: RunFolder, rows: list[dict], truth: pd.DataFrame) -> dict[str, dict]:
    """Return the curves of each finished row, by finding; of one class alone there are none."""
    test = truth[[finding for finding in truth if finding in FINDINGS]]
    return {
        row["name"]: _row_curves(test, run.row(row["name"]).scores())
        for row in rows
        if row["status"] == "done"
    }


def _row_curves(truth: pd.DataFrame, scores: pd.DataFrame) -> dict[str, dict]:
    scores = scores.loc[truth.index]
    drawn = {f: curves(truth[f].to_numpy(float), scores[f].to_numpy(float)) for f in truth.columns}
    return {finding: curve for finding, curve in drawn.items() if curve}


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
