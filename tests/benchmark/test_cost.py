"""What a row has cost, told by the process that has fitted it."""

import json
import multiprocessing
import subprocess
import sys

import numpy as np
import pytest

from benchmark import cost
from models.base import Model

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="read from Linux's /proc")


class Told(Model):
    """A model that is fitted elsewhere."""

    def fit(self, train, valid, job):
        return self

    def predict(self, radiographs):
        return np.zeros((len(radiographs), 14))

    def _save(self, folder):
        (folder / "inner").mkdir()
        (folder / "inner" / "numbers.bin").write_bytes(bytes(5000))

    def _load(self, folder):
        pass


def measured(model, folder, **how):
    folder.mkdir(exist_ok=True)
    usual = {"seconds_fit": 60, "seconds_predict": 2, "images_fit": 700, "images_predict": 1000}
    return cost.cost_of(model, folder, **usual | how)


@pytest.fixture
def trained():
    model = Told()
    model.history = [{"epoch": k, "seconds": s} for k, s in enumerate((20.0, 5.0, 9.0, 7.0), 1)]
    model.facts = {"parameters": 1200, "trainable_parameters": 1000}
    return model


def test_the_first_epoch_stands_apart_from_the_median_of_the_others(trained, tmp_path):
    told = measured(trained, tmp_path)
    assert (told["seconds_first_epoch"], told["seconds_epoch"]) == (20, 7)
    assert told["images_per_second_fit"] == 100
    assert told["images_per_second_predict"] == 500


def test_a_training_that_went_on_cost_its_earlier_epochs_too(trained, tmp_path):
    trained.facts["resumed_after"] = 2
    assert measured(trained, tmp_path)["seconds_fit"] == 60 + 20 + 5


def test_one_epoch_alone_tells_no_speed(trained, tmp_path):
    del trained.history[1:]
    told = measured(trained, tmp_path)
    assert told["seconds_first_epoch"] == 20
    assert told["seconds_epoch"] is None
    assert told["images_per_second_fit"] is None


def test_what_a_row_does_not_have_is_none(tmp_path):
    told = measured(Told(), tmp_path, seconds_predict=1e-4)
    nothing = {key for key, value in told.items() if value is None}
    assert nothing >= {"parameters", "trees", "leaves", "seconds_epoch"}
    assert "images_per_second_predict" in nothing


def test_a_history_without_seconds_tells_no_epochs(trained, tmp_path):
    trained.history = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.4}]
    assert measured(trained, tmp_path)["seconds_first_epoch"] is None


def test_the_size_is_that_of_all_files_of_the_saved_model(trained, tmp_path):
    trained.save(tmp_path)
    written = (tmp_path / "model.json").stat().st_size + 5000
    assert measured(trained, tmp_path)["model_bytes"] == written


def test_a_cost_is_plain_json_and_names_the_device(trained, tmp_path):
    told = measured(trained, tmp_path)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["device"]


@LINUX
def test_peak_memory_is_the_rows_own_not_that_of_who_started_it():
    ballast = np.ones(300_000_000 // 8)  # held while the process below begins
    script = "from benchmark.cost import peak_memory; print(peak_memory())"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert 1e7 < int(done.stdout) < ballast.nbytes


# Handed over as text: a spawned worker could import this file only where pytest's folder is on its
# path. Not forked, for such a worker would count its parent's memory as its own.
WORK = """
block = bytearray(b"x") * 60_000_000
held.set()
done.wait(60)
"""


@LINUX
def test_peak_memory_holds_that_of_the_workers():
    before = cost.peak_memory()
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    worker = context.Process(target=exec, args=(WORK, {"held": held, "done": done}))
    worker.start()
    assert held.wait(60)
    assert cost.peak_memory() > before + 60e6
    done.set()
    worker.join()


def test_a_classical_row_imports_no_engine_to_tell_its_cost():
    script = (
        "import sys\nfrom pathlib import Path\nfrom benchmark.cost import cost_of\n"
        "from models.prevalence import Prevalence\n"
        "cost_of(Prevalence(), Path('no such folder'), seconds_fit=1, seconds_predict=1,"
        " images_fit=1, images_predict=1)\n"
        "print(*{'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
