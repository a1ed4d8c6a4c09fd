import numpy as np
import pytest

from features.errors import WorkError
from models import gpu


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine with an AMD driver alone."""
    monkeypatch.setattr(gpu, "DRIVERS", {"nvidia": tmp_path / "absent", "amd": tmp_path})
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_a_driver_counts_for_its_maker(machine):
    assert gpu.has_driver()
    assert gpu.has_driver("amd")
    assert not gpu.has_driver("nvidia")


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_hidden_gpu_does_not_count(machine, monkeypatch, hidden):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not gpu.has_driver()


@pytest.mark.parametrize("asked", ["cpu", "cuda"])
def test_a_device_that_is_asked_for_is_taken(machine, asked):
    assert gpu.boosting_device(asked) == asked


def test_a_gpu_that_is_asked_for_and_not_there_is_an_error(machine):
    from models.one_vs_rest import OneVsRestXGBoost

    X = np.arange(40.0).reshape(20, 2)
    y = np.column_stack([X[:, 0] > 20, X[:, 0] < 10])
    with pytest.raises(WorkError, match="there is no GPU here"):
        OneVsRestXGBoost(device="cuda", rounds=1).fit(X, y)


def test_boosting_stays_on_the_cpu_without_a_gpu_of_its_maker(machine):
    assert gpu.boosting_device("auto") == "cpu"


@pytest.mark.parametrize(("built", "device"), [(True, "cuda"), (False, "cpu")])
def test_boosting_goes_to_a_gpu_that_xgboost_is_built_for(machine, monkeypatch, built, device):
    xgboost = pytest.importorskip("xgboost")
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": built})
    monkeypatch.setattr(gpu, "DRIVERS", {"nvidia": gpu.DRIVERS["amd"]})
    assert gpu.boosting_device("auto") == device


def test_a_row_is_sent_away_with_the_device_of_its_fingerprint(machine, monkeypatch):
    from models.hog_lbp_xgboost import HogLbpXGBoost

    row = HogLbpXGBoost()
    assert row.options["device"] == "auto"
    assert row.settled["device"] == row.depends_on()["device"] == "cpu"
