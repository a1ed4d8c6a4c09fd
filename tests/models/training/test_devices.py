"""Several devices share a batch and learn what one would have learnt."""

import signal

import numpy as np
import pytest

from features.errors import InputError
from models import backend, sharing

SHARED = {"epochs": 3, "cpus": 2, "devices": "all"}

pytestmark = pytest.mark.skipif(backend.name() == "torch", reason="PyTorch trains on one device")


def curve(said):
    return [[line["loss"], line["val_loss"]] for line in said["history"]]


@pytest.mark.parametrize(
    "told",
    [
        {"images": 64, "batch_norm": True},
        {"images": 65, "unknown": 0.4},
        {"steps_per_execution": 3},
    ],
    ids=[
        "synchronised batch norm",
        "an odd batch with unknown labels is filled up",
        "several steps at a time",
    ],
)
def test_two_devices_learn_what_one_does(train_apart, told):
    alone = train_apart("alone", epochs=3, **told)
    shared = train_apart("shared", **SHARED, **told)

    assert len(shared["facts"]["devices"]) == 2
    assert alone["facts"]["devices"] == []
    np.testing.assert_allclose(curve(shared), curve(alone), rtol=1e-4)
    np.testing.assert_allclose(shared["scores"], alone["scores"], rtol=1e-3)


@pytest.mark.skipif(backend.name() != "jax", reason="only JAX trains one network on two machines")
@pytest.mark.parametrize("cpus", [1, 2], ids=["of one device", "of two devices"])
def test_two_machines_learn_what_one_does(train_apart, train_together, cpus):
    told = {"epochs": 3, "images": 65, "unknown": 0.4, "batch_norm": True}
    alone = train_apart("alone", cpus=2 * cpus, devices="all", **told)

    for shared in train_together(cpus=cpus, **told):
        assert len(shared["facts"]["devices"]) == 2 * cpus
        np.testing.assert_allclose(curve(shared), curve(alone), rtol=1e-4)
        np.testing.assert_allclose(shared["scores"], alone["scores"], rtol=1e-3)


@pytest.mark.skipif(backend.name() != "jax", reason="only JAX trains one network on two machines")
def test_machines_share_all_their_devices_or_none(monkeypatch):
    monkeypatch.setattr(sharing, "_join", lambda: None)
    monkeypatch.setattr(sharing, "_processes", lambda: (0, 2))
    with pytest.raises(InputError, match=r"devices = 2: 2 machines .* 'all'"):
        sharing.shared_by(2)


def test_a_training_on_two_devices_goes_on_where_it_was_killed(train_apart):
    whole = train_apart("whole", **SHARED)

    assert train_apart("killed", dies=9, **SHARED) == -signal.SIGKILL
    resumed = train_apart("killed", **SHARED)

    np.testing.assert_allclose(curve(resumed), curve(whole), rtol=1e-4)
