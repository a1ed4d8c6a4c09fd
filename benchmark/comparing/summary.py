"""Several runs → one plain, JSON-able dictionary: all that the page of their comparison shows."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from benchmark.evaluation.evidence import Evidence
from benchmark.experiment import Experiment
from benchmark.grids.cells import leaves, word
from benchmark.grids.summary import row_over
from benchmark.plain import records
from benchmark.protocol import banners
from benchmark.row_folder import RowFolder
from benchmark.run_folder import RunFolder
from features.findings import display

#: The tables of an experiment whose values matter to all rows; those of rows are on their cards.
_SHARED = ("data", "split", "evaluation")

#: What is said of a row that a run does not name.
_ABSENT = "not in this run"

#: What stands for a value that a run does not know.
_NOTHING = "none"


def summarize_runs(
    runs: Mapping[str, RunFolder], evidence: Mapping[str, Evidence], changes: pd.DataFrame
) -> dict[str, Any]:
    """Gather what the page of a comparison shows.

    Parameters
    ----------
    runs : mapping of str to RunFolder
        By name, the first being what the others are held against.
    evidence : mapping of str to Evidence
        Of each run.
    changes : pandas.DataFrame
        From `benchmark.comparing.changes.changes_table`.

    Returns
    -------
    dict
        JSON-able. As of `benchmark.summary.summarize`, ``name``, ``title``, ``created``,
        ``banners``, ``data``, ``findings`` and ``rows``; and ``runs``: ``names``, ``changes`` (the
        table), ``rows_apart``, ``options`` and ``circumstances`` (of each a line for what is not
        the same in all runs: what, and ``values`` by run), ``images``, ``patients``, and how
        differences are judged.
    """
    first = next(iter(runs))
    base = evidence[first]
    judged = base.settings
    rows = _rows(runs)
    counts = {"images": len(base.test.truth), "patients": len(base.test.names)}
    return {
        "name": name_of(list(runs)),
        "title": f"{', '.join([*runs][1:])} against {first}",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "banners": banners(rows, _experiment(runs)),
        "data": {"source": base.source, **counts},
        "findings": [{"name": name, "label": display(name)} for name in base.findings],
        "rows": rows,
        "runs": {
            "names": list(runs),
            "changes": records(changes),
            "rows_apart": [*_apart(_states(runs))],
            "options": [*_apart(_options(runs))],
            "circumstances": [*_apart(_circumstances(runs))],
            **counts,
            "level": judged.level,
            "draws": judged.draws,
            "margin": judged.margin,
        },
    }


def name_of(names: list[str]) -> str:
    """Return what the files of a comparison are called: letters, digits and hyphens alone."""
    others = names[1] if len(names) == 2 else f"{len(names) - 1}-others"
    said = f"{names[0]}-vs-{others}"
    return "".join(mark if mark.isalnum() or mark in "._-" else "-" for mark in said).strip("-.")


def _experiment(runs: Mapping[str, RunFolder]) -> Experiment:
    return next(iter(runs.values())).experiment()


def _rows(runs: Mapping[str, RunFolder]) -> list[dict[str, Any]]:
    """Return the rows of all runs, each once."""
    names = dict.fromkeys(name for run in runs.values() for name in run.experiment().rows)
    return [row_over(name, list(runs.values()), "runs") for name in names]


#: What runs may differ in: what it is, and its value in each run.
Compared = dict[str, dict[str, str]]


def _apart(compared: Compared) -> Iterator[dict[str, Any]]:
    """Keep what is not the same in all runs."""
    for what, values in compared.items():
        if len(set(values.values())) > 1:
            yield {"what": what, "values": values}


def _gathered(each: Mapping[str, Mapping[str, Any]], lacking: str) -> Compared:
    """Put what each run has side by side, as words."""
    names = dict.fromkeys(name for it in each.values() for name in it)
    return {
        name: {run: _said(it[name]) if name in it else lacking for run, it in each.items()}
        for name in names
    }


def _said(value: Any) -> str:
    return _NOTHING if value is None else word(value)


def _states(runs: Mapping[str, RunFolder]) -> Compared:
    """Return how every row stands in every run: its macro AUC on test, or why it has none."""
    each = {
        name: {row: _state(run.row(row), _macro(run)) for row in run.experiment().rows}
        for name, run in runs.items()
    }
    gathered = _gathered(each, _ABSENT)
    return {
        row: states
        for row, states in gathered.items()
        if not all(state.startswith("AUC") for state in states.values())
    }


def _macro(run: RunFolder) -> Mapping[str, float]:
    if not run.has_metrics:
        return {}
    table = run.metrics().query("part == 'test' and finding == 'macro'")
    return dict(zip(table["row"], table["auc"], strict=True))


def _state(row: RowFolder, macro: Mapping[str, float]) -> str:
    status = row.status
    if status.get("state") == "done":
        return f"AUC {macro[row.name]:.3f}" if row.name in macro else "AUC not evaluated"
    return ": ".join(filter(None, [status.get("state", "not begun"), status.get("reason")]))


def _options(runs: Mapping[str, RunFolder]) -> Compared:
    """Return what was set, with defaults: for the rows that all runs have, then for all rows."""
    cards = {
        name: {row: run.row(row).status.get("card", {}) for row in run.experiment().rows}
        for name, run in runs.items()
    }
    shared = [
        row for row in next(iter(cards.values())) if all(it.get(row) for it in cards.values())
    ]
    each = {}
    for name, run in runs.items():
        own = {row: cards[name][row].get("options", {}) for row in shared}
        each[name] = dict(leaves(own)) | _settings(run.experiment())
    return _gathered(each, _NOTHING)


def _settings(experiment: Experiment) -> dict[str, Any]:
    content = experiment.model_dump(mode="json", include=set(_SHARED))
    return dict(leaves(content)) | {"training.seed": experiment.training.seed}


def _circumstances(runs: Mapping[str, RunFolder]) -> Compared:
    return _gathered({name: _circumstances_of(run) for name, run in runs.items()}, _NOTHING)


def _circumstances_of(run: RunFolder) -> dict[str, Any]:
    """Return versions, machine, split and command, each under its own name."""
    made = run.provenance
    split, machine = made.get("split", {}), made.get("machine", {})
    memory = machine.get("memory")
    return {
        **made.get("versions", {}),
        **machine,
        "memory": memory and f"{memory / 1e9:.1f} GB",
        "commit": made.get("git"),
        "split": split.get("description"),
        "split fingerprint": split.get("fingerprint"),
        "command": made.get("command"),
    }
