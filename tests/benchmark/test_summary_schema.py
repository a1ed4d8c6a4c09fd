"""The schema of summaries; `conftest.py` holds to it every summary that a test makes."""

import copy

import pytest
from pydantic import ValidationError

from benchmark.api import open_run
from benchmark.console import Console
from benchmark.runner import run_experiment
from benchmark.summary_schema import (
    AuditSummary,
    ComparisonSummary,
    GridSummary,
    RunSummary,
    kind_of,
)


@pytest.fixture
def summary(small, tmp_path):
    """Of a run with a row that is done, one that failed, and one that was never begun."""
    run = _run(small.replace({"rows": ["corner", "broken"]}), tmp_path / "run")
    run.write_experiment(small.replace({"rows": ["corner", "broken", "killed"]}))
    return open_run(run.path).summary


def _run(experiment, folder):
    return run_experiment(experiment, folder, console=Console(quiet=True)).folder


def test_a_run_keeps_it_whatever_became_of_its_rows_and_breaking_it_is_noticed(summary):
    assert [row["status"] for row in summary["rows"]] == ["done", "failed", "missing"]
    RunSummary.model_validate(summary)
    breaches = {
        "a key that nobody knows": lambda it: it.update(colour="blue"),
        "a key that is missing": lambda it: it.pop("curves"),
        "a word for a number": lambda it: it["metrics"][0].update(auc="0.7"),
        "NaN": lambda it: it["metrics"][0].update(auc_low=float("nan")),
        "a tuple, which JSON has not": lambda it: it["data"].update(notes=()),
        "a cost that nobody knows": lambda it: it["rows"][0]["cost"].update(watts=3),
    }
    for what, breach in breaches.items():
        broken = copy.deepcopy(summary)
        breach(broken)
        with pytest.raises(ValidationError):
            RunSummary.model_validate(broken)
            pytest.fail(f"{what} passes")


def test_a_summary_that_breaks_it_fails_the_test_that_makes_it(small, tmp_path, monkeypatch):
    _run(small, tmp_path / "run")
    monkeypatch.setattr("benchmark.summary.cooccurrence", lambda truth: "none")
    with pytest.raises(ValidationError, match="cooccurrence"):
        _ = open_run(tmp_path / "run").summary


def test_a_row_that_is_done_and_has_no_figure_keeps_it(small, tmp_path):
    run = _run(small, tmp_path / "run")
    metrics = run.metrics()
    tables = {"metrics": metrics.assign(auc=float("nan"), ap=float("nan"), threshold=float("nan"))}
    run.write_evaluation(tables)
    assert {line["auc"] for line in open_run(run.path).summary["metrics"]} == {None}
    run.write_evaluation({"metrics": metrics.head(0)})
    assert open_run(run.path).summary["metrics"] == []


def test_the_four_kinds_are_told_apart():
    assert kind_of({"runs": {}}) is ComparisonSummary
    assert kind_of({"grid": {}}) is GridSummary
    assert kind_of({"audit": {}}) is AuditSummary
    assert kind_of({"metrics": [], "audit": {}}) is RunSummary


def test_it_can_be_had_as_json_schema_with_every_piece_explained():
    schema = RunSummary.model_json_schema()
    assert {"data", "rows", "metrics", "looks"} <= set(schema["required"])
    silent = {name for name, it in schema["$defs"].items() if not it.get("description")}
    assert silent == {"JsonValue"}  # Pydantic's own
