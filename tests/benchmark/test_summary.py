import json
import shutil

import pytest

from benchmark.api import open_run
from benchmark.console import Console
from benchmark.run_folder import RunFolder
from benchmark.runner import run_experiment
from features.errors import InputError
from features.findings import FINDINGS


@pytest.fixture
def run(small, tmp_path):
    experiment = small.replace({"rows": ["corner", "broken"]})
    run_experiment(experiment, tmp_path / "run", console=Console(quiet=True))
    return open_run(tmp_path / "run")


def test_a_summary_is_plain_json_without_nan(run):
    assert json.loads(json.dumps(run.summary, allow_nan=False)) == run.summary


def test_a_run_that_is_evaluated_again_tells_its_new_figures(run):
    draws = run.summary["evaluation"]["draws"] + 1
    folder = RunFolder(run.path)
    folder.write_experiment(folder.experiment().replace({"evaluation.draws": draws}))
    run.evaluate()
    assert run.summary["evaluation"]["draws"] == draws


def test_a_summary_counts_what_the_folder_holds(run):
    data = run.summary["data"]
    assert (data["images"], data["patients"]) == (120, 60)
    assert [part["part"] for part in data["parts"]] == ["train", "valid", "test"]
    assert sum(part["images"] for part in data["parts"]) == 120
    for part in data["parts"]:
        assert part["positives"] == {
            finding: int((run.truth[finding][run.split["part"] == part["part"]] == 1).sum())
            for finding in FINDINGS
        }
    diagonal = [run.summary["cooccurrence"][k][k] for k in range(14)]
    assert diagonal == [int(run.truth[finding].sum()) for finding in FINDINGS]


def test_every_row_is_there_also_the_one_that_failed(run):
    rows = {row["name"]: row for row in run.summary["rows"]}
    assert rows["corner"]["status"] == "done"
    assert rows["broken"]["status"] == "failed"
    assert rows["broken"]["reason"] == "RuntimeError: no such luck at all"
    assert {line["row"] for line in run.summary["metrics"]} == {"corner"}
    assert run.summary["curves"]["corner"]["Mass"]["roc"]["tpr"][-1] == 1
    assert run.summary["history"] == {"corner": [{"epoch": 1, "loss": 0.5}]}


def test_every_finished_row_hands_over_its_cost(run):
    rows = {row["name"]: row for row in run.summary["rows"]}
    assert set(rows["corner"]["cost"]) == {
        *("parameters", "trainable_parameters", "trees", "leaves"),
        *("seconds_fit", "seconds_predict", "seconds_first_epoch", "seconds_epoch"),
        *("images_fit", "images_predict"),
        *("images_per_second_fit", "images_per_second_predict"),
        *("peak_memory", "peak_device_memory", "model_bytes", "device"),
    }
    assert rows["corner"]["cost"]["images_predict"] == 120
    assert rows["broken"]["cost"] == {}


def test_scores_of_a_row_that_is_not_finished_are_refused_by_name(run):
    for row in ("broken", "cnn7"):
        with pytest.raises(InputError, match=f"unknown finished row '{row}' in .* corner"):
            run.scores(row)


def test_a_damaged_file_of_scores_is_named_with_its_row(run, tmp_path):
    copy = shutil.copytree(run.path, tmp_path / "copy")
    (copy / "models" / "corner" / "scores.csv").write_text("no table at all\n")
    with pytest.raises(InputError, match=r"scores\.csv of corner in .* lacks scores"):
        open_run(copy).evaluate()


def test_a_run_shows_itself_in_a_notebook_and_gives_tables(run):
    assert "corner" in run._repr_html_()
    assert list(run.leaderboard.index) == ["corner"]
    assert run.scores("corner").shape == (120, 14)


def test_opening_what_is_no_run_is_one_line(tmp_path):
    with pytest.raises(InputError, match="is no run folder"):
        open_run(tmp_path)
