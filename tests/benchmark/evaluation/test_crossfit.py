import numpy as np
import pandas as pd
import pytest

from benchmark.evaluation.crossfit import draw_halves
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.halves import halves_table
from benchmark.evaluation.row import metrics_table
from benchmark.settings import Evaluation
from features.findings import FINDINGS
from features.radiographs import Radiographs

IMAGES = pd.Index([f"{k:08d}_000.png" for k in range(400)], name="image")
PATIENTS = [f"p{k // 2}" for k in range(400)]


@pytest.fixture
def study():
    """Truth and scores of 400 images of 200 patients, all of them test."""
    random = np.random.default_rng(0)
    shares = np.linspace(0.03, 0.4, 14)
    truth = pd.DataFrame((random.random((400, 14)) < shares).astype(float), IMAGES, list(FINDINGS))
    scores = (0.3 * truth + 0.7 * random.random((400, 14))).clip(0, 1)
    truth.iloc[::17, 3] = np.nan
    return truth, scores


def evidence(truth, scores, **settings):
    table = pd.DataFrame({"patient": PATIENTS, "part": "test"}, IMAGES)
    halves = draw_halves(Radiographs(table, truth.to_numpy(), FINDINGS), seed=0)
    settings = Evaluation(**({"draws": 100, "min_positives": 3} | settings))
    return Evidence(truth, table.assign(half=halves), {"net": scores}, settings)


def test_halves_part_patients_not_images_and_share_every_finding(study):
    truth, scores = study
    halves = evidence(truth, scores).halves
    assert pd.Series(halves).groupby(PATIENTS).nunique().max() == 1
    assert abs((halves == 1).sum() - 200) <= 2
    for finding in FINDINGS:
        first = truth[finding][halves == 1].sum()
        assert abs(first - truth[finding].sum() / 2) <= 0.15 * truth[finding].sum() + 1


def test_one_patient_has_no_halves(study):
    truth, _ = study
    table = pd.DataFrame({"patient": ["p"] * 400}, IMAGES)
    assert draw_halves(Radiographs(table, truth.to_numpy(), FINDINGS), seed=0) is None


def test_no_label_of_a_half_has_a_say_in_how_it_is_called(study):
    truth, scores = study
    before = evidence(truth, scores)
    changed = truth.copy()
    changed[before.halves == 1] = 1 - changed[before.halves == 1]
    table = before.split
    after = Evidence(changed, table, {"net": scores}, before.settings)
    first = before.halves == 1
    assert np.array_equal(before.cutoffs[:, first], after.cutoffs[:, first])
    assert not np.array_equal(before.cutoffs[:, ~first], after.cutoffs[:, ~first])


def test_the_other_halfs_threshold_has_the_highest_f1_there(study):
    from sklearn.metrics import f1_score

    truth, scores = study
    made = evidence(truth, scores)
    lines = halves_table(made).set_index(["finding", "half"])
    other = made.halves == 2
    labels, values = truth["Mass"][other], scores["Mass"][other]
    chosen = lines.loc[("Mass", 1), "threshold"]
    best = max(f1_score(labels, values >= cut) for cut in values)
    assert f1_score(labels, values >= chosen) == pytest.approx(best)
    assert lines.loc[("Mass", 1), ["n", "positives"]].tolist() == [other.sum(), labels.sum()]


def test_counts_intervals_and_halves_tell_the_same_story(study):
    truth, scores = study
    made = evidence(truth, scores)
    lines = halves_table(made).set_index(["finding", "half"])["threshold"]
    table = metrics_table(made).set_index("finding")
    for k, finding in enumerate(FINDINGS):
        cut = np.where(made.halves == 1, lines[finding, 1], lines[finding, 2])
        called, known = scores[finding] >= cut, truth[finding].notna()
        assert table.loc[finding, "tp"] == (called & (truth[finding] == 1)).sum()
        assert table.loc[finding, "fp"] == (called & (truth[finding] == 0)).sum()
        assert table.loc[finding, "n"] == known.sum()
        value = made.estimates["f1"].value[0, k]
        assert value == pytest.approx(table.loc[finding, "f1"])
        assert table.loc[finding, "f1_low"] <= value <= table.loc[finding, "f1_high"]
        assert table.loc[finding, "threshold"] == pytest.approx(lines[finding].mean())


def test_the_tables_say_that_thresholds_are_cross_fitted(study):
    table = metrics_table(evidence(*study)).set_index("finding")
    assert table.loc["Mass", "rule"] == "f1, cross-fitted"
    assert table.loc["Mass", "note"] == ""
    assert set(table["part"]) == {"test"}


def test_the_guard_holds_in_each_half_and_is_said(study):
    truth, scores = study
    table = metrics_table(evidence(truth, scores, min_positives=10)).set_index("finding")
    assert table.loc["Atelectasis", "rule"] == "prevalence, cross-fitted"
    assert "half 1 by prevalence" in table.loc["Atelectasis", "note"]


def test_a_half_without_a_known_label_has_no_threshold(study):
    truth, scores = study
    halves = evidence(truth, scores).halves
    truth.loc[halves == 1, "Mass"] = np.nan
    table = metrics_table(
        Evidence(truth, evidence(truth, scores).split.assign(half=halves), {"net": scores})
    ).set_index("finding")
    assert np.isnan(table.loc["Mass", "threshold"])
    assert table.loc["Mass", ["f1", "recall"]].isna().all()
    assert not np.isnan(table.loc["Mass", "auc"])
    assert not np.isnan(table.loc["Edema", "f1"])


def test_a_valid_part_chooses_although_there_are_halves(study):
    truth, scores = study
    split = evidence(truth, scores).split
    split["part"] = np.repeat(["valid", "test"], 200)
    made = Evidence(truth, split, {"net": scores})
    assert made.halves is None
    assert len(halves_table(made)) == 0
    assert "f1" in set(metrics_table(made)["rule"])


def test_without_rows_there_are_no_lines(study):
    truth, scores = study
    made = Evidence(truth, evidence(truth, scores).split, {})
    assert len(halves_table(made)) == len(metrics_table(made)) == 0
    assert made.cutoffs.shape == (0, 400, 14)


def test_train_is_not_called_by_thresholds_of_test(study):
    truth, scores = study
    split = evidence(truth, scores).split
    split["part"] = np.repeat(["train", "test"], 200)
    table = metrics_table(Evidence(truth, split, {"net": scores})).set_index(["part", "finding"])
    assert table.loc[("train", "Mass"), "rule"] == "none"
    assert np.isnan(table.loc[("train", "Mass"), "f1"])
    assert table.loc[("test", "Mass"), "rule"] != "none"
