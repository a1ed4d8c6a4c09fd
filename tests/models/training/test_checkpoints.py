"""A training that is killed goes on, and ends as if nothing had happened."""

import signal
from pathlib import Path

import numpy as np
import pytest

TRAINING = {
    "deterministic": True,
    "epochs": 12,
    "patience": 4,
    "dropout": 0.3,
    "rotation": 10.0,
    "brightness": 0.1,
    "batch_norm": True,
    "learning_rate": 0.1,
}


def untimed(said):
    return [line | {"seconds": 0} for line in said["history"]]


@pytest.mark.parametrize(
    ("dies", "mixed"),
    [(10, False), (30, True)],
    ids=["in the third epoch", "in the eighth, in 16 bits"],
)
def test_killed_and_gone_on_is_the_same_as_never_killed(train_apart, dies, mixed):
    told = TRAINING | {"mixed_precision": mixed}
    whole = train_apart("whole", **told)

    assert train_apart("killed", dies=dies, **told) == -signal.SIGKILL
    resumed = train_apart("killed", **told)

    assert untimed(resumed) == untimed(whole)
    assert resumed["weights"] == whole["weights"]
    assert len({line["learning_rate"] for line in whole["history"]}) > 1  # patience was at work


def test_only_epochs_that_were_not_finished_are_trained_again(train_apart):
    assert train_apart("killed", dies=10, **TRAINING) == -signal.SIGKILL
    before = train_apart("killed", **TRAINING)
    again = train_apart("killed", **TRAINING)  # all finished, but for scoring

    for said in ("history", "weights", "scores"):
        assert again[said] == before[said]  # to the second: nothing was trained


def test_another_training_in_the_same_folder_begins_anew(train_apart):
    first = train_apart("job", epochs=2)
    other = train_apart("job", epochs=3, loss="focal")

    assert len(first["history"]) == 2
    assert len(other["history"]) == 3
    assert other["history"][0]["loss"] != first["history"][0]["loss"]


@pytest.mark.parametrize("deaths", [(6, 14), (9,)], ids=["in each", "where the second begins"])
def test_two_phases_go_on_in_the_one_that_was_cut(train_apart, deaths):
    phases = {"head_epochs": 2, "head_learning_rate": 0.05, "epochs": 3, "deterministic": True}
    whole = train_apart("whole", **phases)

    for dies in deaths:
        assert train_apart("killed", dies=dies, **phases) == -signal.SIGKILL
    resumed = train_apart("killed", **phases)

    rates = [line["learning_rate"] for line in whole["history"]]
    assert np.allclose(rates, [0.05, 0.05, 0.01, 0.01, 0.01])
    assert untimed(resumed) == untimed(whole)
    assert resumed["weights"] == whole["weights"]


def cut_short(file):
    file.write_bytes(file.read_bytes()[:2000])  # as a power cut may leave it


def test_without_a_whole_state_it_begins_anew(train_apart, tmp_path):
    told = {"epochs": 2, "deterministic": True}
    whole = train_apart(**told)
    for file in (tmp_path / "job").glob("epoch-*"):
        cut_short(file)

    again = train_apart(**told)

    assert untimed(again) == untimed(whole)
    assert again["history"][0] != whole["history"][0]  # other seconds: it was trained


@pytest.mark.parametrize(
    ("lost", "lose"),
    [("best", cut_short), ("best", Path.unlink), ("last", cut_short)],
    ids=["the best is cut short", "the best is gone", "the last is cut short"],
)
def test_a_state_that_is_lost_costs_its_own_epochs_alone(train_apart, tmp_path, lost, lose):
    whole = train_apart(**TRAINING)
    best, last = sorted((tmp_path / "job").glob("epoch-*"))
    lose(best if lost == "best" else last)

    again = train_apart(**TRAINING)

    kept = 0 if lost == "best" else int(best.stem[-4:])
    assert untimed(again) == untimed(whole)
    assert again["weights"] == whole["weights"]
    assert again["history"][:kept] == whole["history"][:kept]
    assert again["history"][kept] != whole["history"][kept]  # other seconds: it was trained


def test_no_more_than_two_states_are_kept(train_apart, tmp_path):
    train_apart("job", epochs=5)
    train_apart("job", epochs=3, loss="focal")  # another training: what it finds, it replaces

    assert 1 <= len(list((tmp_path / "job").iterdir())) <= 2
