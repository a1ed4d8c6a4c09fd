import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.row import COLUMNS, ESTIMATED, metrics_table
from benchmark.settings import Evaluation
from features.findings import FINDINGS


@pytest.fixture
def study():
    """Truth, scores and parts of 300 images; Hernia has no positive in test."""
    random = np.random.default_rng(0)
    images = pd.Index([f"{k:08d}_000.png" for k in range(300)], name="image")
    part = pd.Series(np.repeat(["train", "valid", "test"], [200, 40, 60]), images)
    truth = pd.DataFrame((random.random((300, 14)) < 0.4).astype(float), images, list(FINDINGS))
    scores = (0.3 * truth + 0.7 * random.random((300, 14))).clip(0, 1)
    truth.loc[part == "test", "Hernia"] = 0
    return truth, scores, part


def evaluate(truth, scores, part, **settings):
    patients = [f"p{k // 2}" for k in range(len(truth))]
    split = pd.DataFrame({"patient": patients, "part": part}, index=truth.index)
    judged = Evaluation(draws=200, **settings)
    return metrics_table(Evidence(truth, split, {"cnn6": scores}, judged))


def test_there_is_a_line_for_every_part_and_finding_and_both_means(study):
    table = evaluate(*study)
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 3 * (14 + 2)
    assert set(table["row"]) == {"cnn6"}


def test_figures_are_those_of_the_part_they_are_named_after(study):
    truth, scores, part = study
    table = evaluate(*study).set_index(["part", "finding"])
    for name in ("train", "valid", "test"):
        mask = part == name
        expected = roc_auc_score(truth.loc[mask, "Mass"], scores.loc[mask, "Mass"])
        assert table.loc[(name, "Mass"), "auc"] == pytest.approx(expected)


def test_the_threshold_is_chosen_on_valid_and_is_the_same_in_every_part(study):
    truth, scores, part = study
    table = evaluate(*study)
    assert len(set(table.query("finding == 'Mass'")["threshold"])) == 1
    changed = truth.copy()
    test = part == "test"
    changed.loc[test] = 1 - changed.loc[test]
    again = evaluate(changed, scores, part)
    assert again["threshold"].equals(table["threshold"])


def test_a_finding_absent_from_test_is_an_empty_cell_with_its_count(study):
    table = evaluate(*study).set_index(["part", "finding"])
    hernia = table.loc[("test", "Hernia")]
    assert hernia["positives"] == 0
    assert hernia[["auc", "ap", "precision", "recall", "f1"]].isna().all()
    assert not table.loc[("test", "macro"), ["auc", "f1"]].isna().any()
    assert "Hernia" in table.loc[("test", "macro"), "note"]


def test_scores_are_matched_by_image_and_not_by_place(study):
    truth, scores, part = study
    shuffled = scores.sample(frac=1, random_state=0)[list(reversed(FINDINGS))]
    expected = evaluate(truth, scores, part)
    assert evaluate(truth, shuffled, part).equals(expected)


def test_every_metric_on_test_lies_within_its_interval(study):
    test = evaluate(*study).query("part == 'test'").set_index("finding")
    for name in ESTIMATED:
        defined = test[test[name].notna()]
        assert len(defined) >= 15
        assert (defined[f"{name}_low"] <= defined[name]).all()
        assert (defined[name] <= defined[f"{name}_high"]).all()
        assert (defined[f"{name}_high"] - defined[f"{name}_low"] < 0.6).all()


def test_only_the_part_that_is_judged_has_intervals(study):
    table = evaluate(*study)
    bounds = [f"{name}{end}" for name in ESTIMATED for end in ("_low", "_high")]
    assert table.query("part != 'test'")[bounds].isna().all(axis=None)


def test_patients_with_a_finding_are_counted_once(study):
    truth, scores, part = study
    truth["Mass"] = 0.0
    truth.loc[part == "test", "Mass"] = [1.0] * 4 + [0.0] * 56
    table = evaluate(truth, scores, part).set_index(["part", "finding"])
    assert table.loc[("test", "Mass"), ["positives", "patients"]].tolist() == [4, 2]


def test_bca_and_percentile_bounds_differ_and_both_follow_the_level(study):
    wide = evaluate(*study).query("part == 'test' and finding == 'macro'").iloc[0]
    narrow = evaluate(*study, level=0.5).query("part == 'test' and finding == 'macro'").iloc[0]
    other = evaluate(*study, interval="bca").query("part == 'test' and finding == 'macro'").iloc[0]
    assert wide["auc_low"] < narrow["auc_low"] < wide["auc"] < narrow["auc_high"]
    assert other["auc_low"] != wide["auc_low"]
    assert other["auc_low"] == pytest.approx(wide["auc_low"], abs=0.02)
