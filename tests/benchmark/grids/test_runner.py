"""Grids as they are run: what is left, what is fitted once, what a failure costs."""

import json
from pathlib import Path

import pytest

from benchmark.api import open_run
from benchmark.cli import main
from benchmark.console import Console
from benchmark.executors.executor import LOCAL
from benchmark.grids import runner as grid_runner
from benchmark.grids.runner import run_grid
from benchmark.runner import run_experiment
from features.errors import InputError

QUIET = Console(quiet=True)


def run(experiment, folder, **options):
    return run_grid(experiment, folder, console=QUIET, **options)


def fits(counter) -> int:
    return len(counter.read_text().splitlines())


def test_each_cell_is_a_run_of_its_own_under_tables_and_a_page_of_all(small, tmp_path, counter):
    grid = small.replace({"grid.split.seed": [0, 1]})
    assert not run(grid, tmp_path / "run").failed
    opened = open_run(tmp_path / "run")
    opened.write_report()

    assert list(opened.cells) == ["split.seed=0", "split.seed=1"]
    for seed, cell in enumerate(opened.cells.values()):
        assert cell.summary["split"]["seed"] == seed
        assert (cell.path / "report.html").is_file()
        link = f'href="{cell.path.relative_to(opened.path).as_posix()}/report.html"'
        assert link in (opened.path / "report.html").read_text()

    aucs = [cell.leaderboard.loc["corner", "auc"] for cell in opened.cells.values()]
    board = opened.leaderboard.loc["corner"]
    assert board["auc"] == pytest.approx(sum(aucs) / 2)
    assert board["auc_sd"] == pytest.approx(abs(aucs[0] - aucs[1]) / 2**0.5)
    assert board["cells"] == 2
    assert set(opened.metrics["split.seed"]) == {"0", "1"}
    assert json.loads(json.dumps(opened.summary, allow_nan=False)) == opened.summary

    before = opened.grid
    wider = grid.replace({"grid.split.seed": [1, 0, 2]})
    run(wider, tmp_path / "run")
    assert fits(counter) == 3  # two were there
    run(grid, tmp_path / "run")
    assert fits(counter) == 3
    assert open_run(tmp_path / "run").grid.equals(before)


def test_a_row_that_cells_share_is_fitted_once(small, tmp_path, counter):
    grid = small.replace(
        {
            "rows": ["ensemble", "corner", "prevalence"],
            "models.ensemble.members": ["corner", "prevalence"],
            "grid.models.corner.gain": [1.0, 0.5],
        }
    )
    assert not run(grid, tmp_path / "run").failed
    assert fits(counter) == 2
    opened = open_run(tmp_path / "run")
    first, second = (cell.path / "models" / "prevalence" for cell in opened.cells.values())
    assert (first / "cost.json").read_bytes() == (second / "cost.json").read_bytes()
    assert set(opened.leaderboard.index) == {
        *(("corner", "1.0"), ("corner", "0.5")),
        *(("ensemble", "1.0"), ("ensemble", "0.5")),  # which builds on it
        ("prevalence", ""),
    }


def test_fresh_fits_anew_what_cells_share_and_still_once(small, tmp_path):
    grid = small.replace({"rows": ["prevalence"], "grid.training.seed": [0, 1]})
    grid = grid.replace({"training": {}, "models": {}})

    def costs():
        cells = open_run(tmp_path / "run").cells.values()
        return {(cell.path / "models" / "prevalence" / "cost.json").read_bytes() for cell in cells}

    run(grid, tmp_path / "run")
    before = costs()
    run(grid, tmp_path / "run", fresh=True)
    assert len(costs() | before) == 2


def test_a_run_without_a_grid_in_the_same_folder_lends_its_rows_and_finds_them_again(
    small, tmp_path, counter
):
    folder = tmp_path / "run"
    run_experiment(small, folder, console=QUIET)
    plain = open_run(folder).metrics
    run(small.replace({"grid.split.seed": [0, 1]}), folder)
    assert fits(counter) == 2
    assert not (folder / "split.csv").exists()
    with pytest.raises(InputError, match=r"is a grid: scores belong to one cell, such as .*seed=0"):
        open_run(folder).scores("corner")

    run_experiment(small, folder, console=QUIET)
    assert fits(counter) == 2
    assert open_run(folder).metrics.equals(plain)
    assert not (folder / "evaluation" / "grid.csv").exists()


