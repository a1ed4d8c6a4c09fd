import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from benchmark.console import Console
from benchmark.planning import plan
from benchmark.rows import rows_of
from benchmark.run_folder import RunFolder
from benchmark.runner import run_experiment
from features.errors import InputError, WorkError

QUIET = Console(quiet=True)


def _run(experiment, folder, **options):
    return run_experiment(experiment, folder, console=QUIET, **options)


def _fits(counter) -> int:
    return len(counter.read_text().splitlines())


def test_a_run_leaves_the_folder_that_the_contract_names(small, tmp_path):
    outcome = _run(small, tmp_path / "run")
    assert outcome.failed == {}
    left = {str(path.relative_to(tmp_path / "run")) for path in (tmp_path / "run").rglob("*")}
    row = {f"models/corner/{name}" for name in ("status.json", "scores.csv", "cost.json")}
    assert left >= row | {"models/corner/history.csv", "models/corner/saved/model.json"}
    assert left >= {"experiment.toml", "provenance.json", "split.csv", "truth.csv"}
    assert "evaluation/metrics.csv" in left
    assert {f"evaluation/{name}.csv" for name in ("auc", "precision", "recall")} <= left
    assert not [name for name in left if name.endswith((".pkl", ".pickle"))]


def test_the_planted_sign_is_found_and_scores_cover_all_parts(small, tmp_path):
    run = _run(small, tmp_path / "run").folder
    metrics = run.metrics().set_index(["part", "finding"])
    assert metrics.loc[("test", "Mass"), "auc"] > 0.95
    assert abs(metrics.loc[("train", "Edema"), "auc"] - 0.5) < 0.25
    assert list(run.row("corner").scores().index) == list(run.truth().index)
    assert run.row("corner").history() == [{"epoch": 1, "loss": 0.5}]
    assert run.row("corner").cost["peak_memory"] > 1e7


def test_finished_rows_are_kept(small, tmp_path, counter):
    first = _run(small, tmp_path / "run").folder.metrics()
    second = _run(small, tmp_path / "run").folder.metrics()
    assert _fits(counter) == 1
    assert first.equals(second)


def test_fresh_fits_again(small, tmp_path, counter):
    _run(small, tmp_path / "run")
    _run(small, tmp_path / "run", fresh=True)
    assert _fits(counter) == 2


@pytest.mark.parametrize(
    "change",
    [{"models.corner.gain": 0.5}, {"split.seed": 1}, {"training.seed": 1}, {"data.limit": 100}],
)
def test_a_row_is_fitted_again_when_something_it_depends_on_differs(
    small, tmp_path, counter, change
):
    _run(small, tmp_path / "run")
    _run(small.replace(change), tmp_path / "run")
    assert _fits(counter) == 2


def test_a_changed_model_file_fits_again(small, tmp_path, counter, model_files):
    _run(small, tmp_path / "run")
    file = Path(model_files["corner"])
    file.write_text(file.read_text() + "# another thought\n")
    _run(small, tmp_path / "run")
    assert _fits(counter) == 2


def test_a_changed_picture_fits_again_but_a_touched_one_does_not(
    small, tmp_path, counter, tiny_nih
):
    data = tmp_path / "data"
    shutil.copytree(tiny_nih, data)
    moved = small.replace({"data.folder": str(data)})
    _run(moved, tmp_path / "run")
    picture = next((data / "images").iterdir())
    picture.touch()
    _run(moved, tmp_path / "run")
    assert _fits(counter) == 1
    Image.new("L", (32, 32), 200).save(picture)
    _run(moved, tmp_path / "run")
    assert _fits(counter) == 2


def test_adding_a_row_and_changing_the_threshold_guard_fit_nothing_again(small, tmp_path, counter):
    _run(small, tmp_path / "run")
    twin = {"rows": ["corner", "twin"], "models.twin": small.models["corner"]}
    _run(small.replace(twin | {"evaluation.min_positives": 5}), tmp_path / "run")
    assert _fits(counter) == 2  # one for each row


def test_going_back_to_an_earlier_seed_fits_nothing(small, tmp_path, counter):
    first = _run(small, tmp_path / "run").folder.metrics()
    _run(small.replace({"split.seed": 1}), tmp_path / "run")
    back = _run(small, tmp_path / "run").folder.metrics()
    assert _fits(counter) == 2
    assert back.equals(first)


def test_a_failing_row_is_recorded_with_its_reason_and_the_others_go_on(small, tmp_path):
    outcome = _run(small.replace({"rows": ["broken", "killed", "corner"]}), tmp_path / "run")
    assert outcome.failed == {
        "broken": "RuntimeError: no such luck at all",
        "killed": "its process was ended by SIGKILL (out of memory?); see log.txt",
    }
    assert outcome.folder.row("broken").status["reason"] == outcome.failed["broken"]
    assert "Traceback" in outcome.folder.row("broken").log.read_text()
    assert set(outcome.folder.metrics()["row"]) == {"corner"}


def test_a_folder_called_models_where_the_user_stands_does_no_harm(small, tmp_path, monkeypatch):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    assert _run(small, tmp_path / "run").failed == {}


def test_a_rows_process_starts_without_what_only_some_models_or_an_evaluation_need():
    code = "import sys, benchmark.row; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    heavy = {"scipy", "sklearn", "xgboost", "keras", "tensorflow", "matplotlib"}
    assert not (heavy | {"benchmark.evaluation.tables"}) & set(loaded)


def test_a_fresh_fit_that_did_not_end_is_not_taken_for_finished(tmp_path):
    run = RunFolder(tmp_path)
    for seed in ("one", "two"):
        run.open_row("corner", seed).set_status(state="done", fingerprint=seed)
    run.open_row("corner", "one", fresh=True).set_status(state="interrupted", fingerprint="one")
    assert not run.holds("corner", "one")
    assert run.holds("corner", "two")


