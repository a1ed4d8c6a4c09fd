"""Trainings in processes of their own."""

import json
import sys
from multiprocessing import get_context
from pathlib import Path
from socket import socket

import pytest

from models import backend


@pytest.fixture(scope="session")
def processes():
    """Where processes come from; the engine is imported there, which takes longer than they do."""
    context = get_context("forkserver" if sys.platform == "linux" else "spawn")
    if sys.platform == "linux" and backend.name() == "tensorflow":
        context.set_forkserver_preload(["keras"])
    return context


@pytest.fixture
def train_together(tmp_path, monkeypatch, processes):
    """Run `small.py` in two processes that share each batch, as two machines would."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import small

    def train(**told):
        with socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        started, said = [], [tmp_path / f"said-{k}.json" for k in range(2)]
        for place, file in enumerate(said):
            job = tmp_path / f"machine-{place}"
            job.mkdir()
            given = (job, told | {"among": (port, place, 2), "devices": "all"}, file)
            started.append(processes.Process(target=small.main, args=given))
            started[-1].start()
        for process in started:
            process.join()
        assert [process.exitcode for process in started] == [0, 0], said[0].read_text()
        return [json.loads(file.read_text()) for file in said]

    return train


@pytest.fixture
def train_apart(tmp_path, monkeypatch, processes):
    """Run `small.py`; return what it says, or its exit status where it was killed."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import small

    def train(folder="job", **told):
        job, said = tmp_path / folder, tmp_path / "said.json"
        job.mkdir(exist_ok=True)
        process = processes.Process(target=small.main, args=(job, told, said))
        process.start()
        process.join()
        if process.exitcode < 0:
            return process.exitcode
        assert process.exitcode == 0, said.read_text()
        return json.loads(said.read_text())

    return train
