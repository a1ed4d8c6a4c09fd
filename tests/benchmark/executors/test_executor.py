"""Parallel work on a real cluster: the same results, and one line where it cannot be used."""

import operator
import os
import shutil
import signal
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.cli import main
from benchmark.console import Console
from benchmark.executors.executor import Executor
from benchmark.inputs import read_inputs
from benchmark.runner import run_experiment
from features import cache
from features.errors import InputError, WorkError
from features.pixels import PixelArchive
from features.radiographs import Radiographs
from features.texture import LBP
from models.base import Job
from models.hog_lbp_xgboost import HogLbpXGBoost

pytest.importorskip("distributed")
from benchmark.executors import cluster as clusters

QUIET = Console(quiet=True)
ROOMS = Path(__file__).resolve().parents[3]


@pytest.fixture
def radiographs(tmp_path) -> Radiographs:
    """Forty noisy pictures."""
    random, files = np.random.default_rng(0), []
    (tmp_path / "images").mkdir()
    for k in range(40):
        files.append(tmp_path / "images" / f"{k}.png")
        Image.fromarray(random.integers(0, 256, (64, 64), np.uint8)).save(files[-1])
    archive = PixelArchive(files, tmp_path / "cache")
    table = pd.DataFrame({"patient": "1"}, index=pd.Index([file.name for file in files]))
    return Radiographs(table, None, archive=archive, rows=np.arange(len(files)))


def in_parallel(function, *arguments):
    """Do one thing twice on the ambient executor."""
    return joblib.Parallel()(joblib.delayed(function)(*arguments) for _ in range(2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ray://node1:8786", "unknown executor 'ray://node1:8786'. Available: dask://HOST:PORT"),
        ("locals", "did you mean 'local'"),
        ("dask://node1", "write dask://HOST:PORT, as in dask://node1:8786"),
        ("dask://node1:http", "write dask://HOST:PORT"),
    ],
)
def test_what_is_no_executor_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        Executor.parse(text)


@pytest.mark.parametrize("text", ["local", "dask://node1:8786", "dask://[::1]:8786"])
def test_an_executor_is_written_as_it_is_read(text):
    assert str(Executor.parse(text)) == text


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("benchmark.executors.executor.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'cxrbench\[dask\]'"):
        Executor.parse("dask://node1:8786")


def test_a_run_on_a_cluster_is_the_local_one_to_the_bit(small, tmp_path, dask, monkeypatch):
    row = {"rows": ["hog_lbp_xgboost"], "training": {"rounds": 5}}
    run = run_experiment(small.replace(row), tmp_path / "run", console=QUIET, executor=dask)
    assert run.failed == {}
    assert run.folder.provenance["executor"] == str(dask)

    monkeypatch.setenv("CXRBENCH_CACHE", str(tmp_path / "another cache"))
    with Executor(cores=1).ambient(tmp_path):
        inputs = read_inputs(small, QUIET)
        model = HogLbpXGBoost(rounds=5, size=32)
        model.fit(inputs.part("train"), inputs.part("valid"), Job(tmp_path))
        here = model.predict(inputs.radiographs.without_truth())
    there = run.folder.row("hog_lbp_xgboost").scores()
    assert np.array_equal(here.astype("float32"), there.to_numpy("float32"))


def test_a_worker_that_dies_during_extraction_costs_no_more_than_its_block(
    radiographs, tmp_path, cluster, dask, monkeypatch
):
    monkeypatch.setattr(cache, "BLOCK", 2)

    def kill_one(stage, done, total):
        if "lbp" in stage and done:
            cluster.workers[0].kill()

    extract = LBP(size=64)
    with dask.ambient(tmp_path):
        features = cache.cached(radiographs, extract, kill_one)
    assert cluster.workers[0].poll() == -signal.SIGKILL
    assert np.array_equal(features, extract(radiographs.pixels(64)[:]))


def test_work_is_done_by_workers_also_where_there_is_only_one(tmp_path, cluster, dask):
    cluster.hold(1)
    with dask.ambient(tmp_path):
        assert set(in_parallel(os.getpid)) == {cluster.workers[0].pid}


