import pytest

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


def test_boosting_stays_on_the_cpu_without_a_gpu_of_its_maker(machine):
    assert gpu.boosting_device("auto") == "cpu"


@pytest.mark.parametrize(("built", "device"), [(True, "cuda"), (False, "cpu")])
def test_boosting_goes_to_a_gpu_that_xgboost_is_built_for(machine, monkeypatch, built, device):
    xgboost = pytest.importorskip("xgboost")
    monkeypatch.setattr(xgboost, "build_info", lambda: {"USE_CUDA": built})
    monkeypatch.setattr(gpu, "DRIVERS", {"nvidia": gpu.DRIVERS["amd"]})
    assert gpu.boosting_device("auto") == device
