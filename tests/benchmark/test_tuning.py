"""Tuning: chosen on valid, resumable, blind to test."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark import tune as tune_from_python
from benchmark.cli import main
from benchmark.console import Console
from benchmark.experiment import load
from benchmark.process import Failure
from benchmark.run_folder import RunFolder
from benchmark.runner import run_experiment
from benchmark.tuning.parts import Parts
from benchmark.tuning.trials import tune
from features.errors import InputError, WorkError

pytest.importorskip("optuna")

QUIET = Console(quiet=True)

#: The corner, in which Mass is seen, counts as much as `gain` says against a pixel of noise.
KNOB = '''
"""Knob: the mean of a picture's corner, as far as it is turned up."""
import json, os, signal, time
from pathlib import Path
import numpy as np
from models.base import Model
from models.space import Choice, Float


class Knob(Model):
    title = "corner and noise"
    search_space = {"gain": Float(0.0, 1.0), "mood": Choice("fine", "other")}
    size: int = 32
    gain: float = 0.2
    mood: str = "fine"
    seen: str = ""

    def fit(self, train, valid, job):
        self.findings = train.findings
        if self.seen:
            with open(self.seen, "a") as out:
                said = {"options": self.options, "images": [*train.images, *valid.images]}
                said["labels"] = [*train.labels.sum(1).tolist(), *valid.labels.sum(1).tolist()]
                said["files"] = len(train.archive.files)
                said["left"] = [path.name for path in job.folder.iterdir()]
                out.write(json.dumps(said) + "\\n")
        MOOD
        for step in range(1, 9):
            job.report(step, self.gain)
        return self

    def predict(self, radiographs):
        pixels = np.asarray(radiographs.pixels(self.size)).astype(float)
        corner, noise = pixels[:, :16, :16].mean((1, 2)) / 255, pixels[:, 16, 16] / 255
        mixed = self.gain * corner + (1 - self.gain) * noise
        return np.tile(mixed[:, None], len(self.findings)).clip(0, 1)

    def _save(self, folder): ...

    def _load(self, folder): ...
