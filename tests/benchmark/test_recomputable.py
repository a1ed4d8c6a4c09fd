"""Every figure of the leaderboard, from truth.csv, split.csv and scores.csv alone.

Nothing of ours computes here: pandas reads the files, scikit-learn scores. Thresholds are found
anew, by trying every score of *valid*.
"""

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from benchmark.console import Console
from benchmark.runner import run_experiment

MIN_POSITIVES = 6


@pytest.fixture
def folder(small, tmp_path):
    """A finished run of two rows, some findings too rare in valid for a threshold by F1."""
    changes = {"rows": ["corner", "prevalence"], "evaluation.min_positives": MIN_POSITIVES}
    small = small.replace(changes | {"evaluation.draws": 100, "split.valid": 0.15})
    assert not run_experiment(small, tmp_path / "run", console=Console(quiet=True)).failed
    return tmp_path / "run"


def read(path):
    return pd.read_csv(path, index_col="image", dtype={"image": str})


def threshold(labels, scores, prevalence):
    """Return the score with the highest F1, or the one that calls as many as train has."""
    if labels.sum() < MIN_POSITIVES or labels.all():
        called = max(round(prevalence * len(scores)), 1)
        return sorted(scores, reverse=True)[called - 1]
    found = {cut: sk.f1_score(labels, scores >= cut) for cut in sorted(set(scores), reverse=True)}
    return max(found, key=lambda cut: round(found[cut], 12))  # the first of equals: the highest


def recomputed(truth, split, scores):
    """Return the metrics of each finding on test, and of the means, as a table."""
    part = {name: split.index[split["part"] == name] for name in ("train", "valid", "test")}
    train, valid, test = (truth.loc[part[name]] for name in ("train", "valid", "test"))
    called = pd.DataFrame(index=test.index, columns=truth.columns, dtype=bool)
    lines = {}
    for finding in truth:
        chosen = scores.loc[valid.index, finding]
        cut = threshold(valid[finding], chosen, train[finding].mean())
        called[finding] = scores.loc[test.index, finding] >= cut
        lines[finding] = judge(test[finding], scores.loc[test.index, finding], called[finding])
    lines["macro"] = pd.DataFrame(lines).mean(axis=1).to_dict()
    flat = (table.to_numpy().ravel() for table in (test, scores.loc[test.index, truth.columns]))
    lines["micro"] = judge(*flat, called.to_numpy().ravel())
    return pd.DataFrame(lines).T


def judge(labels, scores, called):
    """Score one problem with scikit-learn; where nothing is called there is no precision."""
    return {
        "auc": sk.roc_auc_score(labels, scores),
        "ap": sk.average_precision_score(labels, scores),
        "precision": sk.precision_score(labels, called, zero_division=np.nan),
        "recall": sk.recall_score(labels, called),
        "f1": sk.f1_score(labels, called),
        "accuracy": sk.accuracy_score(labels, called),
    }


def test_the_leaderboard_is_what_scikit_learn_makes_of_the_files(folder):
    truth, split = read(folder / "truth.csv"), read(folder / "split.csv")
    table = pd.read_csv(folder / "evaluation" / "metrics.csv")
    assert {"f1", "prevalence"} <= set(table["rule"])
    for row in ("corner", "prevalence"):
        scores = read(folder / "models" / row / "scores.csv")
        expected = recomputed(truth, split, scores)
        ours = table.query("row == @row and part == 'test'").set_index("finding")
        assert list(ours.index) == list(expected.index)
        for name in expected:
            assert ours[name].to_numpy(float) == pytest.approx(expected[name], nan_ok=True), name
    check_wide_tables(folder, table.query("part == 'test'"))


def check_wide_tables(folder, table):
    """Hold auc.csv, precision.csv and recall.csv to the same figures."""
    for name in ("auc", "precision", "recall"):
        wide = pd.read_csv(folder / "evaluation" / f"{name}.csv", index_col="finding")
        for row, own in table.groupby("row"):
            expected = own.set_index("finding")[name]
            assert wide[row].to_numpy() == pytest.approx(
                expected[wide.index], abs=5e-5, nan_ok=True
            )