def test_a_large_array_is_mapped_from_a_file_that_is_written_once(tmp_path, dask):
    array = np.random.default_rng(0).random((500, 400))
    with dask.ambient(tmp_path):
        assert in_parallel(type, array) == [np.memmap] * 2
        inside = in_parallel(operator.itemgetter(1), ("in a tuple", array))
        files = in_parallel(operator.attrgetter("filename"), array)
    assert all(np.array_equal(array, given) for given in inside)
    assert len(set(map(str, files))) == 1
    assert not list(tmp_path.glob("handed*"))


def test_an_error_of_a_task_is_raised_here_and_the_cluster_goes_on(tmp_path, dask):
    with dask.ambient(tmp_path):
        with pytest.raises(ZeroDivisionError):
            in_parallel(operator.truediv, 1, 0)
        assert in_parallel(abs, -1) == [1, 1]


def test_a_task_that_kills_its_workers_fails_instead_of_waiting_for_ever(tmp_path, cluster, dask):
    with dask.ambient(tmp_path), clusters.connected(cluster.address) as client:
        allow(client, 0)
        try:
            with pytest.raises(WorkError, match="workers died of a task"):
                in_parallel(os._exit, 1)
        finally:
            allow(client, 3)


def allow(client, failures):
    """Let a task kill so many workers before it is given up."""

    def set_it(dask_scheduler):
        dask_scheduler.allowed_failures = failures

    client.run_on_scheduler(set_it)


def test_a_worker_that_came_late_with_other_code_refuses_work(cluster):
    with clusters.connected(cluster.address) as client:
        future = client.submit(clusters.do, b"", {"cxrbench code": "of yesterday"})
        with pytest.raises(WorkError, match=r"Dask's worker tcp://.* has other code"):
            clusters.result_of(future)


def said_by(capsys, *arguments) -> str:
    """Run the command line, which fails in one line; return it."""
    with pytest.raises(SystemExit) as end:
        main([*map(str, arguments)])
    assert end.value.code == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    return lines[0]


@pytest.fixture
def run_small(small, tmp_path, monkeypatch):
    """The command that runs the small experiment, impatient of clusters."""
    monkeypatch.setattr(clusters, "PATIENCE", 1)
    file = tmp_path / "small.toml"
    file.write_text(small.to_toml())
    return ["run", file, "--executor"]


def test_a_scheduler_that_is_not_there(run_small, tmp_path, capsys):
    line = said_by(capsys, *run_small, "dask://127.0.0.1:1", "--out", tmp_path / "run")
    assert line == "cxrbench: no Dask scheduler answers at 127.0.0.1:1"


def test_a_scheduler_without_workers(run_small, tmp_path, capsys, start_cluster):
    address = f"dask://{start_cluster().address}"
    line = said_by(capsys, *run_small, address, "--out", tmp_path / "run")
    assert "has no workers; start some with 'dask worker tcp://127.0.0.1:" in line


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows each process a folder of its own")
def test_a_worker_that_sees_another_folder_under_the_same_name(
    run_small, tmp_path, capsys, dask, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # where the workers do not stand
    line = said_by(capsys, *run_small, dask, "--out", "/proc/self/cwd/run")
    assert "does not see /proc/self/cwd/run of this machine" in line


@pytest.mark.skipif(sys.platform != "linux", reason="/proc shows each process a folder of its own")
def test_radiographs_that_only_this_machine_sees_do_not_pass_for_damaged(
    radiographs, tmp_path, dask, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    files = [Path("/proc/self/cwd/images") / file.name for file in radiographs.archive.files]
    archive = PixelArchive(files, tmp_path / "cache")
    with dask.ambient(tmp_path), pytest.raises(WorkError, match=r"cannot read .*/images/0\.png"):
        archive.store(16)


def test_a_worker_with_other_code(run_small, tmp_path, capsys, cluster, dask):
    for room in ("features", "models", "benchmark"):
        shutil.copytree(ROOMS / room, tmp_path / "other" / room)
    with (tmp_path / "other" / "models" / "price.py").open("a") as file:
        file.write("# another thought\n")
    cluster.start_worker(env=os.environ | {"PYTHONPATH": str(tmp_path / "other")})
    cluster.hold(3)
    line = said_by(capsys, *run_small, dask, "--out", tmp_path / "run")
    assert "Dask's worker tcp://127.0.0.1:" in line
    assert "has cxrbench code" in line