'''


@pytest.fixture
def knob(small, tmp_path):
    """An experiment with the row `knob`, and what it is to do beside fitting."""

    def made(mood: str = "pass", **changes):
        file = tmp_path / "knob.py"
        file.write_text(KNOB.replace("MOOD", mood))
        row = {"model": str(file), "seen": str(tmp_path / "seen.jsonl")}
        models = small.models | {"knob": row}
        return small.replace({"rows": ["corner", "knob"], "models": models} | changes)

    return made


def seen(tmp_path) -> list[dict]:
    return [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]


def run(experiment, tmp_path, trials, **options):
    options = {"out": tmp_path / "tuned.toml", "console": QUIET} | options
    return tune(experiment, "knob", trials=trials, **options)


def test_tuning_begins_with_the_defaults_and_leaves_an_experiment_that_run_takes(knob, tmp_path):
    found = run(knob(), tmp_path, 3)
    first = found.table.iloc[0]
    assert (first["gain"], first["mood"]) == (0.2, "fine")
    assert found.auc == found.table["auc"].max() >= found.default_auc == first["auc"]
    tuned = load(str(found.experiment))
    assert tuned.name == "small-tuned"
    assert tuned.rows == ("corner", "knob")
    assert tuned.models["knob"]["gain"] == found.best["gain"]  # to the last digit
    assert pd.read_csv(tmp_path / "tuned-trials.csv")["auc"].tolist() == list(found.table["auc"])
    outcome = run_experiment(tuned, tmp_path / "run", console=QUIET)
    metrics = RunFolder(tmp_path / "run").metrics().set_index(["row", "part", "finding"])
    assert outcome.failed == {}
    assert metrics.loc[("knob", "valid", "macro"), "auc"] == pytest.approx(found.auc)


def test_trials_that_are_there_are_kept_and_one_go_tries_what_two_do(knob, tmp_path):
    first = run(knob(), tmp_path, 2).table
    in_two = run(knob(), tmp_path, 3).table
    assert len(seen(tmp_path)) == 3
    assert in_two.head(2).equals(first)
    assert in_two["gain"].nunique() == 3  # a fresh sampler does not begin anew
    in_one = run(knob(), tmp_path, 3, out=tmp_path / "other.toml").table
    columns = ["auc", "gain", "mood"]
    assert in_two[columns].equals(in_one[columns])


def test_other_inputs_are_another_study_in_the_same_database(knob, tmp_path):
    run(knob(), tmp_path, 1)
    for change in ({"split.seed": 1}, {"models.knob.gain": 0.3}):
        assert len(run(knob(**change), tmp_path, 1).table) == 1
    assert len(seen(tmp_path)) == 3
    assert len(run(knob(), tmp_path, 1).table) == 1
    assert len(seen(tmp_path)) == 3


def test_a_trial_that_crashes_or_is_killed_is_a_failed_one_with_its_reason(knob, tmp_path):
    mortal = knob('if self.mood == "other": os.kill(os.getpid(), signal.SIGKILL)')
    table = run(mortal, tmp_path, 4).table.set_index("mood")
    assert set(table.loc[["fine"], "state"]) == {"done"}
    assert set(table.loc[["other"], "state"]) == {"failed"}
    reason = "its process was ended by SIGKILL (out of memory?); see log.txt"
    assert set(table.loc[["other"], "reason"]) == {reason}
    with pytest.raises(WorkError, match="RuntimeError: not today"):
        run(knob('raise RuntimeError("not today")'), tmp_path, 1, out=tmp_path / "never.toml")
    assert not (tmp_path / "never.toml").exists()


def test_what_promises_nothing_is_ended_early(knob, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmark.tuning.study.COMPLETE_FIRST", 1)
    # The first trial reports 0.9 at every step: none that reports less is to see the last, 8.
    table = run(knob(**{"models.knob.gain": 0.9}), tmp_path, 3).table
    early = table[table["gain"] < 0.9]
    assert len(early)
    assert set(early["state"]) == {"ended early"}
    assert set(early["step"]) == {5}
    assert early["auc"].isna().all()


def test_the_defaults_see_their_end_also_where_better_trials_were_done_first(
    knob, tmp_path, monkeypatch
):
    import optuna

    def stopped(*given, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("benchmark.tuning.study.COMPLETE_FIRST", 1)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("benchmark.tuning.trials.run_row", stopped)
        run(knob(), tmp_path, 1)
    url = f"sqlite:///{tmp_path / 'tuned-study.db'}"
    study = optuna.load_study(study_name=optuna.get_all_study_names(url)[0], storage=url)
    steps = dict.fromkeys(range(1, 9), 0.9)
    study.add_trial(optuna.trial.create_trial(value=0.9, intermediate_values=steps))
    assert run(knob(), tmp_path, 2).table["state"].tolist() == ["done", "done"]


@pytest.mark.filterwarnings("ignore:Argument ``heartbeat_interval``")
def test_a_trial_of_a_dead_machine_is_put_back_and_its_options_tried(knob, tmp_path, monkeypatch):
    import optuna

    monkeypatch.setattr("benchmark.tuning.study.HEARTBEAT", 1)
    monkeypatch.setattr("benchmark.tuning.study.GRACE", 1)
    run(knob(), tmp_path, 1)
    url = f"sqlite:///{tmp_path / 'tuned-study.db'}"
    name = optuna.get_all_study_names(url)[0]
    dead = optuna.load_study(study_name=name, storage=url).ask()
    dead.set_user_attr("number", dead.number)
    gain = dead.suggest_float("gain", 0.0, 1.0)
    optuna.storages.RDBStorage(url, heartbeat_interval=1).record_heartbeat(dead._trial_id)
    found = run(knob(), tmp_path, 2)
    assert found.table["trial"].tolist() == [0, 1]
    assert found.table["gain"].tolist() == [0.2, gain]
    assert set(found.table["state"]) == {"done"}


def test_a_trial_that_meets_a_full_disk_is_tried_again(knob, tmp_path, monkeypatch):
    def full(*given, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
        patched.setattr("benchmark.tuning.trials.run_row", full)
        run(knob(), tmp_path, 1)
    found = run(knob(), tmp_path, 1)  # the defaults, which would never be tried else
    assert found.table[["trial", "state", "gain"]].to_numpy().tolist() == [[0, "done", 0.2]]
    assert found.default_auc == found.auc


@pytest.mark.filterwarnings("ignore:Argument ``heartbeat_interval``")
def test_a_trial_that_kills_machine_after_machine_is_a_failed_one(knob, tmp_path, monkeypatch):
    import optuna

    for name in ("HEARTBEAT", "GRACE"):
        monkeypatch.setattr(f"benchmark.tuning.study.{name}", 1)
    monkeypatch.setattr("benchmark.tuning.study.RETRIES", 0)
    run(knob(), tmp_path, 1)
    url = f"sqlite:///{tmp_path / 'tuned-study.db'}"
    name = optuna.get_all_study_names(url)[0]
    dead = optuna.load_study(study_name=name, storage=url).ask()
    dead.set_user_attr("number", dead.number)
    optuna.storages.RDBStorage(url, heartbeat_interval=1).record_heartbeat(dead._trial_id)
    table = run(knob(), tmp_path, 2).table
    assert table["state"].tolist() == ["done", "failed"]
    assert table["reason"][1] == "cut short too often to be tried again"


def test_a_trial_that_died_before_its_first_sign_of_life_is_not_waited_for(knob, tmp_path):
    import optuna

    run(knob(), tmp_path, 1)
    url = f"sqlite:///{tmp_path / 'tuned-study.db'}"
    optuna.load_study(study_name=optuna.get_all_study_names(url)[0], storage=url).ask()
    assert run(knob(), tmp_path, 2).table["state"].tolist() == ["done", "done"]


def test_ctrl_c_ends_the_trial_and_its_options_are_tried_again(knob, tmp_path):
    half = '(job.folder / "half").touch(); time.sleep(60)'
    experiment = knob(f"if len(open(self.seen).readlines()) == 2: {half}")
    file = tmp_path / "small.toml"
    file.write_text(experiment.to_toml())
    out = tmp_path / "tuned.toml"
    command = [sys.executable, "-m", "benchmark.cli", "tune", file, "knob", "--out", out]
    process = subprocess.Popen(
        [*map(str, command), "--trials", "2"],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    for _ in range(300):
        time.sleep(0.1)
        if (tmp_path / "tuned-trials" / "1" / "unfinished" / "half").exists():
            break
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert "goes on from here" in process.stderr.read()
    assert load(str(out)).models["knob"]["gain"] == 0.2  # what was found by then
    found = run(load(str(file)), tmp_path, 2)
    assert [said["options"]["gain"] for said in seen(tmp_path)[1:]] == [found.table["gain"][1]] * 2
    assert seen(tmp_path)[2]["left"] == ["half"]  # from which a training would go on
    assert found.table["state"].tolist() == ["done", "done"]


@pytest.mark.slow
def test_two_processes_share_the_trials_and_find_the_same(knob, tmp_path):
    experiment = knob()
    file, url = tmp_path / "small.toml", f"sqlite:///{tmp_path / 'shared.db'}"
    file.write_text(experiment.to_toml())
    command = [sys.executable, "-m", "benchmark.cli", "tune", file, "knob", "--trials", "4"]
    outs = [tmp_path / "one.toml", tmp_path / "two.toml"]
    processes = [
        subprocess.Popen([*map(str, command), "--storage", url, "--out", str(out), "--quiet"])
        for out in outs
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert len(seen(tmp_path)) == 4
    assert outs[0].read_text() == outs[1].read_text()


def test_nothing_of_test_is_read(knob, small, tmp_path, tiny_nih):
    experiment = knob()
    before = run(experiment, tmp_path, 2)
    outcome = run_experiment(small, tmp_path / "run", console=QUIET)
    part = outcome.folder.split()["part"]
    for said in seen(tmp_path):
        assert set(said["images"]) == set(part.index[part != "test"])
        assert said["labels"] == outcome.folder.truth().loc[said["images"]].sum(axis=1).tolist()
        assert said["files"] == (part != "test").sum()
    blind = tmp_path / "blind"
    (blind / "images").mkdir(parents=True)
    (blind / "Data_Entry_2017.csv").write_text((tiny_nih / "Data_Entry_2017.csv").read_text())
    for image in part.index:
        content = (tiny_nih / "images" / image).read_bytes()
        garbage = b"no picture at all"
        (blind / "images" / image).write_bytes(garbage if part[image] == "test" else content)
    elsewhere = experiment.replace({"data.folder": str(blind)})
    after = run(elsewhere, tmp_path, 2, out=tmp_path / "blind.toml")
    columns = [name for name in before.table.columns if name != "seconds"]
    assert after.table[columns].equals(before.table[columns])
    names = [path.name for path in tmp_path.glob("*-trials/*/log.txt")]
    assert len(names) == 4


def test_the_figure_is_the_mean_over_findings_with_both_classes_in_valid(small):
    parts = Parts.read(small, 32, QUIET)
    parts.valid.labels[:, 1:] = 0
    scores = pd.DataFrame(parts.valid.labels, parts.valid.images, list(parts.valid.findings))
    assert parts.auc(scores) == 1
    assert parts.auc(1 - scores) == 0
    parts.valid.labels[:, 0] = np.nan
    with pytest.raises(InputError, match="no finding has both classes in valid"):
        parts.auc(scores)


def test_a_row_without_a_space_names_those_that_have_one(knob, tmp_path):
    with pytest.raises(InputError, match=r"corner declares no search_space; .* do: knob"):
        tune(knob(), "corner", out=tmp_path / "x.toml", trials=1, console=QUIET)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["prevalence"], "do: hog_lbp_logistic, hog_lbp_xgboost, embedding_xgboost"),
        (["cnn7"], "did you mean 'cnn6'?"),
        (["hog_lbp_xgboost", "--out", "x.db"], "ends in .toml"),
        (["hog_lbp_xgboost", "--set", "grid.split.seed=[0, 1]"], "has a [grid]"),
        (["hog_lbp_xgboost", "--out", "taken.toml"], "no result of tuning nih-sample"),
        (
            ["hog_lbp_xgboost", "--set", "models.hog_lbp_xgboost.reg_lambda=0"],
            "what reg_lambda is set to",
        ),
    ],
)
def test_what_cannot_be_tuned_is_said_in_a_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("taken.toml").write_text('rows = ["prevalence"]')
    with pytest.raises(SystemExit) as end:
        main(["tune", "nih-sample", *arguments])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_the_result_for_one_row_is_not_replaced_by_that_for_another(knob, tmp_path):
    out, second = tmp_path / "tuned.toml", knob().models["knob"]
    rows = [*knob().rows, "other"]
    both = knob().replace({"rows": rows, "models.other": second})
    run(both, tmp_path, 1)
    with pytest.raises(InputError, match=r"another row has found: .*; knob tuned"):
        tune(both, "other", out=out, trials=1, console=QUIET)
    tune(load(str(out)), "other", out=out, trials=1, console=QUIET)
    assert load(str(out)).models.keys() >= {"knob", "other"}
    assert load(str(out)).title.endswith("; knob tuned; other tuned")


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("somewhere", InputError, "no database URL"),
        ("sqlite:////nowhere/at/all.db", WorkError, "unable to open"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_in_a_line(knob, tmp_path, url, error, message):
    with pytest.raises(error, match=message):
        run(knob(), tmp_path, 1, storage=url)


def test_a_database_that_is_lost_on_the_way_is_said_in_a_line(knob, tmp_path, monkeypatch):
    def lost(*given, **options):
        (tmp_path / "tuned-study.db").write_bytes(b"no database at all")
        raise Failure("its disk died")

    monkeypatch.setattr("benchmark.tuning.trials.run_row", lost)
    with pytest.raises(WorkError, match=r"--storage: .*(not a database|malformed)"):
        run(knob(), tmp_path, 1)


def test_without_trials_nothing_can_be_found(knob, tmp_path):
    with pytest.raises(InputError, match="at least one is needed"):
        run(knob(), tmp_path, 0)


def test_without_optuna_the_extra_is_named(knob, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "benchmark.tuning.study", raising=False)
    monkeypatch.delattr("benchmark.tuning.study", raising=False)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(InputError, match=r"pip install 'cxrbench\[tune\]'"):
        run(knob(), tmp_path, 1)


def test_trees_report_finding_by_finding_in_one_order_for_any_number_of_workers(tmp_path):
    from joblib import parallel_config

    from models import registry
    from models.base import Job
    from models.conformance import tiny_radiographs

    both = tiny_radiographs(tmp_path)
    parts = both.take(np.arange(24)), both.take(np.arange(24, 36))
    heard: dict[int, list] = {1: [], 2: []}
    for workers, told in heard.items():
        model = registry.find("metadata_xgboost")(rounds=5)
        job = Job(tmp_path, report=lambda step, auc, told=told: told.append((step, auc)))
        with parallel_config(backend="threading", n_jobs=workers):
            model.fit(*parts, job)
    assert heard[1] == heard[2]
    assert [step for step, _ in heard[1]] == list(range(1, 14))  # one finding is in no image


def test_from_python_a_file_is_tuned_as_a_row_of_its_own(knob, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    experiment = knob().replace({"rows": ["corner"]})
    found = tune_from_python(experiment, str(tmp_path / "knob.py"), trials=1, quiet=True)
    assert found.experiment == Path("tuning/small-knob.toml")
    assert load(str(found.experiment)).rows == ("corner", "knob")
    assert found.gain == 0


def test_the_command_says_what_was_found_and_how_to_run_it(knob, tmp_path, capsys):
    file, out = tmp_path / "small.toml", tmp_path / "tuned.toml"
    file.write_text(knob().to_toml())
    command = ["tune", str(file), "knob", "--trials", "2", "--out", str(out)]
    for ending in ([], ["--json"]):
        with pytest.raises(SystemExit) as end:
            main([*command, *ending])
        assert end.value.code == 0
    shown, _, said = capsys.readouterr().out.partition("{")
    found = json.loads("{" + said)
    gain, _, best = (line.split() for line in shown.splitlines()[1:4])
    assert gain == ["gain", "0.2", f"{found['best']['gain']:.4g}"]
    assert best[-2:] == [f"{found['default_auc']:.4f}", f"{found['auc']:.4f}"]
    assert f"gain {found['gain']:+.4f}" in shown
    assert f"cxrbench run {out}" in shown
    assert [trial["state"] for trial in found["trials"]] == ["done", "done"]
    assert len(seen(tmp_path)) == 2
