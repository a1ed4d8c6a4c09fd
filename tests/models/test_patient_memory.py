"""The predictor that sees no pixel and remembers its patients."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmark.audits.inflation import shared
from benchmark.audits.leaky import leak
from benchmark.datasets.nih import read_nih
from benchmark.splits import make_split
from features.findings import FINDINGS
from features.radiographs import Radiographs
from models.base import Job
from models.patient_memory import PatientMemory
from models.registry import find


def radiographs(patients, labels, findings=("Edema", "Mass")) -> Radiographs:
    """Make radiographs that have no pixels: what asks for one fails."""
    images = pd.Index([f"{k}.png" for k in range(len(patients))], name="image")
    table = pd.DataFrame({"patient": patients}, images)
    return Radiographs(table, np.array(labels, np.float32), findings)


def fitted(train: Radiographs, folder) -> PatientMemory:
    return PatientMemory().fit(train, train, Job(folder))


TRAIN = radiographs(["a", "a", "b", "NA"], [[1, 0], [1, 0], [0, 0], [0, 1]])


def test_a_patient_is_given_the_share_of_his_labels_drawn_to_the_prevalence(tmp_path):
    scores = fitted(TRAIN, tmp_path).predict(radiographs(["b", "a"], np.zeros((2, 2))))
    np.testing.assert_allclose(scores, [[0.5 / 2, 0.25 / 2], [2.5 / 3, 0.25 / 3]])


def test_who_is_not_in_train_is_given_the_prevalence(tmp_path):
    asked = radiographs(["c"], [[1, 1]]).without_truth()
    np.testing.assert_allclose(fitted(TRAIN, tmp_path).predict(asked), [[0.5, 0.25]])


def test_unknown_labels_do_not_count(tmp_path):
    labels = [[1, np.nan], [np.nan, np.nan], [0, np.nan], [np.nan, 1]]
    model = fitted(radiographs(["a", "a", "b", "NA"], labels), tmp_path)
    scores = model.predict(radiographs(["a", "b", "NA"], np.zeros((3, 2))))
    np.testing.assert_allclose(scores, [[1.5 / 2, 1], [0.5 / 2, 1], [0.5, 1]])


def test_what_was_saved_answers_the_same(tmp_path):
    rng = np.random.default_rng(0)
    names = ["NA", "007", "7", "", *map(str, range(20, 50))]
    train = radiographs(rng.choice(names, 200), rng.random((200, 2)) < 0.3)
    asked = radiographs([*names, "new"], np.zeros((len(names) + 1, 2)))
    model = fitted(train, tmp_path)
    model.save(tmp_path)
    again = PatientMemory.load(tmp_path)
    np.testing.assert_allclose(again.predict(asked), model.predict(asked), rtol=1e-14)
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv", ".json", ".json"]


def test_it_is_a_floor_found_by_name_that_no_seed_changes():
    assert find("patient_memory") is PatientMemory
    assert PatientMemory.kind == "floor"
    assert not PatientMemory.seeded


@pytest.fixture(scope="module")
def full(nih) -> Radiographs:
    """The tables of all 112,120 radiographs."""
    return read_nih(nih, need_images=False)[0]


@pytest.mark.nih
def test_on_the_whole_of_nih_memory_alone_scores_what_a_leak_gives_away(full, tmp_path):
    means, pneumothorax, leaks = [], [], []
    for seed in range(5):
        split = leak(make_split(full, seed=seed))
        test = split.part == "test"
        model = fitted(full.take(~test), tmp_path)  # four fifths: train and valid
        scores = model.predict(full.take(test).without_truth())
        aucs = roc_auc_score(full.labels[test], scores, average=None)
        means.append(aucs.mean())
        pneumothorax.append(aucs[FINDINGS.index("Pneumothorax")])
        side = np.where(test, "test", "train")
        leaks.append(shared(pd.DataFrame({"patient": full.patients, "part": side})))
    assert np.mean(means) == pytest.approx(0.757, abs=0.005)
    assert np.mean(pneumothorax) == pytest.approx(0.87, abs=0.015)
    assert {round(100 * share) for share in leaks} <= {82, 83}


@pytest.mark.nih
def test_on_a_split_by_patient_there_is_nothing_to_remember(full, tmp_path):
    split = make_split(full)
    train, test = (full.take(split.part == part) for part in ("train", "test"))
    scores = fitted(train, tmp_path).predict(test.without_truth())
    assert (roc_auc_score(test.labels, scores, average=None) == 0.5).all()
