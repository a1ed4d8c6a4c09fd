import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmark.cli import main

HEAVY = ("tensorflow", "keras", "matplotlib", "pandas", "sklearn", "xgboost")


def _cli(*arguments, **options):
    command = [sys.executable, "-m", "benchmark.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture
def small_file(small, tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(small.to_toml())
    return file


def test_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom benchmark.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    assert "check-model" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "Did you mean 'run'?"),
        (["run", "--sed", "3"], "--seed"),
        (["run", "demmo"], "unknown experiment 'demmo'; did you mean 'demo'?"),
        (["run", "demo", "--model", "cnn7"], "unknown model 'cnn7'; did you mean 'cnn6'?"),
        (["run", "demo", "--set", "models.cnn6.epoch=3"], "did you mean 'epochs'?"),
        (["run", "demo", "--set", "models.cnn6.epochs=many"], "cnn6.epochs = 'many'"),
        (["run", "demo", "--set", "split.kind=image", "--dry-run"], "cxrbench audit"),
        (["run", "demo", "--set", "models.cnn6.loss=fokal"], "did you mean 'focal'?"),
        (["run", "demo", "--set", "models.resnet50.weights=imagnet"], "did you mean 'imagenet'?"),
        (["run", "demo", "--set", "data.size=16", "--dry-run"], "resnet50_frozen.size = 16"),
        (["run", "nih-sample"], "--data DIR"),
        (["run", "nih-sample", "--data", "/nowhere"], "/nowhere"),
        (["report", "/nowhere"], "/nowhere is no run folder"),
        (["report", "/nowhere", "--format", "latex"], "unknown format 'latex'; did you mean"),
        (["split", "--data", "/nowhere", "--out", "x.csv"], "/nowhere"),
        (["fetch", "fantom", "x"], "did you mean 'phantom'?"),
        (["check-model", "missing.py"], "no model file at"),
    ],
)
def test_bad_input_is_said_in_a_line_and_exits_with_2(
    arguments, message, tmp_path, own_cache, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main(arguments)
    said = capsys.readouterr()
    assert end.value.code == 2
    assert message in said.err
    assert said.out == ""


def test_run_prints_every_row_and_where_the_report_is(small_file, tmp_path):
    done = _cli("run", small_file, "--out", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("corner")
    assert str(tmp_path / "run" / "report.html") in done.stdout
    assert "corner" in (tmp_path / "run" / "report.html").read_text()


def test_a_failed_row_exits_with_1_names_the_reason_and_still_builds_the_report(
    small_file, tmp_path
):
    out = tmp_path / "run"
    done = _cli("run", small_file, "--set", "rows=['corner', 'broken']", "--out", out, "--json")
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["failed"] == {"broken": "RuntimeError: no such luck at all"}
    assert [line["row"] for line in said["leaderboard"]] == ["corner"]
    assert "no such luck" in (out / "report.html").read_text()


def test_a_file_is_added_as_a_row_and_report_builds_it_again(small_file, tmp_path, model_files):
    twin = tmp_path / "twin.py"
    twin.write_text(Path(model_files["corner"]).read_text())
    out = tmp_path / "run"
    done = _cli("run", small_file, "--add-model", twin, "--out", out, "--quiet")
    assert done.returncode == 0, done.stderr
    assert {"corner", "twin"} <= {line.split()[0] for line in done.stdout.splitlines()}
    (out / "report.html").unlink()
    written = _cli("report", out, "--format", "html,csv", "--format", "tex").stdout.splitlines()
    assert written[0] == str(out / "report.html")
    assert "twin" in (out / "report.html").read_text()
    assert all(Path(name).is_file() for name in written)
    assert {name.rpartition(".")[2] for name in written} == {"html", "csv", "tex"}
    assert "twin" in (out / "tables" / "leaderboard-test.csv").read_text()


def test_a_dry_run_says_what_would_be_done_and_does_nothing(small_file, tmp_path, counter):
    out = tmp_path / "run"
    before = _cli("run", small_file, "--out", out, "--dry-run")
    assert before.returncode == 0, before.stderr
    assert "after decoding" in before.stdout
    assert "0 of 1 rows are finished" in before.stdout
    assert not out.exists()
    _cli("run", small_file, "--out", out)
    after = json.loads(_cli("run", small_file, "--out", out, "--dry-run", "--json").stdout)
    assert after["rows"][0]["state"] == "finished"
    status = json.loads((out / "models" / "corner" / "status.json").read_text())
    assert after["rows"][0]["fingerprint"] == status["fingerprint"]
    assert len(counter.read_text().splitlines()) == 1


def test_split_needs_no_image_and_prints_the_fingerprint(tiny_nih, tmp_path, own_cache):
    data = tmp_path / "tables"
    data.mkdir()
    (data / "Data_Entry_2017.csv").write_text((tiny_nih / "Data_Entry_2017.csv").read_text())
    done = _cli("split", "nih-sample", "--data", data, "--out", tmp_path / "split.csv")
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "split.csv")
    assert list(table.columns[:4]) == ["image", "patient", "part", "fold"]
    assert len(table) == 120
    assert table.groupby("patient")["part"].nunique().max() == 1
    assert len(done.stdout.split()[0]) == 16


def test_check_names_what_is_damaged(tiny_nih, tmp_path, own_cache):
    import shutil

    whole = _cli("check", tiny_nih)
    assert whole.returncode == 0
    assert "60 patients" in whole.stdout and "Pleural_Thickening" in whole.stdout
    data = tmp_path / "data"
    shutil.copytree(tiny_nih, data)
    torn = sorted((data / "images").iterdir())[0]
    torn.write_bytes(b"no picture")
    done = _cli("check", data)
    assert done.returncode == 1
    assert torn.name in done.stdout


@pytest.mark.parametrize(
    ("command", "name"),
    [("models", "densenet121"), ("datasets", "phantom"), ("experiments", "nih-official")],
)
def test_lists_have_a_line_each_for_people_and_json_for_programs(command, name):
    lines = _cli(command).stdout.splitlines()
    assert any(line.startswith(name) and len(line) > len(name) + 2 for line in lines)
    assert name in json.loads(_cli(command, "--json").stdout)


def test_check_model_says_what_passed_and_what_failed(model_files, tmp_path, counter):
    done = _cli("check-model", model_files["broken"])
    assert done.returncode == 1
    assert "passed  names itself" in done.stdout
    assert "failed  fit returns the model" in done.stdout