def test_rows_of_other_inputs_leave_before_the_new_inputs_are_written(small, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    _run(small, tmp_path / "run")
    monkeypatch.setattr("benchmark.runner.run_row", interrupted)
    rows = {"rows": ["broken", "corner"], "split.seed": 1}
    with pytest.raises(KeyboardInterrupt):
        _run(small.replace(rows), tmp_path / "run")
    run = RunFolder(tmp_path / "run")
    assert run.row("corner").status == {}
    assert run.metrics().empty


def test_a_model_that_leaves_findings_out_is_a_failed_row_and_the_others_go_on(
    small, tmp_path, model_files
):
    file = Path(model_files["broken"])
    corner = Path(model_files["corner"]).read_text()
    file.write_text(corner.replace("train.findings", "train.findings[:13]"))
    outcome = _run(small.replace({"rows": ["broken", "corner"]}), tmp_path / "run")
    assert outcome.failed.keys() == {"broken"}
    assert "must be those of train" in outcome.failed["broken"]
    assert set(outcome.folder.metrics()["row"]) == {"corner"}


def test_a_process_that_ends_early_without_a_word_is_a_failed_row(small, tmp_path, model_files):
    file = Path(model_files["killed"])
    file.write_text(file.read_text().replace("os.kill(os.getpid(), signal.SIGKILL)", "os._exit(0)"))
    run = _run(small.replace({"rows": ["killed"]}), tmp_path / "run")
    assert "ended before it was done" in run.failed["killed"]
    assert run.folder.row("killed").status["state"] == "failed"


def test_a_thread_that_a_model_leaves_behind_holds_nothing_up(
    small, tmp_path, model_files, monkeypatch
):
    monkeypatch.setattr("benchmark.process.GRACE", 0.1)
    thread = "__import__('threading').Thread(target=__import__('time').sleep, args=(600,)).start()"
    for name in ("corner", "broken"):
        file = Path(model_files[name])
        file.write_text(file.read_text().replace("self.findings =", f"{thread}; self.findings ="))
    outcome = _run(small.replace({"rows": ["corner", "broken"]}), tmp_path / "run")
    assert outcome.failed == {"broken": "RuntimeError: no such luck at all"}


def test_a_failed_row_is_tried_again(small, tmp_path, counter):
    broken = small.replace({"rows": ["broken"]})
    _run(broken, tmp_path / "run")
    assert _run(broken, tmp_path / "run").failed
    assert _fits(counter) == 2


def test_damaged_images_are_left_out_of_everything(small, tmp_path, tiny_nih, capsys):
    data = tmp_path / "data"
    shutil.copytree(tiny_nih, data)
    torn = sorted((data / "images").iterdir())[3]
    torn.write_bytes(torn.read_bytes()[:100])
    run = _run(small.replace({"data.folder": str(data)}), tmp_path / "run").folder
    assert len(run.truth()) == len(run.split()) == len(run.row("corner").scores()) == 119
    assert torn.name not in run.truth().index
    assert capsys.readouterr().err.count(torn.name) == 1


def test_two_runs_in_one_folder_are_refused(small, tmp_path):
    from filelock import FileLock

    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run" / ".lock"), pytest.raises(WorkError, match="another run"):
        _run(small, tmp_path / "run")


def test_options_that_no_model_reads_are_refused_before_anything_is_fitted(small):
    with pytest.raises(InputError, match=r"unknown option 'epoch' in \[training\]"):
        rows_of(small.replace({"training.epoch": 3}))
    with pytest.raises(InputError, match=r"unknown row 'cnn7' in \[models\]"):
        rows_of(small.replace({"models.cnn7.gain": 3}))
    with pytest.raises(InputError, match=r"unknown option 'gian' in corner; did you mean 'gain'"):
        rows_of(small.replace({"models.corner.gian": 3}))


@pytest.mark.parametrize("run", [run_experiment, plan], ids=["run", "plan"])
def test_what_a_row_cannot_start_from_is_refused_before_the_data_are_read(small, tmp_path, run):
    given = {
        "rows": ["corner", "resnet50"],
        "models.resnet50.weights": "imagnet",
        "data.folder": "/nowhere",
    }
    console = {"console": Console(quiet=True)} if run is run_experiment else {}
    with pytest.raises(InputError, match="resnet50: unknown weights 'imagnet'"):
        run(small.replace(given), tmp_path / "run", **console)
    assert not (tmp_path / "run").exists()


def _press_ctrl_c(process) -> int:
    """Interrupt a process and its workers as a terminal does; press again if it goes on."""
    for _ in range(5):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=30)
    raise AssertionError("the run cannot be interrupted")


def test_interrupting_leaves_a_folder_that_can_be_resumed(small, tmp_path, counter, model_files):
    slow = Path(model_files["broken"])
    slow.write_text(
        slow.read_text().replace("raise RuntimeError", "__import__('time').sleep(60) #")
    )
    file = tmp_path / "small.toml"
    file.write_text(small.replace({"rows": ["corner", "broken"]}).to_toml())
    folder = tmp_path / "run"
    command = [sys.executable, "-m", "benchmark.cli", "run", str(file), "--out", str(folder)]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE, text=True)
    for _ in range(1200):
        time.sleep(0.1)
        if _fits(counter) == 2:
            break
    assert _press_ctrl_c(process) == 130
    assert "goes on from here" in process.stderr.read()
    run = RunFolder(folder)
    assert set(run.metrics()["row"]) == {"corner"}
    assert run.row("corner").status["state"] == "done"
    assert run.row("broken").status["state"] == "interrupted"
    _run(small, folder)
    assert _fits(counter) == 2  # the finished row was kept