def test_a_row_that_fails_in_one_cell_is_named_there_and_the_mean_is_over_the_others(
    small, tmp_path, model_files
):
    file = Path(model_files["broken"])
    file.write_text(file.read_text().replace("raise", "if job.seed == 1: raise"))
    grid = small.replace({"rows": ["broken"], "grid.training.seed": [0, 1]})
    failed = run(grid, tmp_path / "run").failed
    assert failed == {"broken (training.seed=1)": "RuntimeError: no such luck at all"}
    opened = open_run(tmp_path / "run")
    assert opened.failed == failed
    assert opened.lines()[0]["cells"] == "1 of 2"
    assert "±" not in opened.lines()[0]["auc"]
    opened.write_report()
    assert "failed in 1 cell: RuntimeError" in (opened.path / "report.html").read_text()


def test_a_grid_of_which_every_row_fails_says_why(small, tmp_path, capsys):
    file = tmp_path / "small.toml"
    file.write_text(small.replace({"grid.training.seed": [0, 1]}).to_toml())
    command = ["run", str(file), "--model", "broken", "--out", str(tmp_path / "run")]
    for ending in ([], ["--json"]):
        with pytest.raises(SystemExit) as end:
            main([*command, *ending])
        assert end.value.code == 1
        out, err = capsys.readouterr()
        assert "broken (training.seed=1)" in out
        assert "RuntimeError: no such luck at all" in out
        assert "KeyError" not in err


def test_an_interrupted_grid_keeps_what_is_finished_and_goes_on(
    small, tmp_path, counter, monkeypatch
):
    real, calls = grid_runner.fit_row, []

    def interrupted(*given, **options):
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(*given, **options)

    grid = small.replace({"grid.split.seed": [0, 1]})
    monkeypatch.setattr("benchmark.grids.runner.fit_row", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(grid, tmp_path / "run")
    assert open_run(tmp_path / "run").leaderboard.loc["corner", "cells"] == 1
    monkeypatch.undo()
    run(grid, tmp_path / "run")
    assert fits(counter) == 2
    assert open_run(tmp_path / "run").leaderboard.loc["corner", "cells"] == 2


def test_nothing_is_fitted_nor_written_where_a_cell_cannot_be_run(small, tmp_path, counter):
    folder = tmp_path / "run"
    with pytest.raises(InputError, match="unknown option 'gian' in corner"):
        run(small.replace({"grid.models.corner.gian": [1, 2]}), folder)
    assert not folder.exists()
    folds = {"split.folds": 2, "grid.split.fold": [0, 1, 2]}
    with pytest.raises(InputError, match="fold = 2: the folds are 0, 1"):
        run(small.replace(folds), folder)
    assert not (folder / "cells").exists()
    assert fits(counter) == 0


def test_seeds_of_a_split_that_a_file_draws_are_refused(small, tmp_path, counter):
    run_experiment(small, tmp_path / "plain", console=QUIET)
    given = {"split.kind": "column", "split.file": str(tmp_path / "plain" / "split.csv")}
    with pytest.raises(InputError, match=r"split\.seed changes nothing: as split.csv says"):
        run(small.replace(given | {"grid.split.seed": [0, 1]}), tmp_path / "run")


def test_the_command_line_plans_a_grid_runs_it_and_says_over_what_it_averages(
    small, tmp_path, capsys
):
    file = tmp_path / "small.toml"
    file.write_text(small.replace({"split.folds": 2, "split.valid": 0.2}).to_toml())
    command = ["run", str(file), "--model", "corner", "--grid", "split.fold=0,1"]
    command += ["--out", str(tmp_path / "run")]

    def said(*more):
        with pytest.raises(SystemExit) as end:
            main([*command, *more])
        assert end.value.code == 0
        return capsys.readouterr().out

    planned = said("--dry-run")
    assert "split.fold=1" in planned
    assert "0 of 2 cells are finished" in planned
    printed = said()
    assert " ± " in printed
    assert "2 of 2" in printed
    assert "Over the folds every one of the 120 images was tested once." in printed
    assert "2 of 2 cells are finished" in json.loads(said("--dry-run", "--json"))["conclusion"]
    assert open_run(tmp_path / "run").records()[0]["cells"] == 2


def test_rows_of_a_grid_are_fitted_on_a_cluster_with_the_same_scores(
    small, tmp_path, dask, counter, capsys
):
    changes = {"rows": ["corner", "broken"], "grid.models.corner.gain": [1.0, 0.5]}
    outcomes = [
        run_grid(
            small.replace(changes),
            tmp_path / str(executor)[:4],
            console=Console(),
            executor=executor,
        )
        for executor in (LOCAL, dask)
    ]
    assert "finished before, kept" not in capsys.readouterr().err
    assert fits(counter) == 2 * 3  # what fails is tried once, too
    local, spread = (open_run(outcome.folder.path) for outcome in outcomes)
    for name, cell in local.cells.items():
        assert spread.cells[name].scores("corner").equals(cell.scores("corner"))
    assert spread.failed == local.failed
    assert len(local.failed) == 2
