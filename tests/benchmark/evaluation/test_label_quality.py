"""The same scores by other negatives and by other labels."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.label_quality import agreement, negatives_table, second_labels_table
from benchmark.settings import Evaluation
from features.findings import FINDINGS

IMAGES = 300


@pytest.fixture
def evidence():
    """An evaluation of which all is test; a row whose scores rise with every finding."""
    random = np.random.default_rng(3)
    images = pd.Index([f"{k:08d}.png" for k in range(IMAGES)], name="image")
    truth = pd.DataFrame((random.random((IMAGES, 14)) < 0.12) * 1.0, images, list(FINDINGS))
    ill = truth.sum(axis=1).to_numpy()[:, None]
    scores = {"all_or_nothing": 0.3 * truth + 0.2 * ill + random.random(truth.shape)}
    patients = [f"p{k // 2}" for k in range(IMAGES)]
    split = pd.DataFrame({"patient": patients, "part": "test"}, index=images)
    return Evidence(truth, split, scores, Evaluation(draws=100, labels="panel.csv"))


def with_second(evidence, second):
    return replace(evidence, second=second)


def lines_of(table, key, finding):
    return table[table["finding"] == finding].set_index(key)


def test_negatives_without_any_finding_are_an_easier_problem(evidence):
    mass = lines_of(negatives_table(evidence), "negatives", "Mass")
    truth, scores = evidence.truth, evidence.scores["all_or_nothing"]["Mass"]
    healthy = (truth == 0).all(axis=1)
    kept = healthy | (truth["Mass"] == 1)
    expected = [
        roc_auc_score(truth["Mass"], scores),
        roc_auc_score(truth["Mass"][kept], scores[kept]),
    ]
    assert list(mass["auc"]) == pytest.approx(expected)
    assert list(mass["n"]) == [IMAGES, kept.sum()]
    easier = mass.loc["no finding"]
    assert easier["lift"] == pytest.approx(expected[1] - expected[0])
    assert 0 < easier["lift_low"] < easier["lift"] < easier["lift_high"]
    assert np.isnan(mass.loc["all", "lift"])


def test_an_image_with_an_unknown_label_is_not_one_without_findings(evidence):
    before = lines_of(negatives_table(evidence), "negatives", "Mass").loc["no finding", "n"]
    healthy = evidence.truth.index[(evidence.truth == 0).all(axis=1)]
    unknown = evidence.truth.copy()
    unknown.loc[healthy[:5], "Edema"] = np.nan
    again = negatives_table(replace(evidence, truth=unknown))
    after = lines_of(again, "negatives", "Mass").loc["no finding", "n"]
    assert after == before - 5


def test_a_lifts_interval_is_that_of_paired_draws(evidence):
    line = lines_of(negatives_table(evidence), "negatives", "Edema").loc["no finding"]
    truth, scores = evidence.truth["Edema"].to_numpy(), evidence.scores["all_or_nothing"]["Edema"]
    kept = ((evidence.truth == 0).all(axis=1) | (truth == 1)).to_numpy()
    patients = pd.factorize(evidence.split["patient"], sort=True)[0]
    lifts = []
    for weights in evidence.weights.T:
        w = weights[patients]
        all_of_them = roc_auc_score(truth, scores, sample_weight=w)
        lifts.append(roc_auc_score(truth[kept], scores[kept], sample_weight=w[kept]) - all_of_them)
    assert [line["lift_low"], line["lift_high"]] == pytest.approx(
        np.quantile(lifts, [0.025, 0.975])
    )


def test_where_everybody_has_something_there_are_no_easier_negatives(evidence):
    evidence.truth["Infiltration"] = 1.0
    table = negatives_table(evidence)
    assert table.query("negatives == 'no finding'")["auc"].isna().all()
    mass = lines_of(table, "negatives", "Mass")
    assert mass.loc["no finding", "note"] == "no negative"
    assert mass.loc["all", "auc"] > 0.5


def test_both_macro_means_are_over_the_same_findings(evidence):
    evidence.truth["Hernia"] = 0.0
    table = negatives_table(evidence)
    for kind, macro in lines_of(table, "negatives", "macro").iterrows():
        own = table[(table["negatives"] == kind) & (table["finding"] != "macro")]
        assert macro["auc"] == pytest.approx(own["auc"].mean())
        assert macro["note"] == "mean over 13 of 14 findings"
    assert set(table.query("finding == 'Hernia'")["note"]) == {"no positive"}


def test_second_labels_are_judged_where_both_sets_label(evidence):
    second = evidence.truth[["Mass", "Edema"]].iloc[:200].copy()
    second.iloc[:20, 0] = 1 - second.iloc[:20, 0]
    second.iloc[20:30, 0] = np.nan
    evidence.truth.iloc[30:40, FINDINGS.index("Mass")] = np.nan
    table = second_labels_table(with_second(evidence, second))
    assert list(table["finding"].unique()) == ["Mass", "Edema", "macro"]
    mass = lines_of(table, "labels", "Mass")
    both = [*range(20), *range(40, 200)]
    scores = evidence.scores["all_or_nothing"]["Mass"].iloc[both]
    first, other = evidence.truth["Mass"].iloc[both], second["Mass"].iloc[both]
    assert list(mass["n"]) == [180, 180]
    assert mass.loc["first", "auc"] == pytest.approx(roc_auc_score(first, scores))
    assert mass.loc["panel.csv", "auc"] == pytest.approx(roc_auc_score(other, scores))
    assert mass.loc["panel.csv", "change"] == pytest.approx(
        mass.loc["panel.csv", "auc"] - mass.loc["first", "auc"]
    )
    assert mass.loc["panel.csv", "kappa"] == pytest.approx(cohen_kappa_score(first, other))
    assert mass.loc["panel.csv", ["first_only", "second_only"]].sum() == 20


def test_second_labels_that_are_the_same_change_nothing(evidence):
    table = second_labels_table(
        with_second(evidence, evidence.truth.sample(frac=1, random_state=0))
    )
    of_panel = table.query("labels == 'panel.csv'")
    assert (of_panel["change"].fillna(0) == 0).all()
    assert set(of_panel["kappa"].dropna()) == {1.0}
    macro = of_panel[of_panel["finding"] == "macro"].iloc[0]
    assert (macro["change_low"], macro["change_high"]) == (0, 0)


def test_without_second_labels_or_with_none_of_test_the_table_is_empty(evidence):
    assert second_labels_table(evidence).empty
    elsewhere = pd.DataFrame({"Mass": [1.0]}, index=["of_train.png"])
    assert second_labels_table(with_second(evidence, elsewhere)).empty
    none = Evidence(evidence.truth, evidence.split, {}, second=evidence.truth)
    assert second_labels_table(none).empty
    assert negatives_table(none).empty


def test_kappa_is_not_defined_where_all_is_called_the_same():
    same = agreement(np.zeros(4), np.zeros(4))
    assert (np.isnan(same["kappa"]), same["neither"]) == (True, 4)
    assert np.isnan(agreement(np.array([np.nan]), np.array([1.0]))["kappa"])
    assert agreement(np.array([1, 0, 1, 0.0]), np.array([0, 1, 0, 1.0]))["kappa"] == -1
