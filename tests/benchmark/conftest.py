"""A small experiment on tiny pictures, with models that say how often they were fitted."""

import json
from pathlib import Path

import pytest

from benchmark.executors.executor import Executor
from benchmark.experiment import Experiment

#: Scores by a picture's bright corner; counts its fits in a file, so that a test can tell a row
#: that was kept from one that was fitted again.
CORNER = '''
"""Corner: the mean of a picture's top left quarter, as a score of everything."""
import json
import numpy as np
from models.base import Model


class Corner(Model):
    title = "mean of a corner"
    size: int = 32
    gain: float = 1.0
    counter: str = ""

    def fit(self, train, valid, job):
        self.findings = train.findings
        with open(self.counter, "a") as out:
            out.write("fitted\\n")
        job.progress("looking", 1, 1)
        self.history = [{"epoch": 1, "loss": 0.5}]
        return self

    def predict(self, radiographs):
        assert radiographs.labels is None
        corner = np.asarray(radiographs.pixels(self.size))[:, :16, :16].mean((1, 2)) / 255
        return np.tile((self.gain * corner).clip(0, 1)[:, None], len(self.findings))

    def _save(self, folder):
        pass

    def _load(self, folder):
        pass
'''

BROKEN = CORNER.replace("class Corner", "class Broken").replace(
    'job.progress("looking", 1, 1)', 'raise RuntimeError("no such luck\\nat all")'
)

KILLED = CORNER.replace("class Corner", "class Killed").replace(
    'job.progress("looking", 1, 1)', "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.fixture(scope="session", autouse=True)
def every_summary_keeps_its_schema():
    """Hold every summary that any test here makes to the schema, and send it through JSON."""
    from benchmark.api import Run
    from benchmark.audits.run import Audit
    from benchmark.comparing.runs import RunsCompared
    from benchmark.grids.run import GridRun
    from benchmark.summary_schema import kind_of

    def held(summarize):
        def summary(run):
            made = summarize(run)
            kind_of(made).model_validate(made)
            assert json.loads(json.dumps(made, allow_nan=False)) == made
            return made

        return summary

    with pytest.MonkeyPatch.context() as patch:
        for kind in (Run, GridRun, Audit, RunsCompared):
            made = vars(kind)["summary"]
            patch.setattr(made, "func", held(made.func))
        yield


@pytest.fixture
def model_files(tmp_path) -> dict[str, str]:
    """Files of models: one that works, one that raises, one whose process is killed."""
    sources = {"corner": CORNER, "broken": BROKEN, "killed": KILLED}
    files = {name: tmp_path / f"{name}.py" for name in sources}
    for name, source in sources.items():
        files[name].write_text(source)
    return {name: str(file) for name, file in files.items()}


@pytest.fixture(scope="session")
def some_cluster(start_cluster):
    """A scheduler for all tests, with as many workers as the last of them has left."""
    return start_cluster()


@pytest.fixture
def cluster(some_cluster):
    """A scheduler with two workers of one thread."""
    some_cluster.hold(2)
    return some_cluster


@pytest.fixture
def dask(cluster) -> Executor:
    """The executor of that cluster."""
    return Executor.parse(f"dask://{cluster.address}")


@pytest.fixture
def counter(tmp_path) -> Path:
    """The file in which the models count their fits."""
    file = tmp_path / "fits.txt"
    file.touch()
    return file


@pytest.fixture
def small(tiny_nih, model_files, counter, own_cache) -> Experiment:
    """An experiment with the row `corner` on the tiny pictures."""
    content = {
        "name": "small",
        "title": "A small experiment",
        "rows": ["corner"],
        "data": {"source": "nih", "folder": str(tiny_nih), "size": 32},
        "training": {"counter": str(counter)},
        "evaluation": {"draws": 100},
        "models": {name: {"model": file} for name, file in model_files.items()},
    }
    return Experiment.parse(content, "small")
