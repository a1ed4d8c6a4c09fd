"""Groups of test: who is in them, what their figures are, and what stands between them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.subgroups import COLUMNS, UNKNOWN, groups_of, subgroups_table
from benchmark.settings import Evaluation
from features.findings import FINDINGS

IMAGES = 360


def make(random, **columns):
    """An evaluation of which all is test, two images a patient; columns replace those drawn."""
    images = pd.Index([f"{k:08d}.png" for k in range(IMAGES)], name="image")
    truth = pd.DataFrame((random.random((IMAGES, 14)) < 0.3) * 1.0, images, list(FINDINGS))
    drawn = {
        "patient": [f"p{k // 2}" for k in range(IMAGES)],
        "part": "test",
        "age": random.integers(1, 99, IMAGES).astype(float),
        "sex": np.repeat(random.choice(["F", "M"], IMAGES // 2), 2),
        "view": random.choice(["PA", "AP"], IMAGES),
        "follow_up": np.tile([0, 1], IMAGES // 2),
    }
    scores = {
        "keen": 0.4 * truth + random.random(truth.shape),
        "dull": 0.1 * truth + random.random(truth.shape),
    }
    split = pd.DataFrame(drawn | columns, index=images)
    return Evidence(truth, split, scores, Evaluation(draws=100))


@pytest.fixture
def random():
    return np.random.default_rng(5)


@pytest.fixture(scope="module")
def evidence():
    return make(np.random.default_rng(5))


@pytest.fixture(scope="module")
def table(evidence):
    return subgroups_table(evidence)


def line_of(table, **wanted):
    chosen = table[np.logical_and.reduce([table[key] == it for key, it in wanted.items()])]
    assert len(chosen) == 1
    return chosen.iloc[0]


def auc(evidence, row, finding, chosen):
    return roc_auc_score(evidence.truth[finding][chosen], evidence.scores[row][finding][chosen])


def test_ages_fall_into_bands_and_what_is_not_known_into_a_group_of_its_own():
    table = pd.DataFrame(
        {
            "age": [0, 17.9, 18, 39, 40, 60, 79, 80, 100, np.nan],
            "sex": ["F", "M", "", "F", "M", "F", "M", "F", "M", np.nan],
            "follow_up": [0, 3, 0, 1, 2, 0, 0, 0, np.nan, 0],
        }
    )
    groups = groups_of(table)
    assert list(groups["age"]) == [
        *("under 18", "under 18", "18 to 39", "18 to 39", "40 to 59"),
        *("60 to 79", "60 to 79", "80 and over", "80 and over", UNKNOWN),
    ]
    assert list(groups["sex"]) == ["F", "M", UNKNOWN, "F", "M", "F", "M", "F", "M", UNKNOWN]
    assert list(groups["follow_up"][-2:]) == [UNKNOWN, "first"]


def test_a_group_that_all_images_are_in_is_no_group(random):
    evidence = make(random, view="PA", sex="")
    assert set(subgroups_table(evidence)["group"]) == {"age", "follow_up"}
    evidence = Evidence(evidence.truth, evidence.split[["patient", "part"]], evidence.scores)
    assert subgroups_table(evidence).empty


def test_figures_are_those_of_the_groups_images(evidence, table):
    assert list(table.columns) == list(COLUMNS)
    women = evidence.split["sex"] == "F"
    line = line_of(table, row="keen", finding="Mass", group="sex", value="F")
    assert line["auc"] == pytest.approx(auc(evidence, "keen", "Mass", women))
    assert line["auc_low"] < line["auc"] < line["auc_high"]
    assert line["n"] == women.sum()
    assert line["positives"] == evidence.truth["Mass"][women].sum()
    assert line["group_patients"] == evidence.split["patient"][women].nunique()
    assert (
        line["patients"]
        == evidence.split["patient"][women & (evidence.truth["Mass"] == 1)].nunique()
    )


def test_of_two_groups_each_is_held_against_the_other(evidence, table):
    views = evidence.split["view"]
    pa, ap = (
        line_of(table, row="keen", finding="Edema", group="view", value=value)
        for value in ("PA", "AP")
    )
    expected = auc(evidence, "keen", "Edema", views == "PA") - auc(
        evidence, "keen", "Edema", views == "AP"
    )
    assert (pa["other"], ap["other"]) == ("AP", "PA")
    assert pa["gap"] == pytest.approx(expected)
    assert [ap["gap"], ap["gap_low"], ap["gap_high"]] == pytest.approx(
        [-pa["gap"], -pa["gap_high"], -pa["gap_low"]]
    )


def test_a_gaps_interval_is_that_of_paired_draws_of_patients(evidence, table):
    line = line_of(table, row="keen", finding="Mass", group="view", value="PA")
    patients = pd.factorize(evidence.split["patient"], sort=True)[0]
    truth, scores = evidence.truth["Mass"].to_numpy(), evidence.scores["keen"]["Mass"].to_numpy()
    pa = (evidence.split["view"] == "PA").to_numpy()
    gaps = []
    for weights in evidence.weights.T:
        w = weights[patients]
        each = [roc_auc_score(truth[g], scores[g], sample_weight=w[g]) for g in (pa, ~pa)]
        gaps.append(each[0] - each[1])
    assert [line["gap_low"], line["gap_high"]] == pytest.approx(np.quantile(gaps, [0.025, 0.975]))


def test_of_more_groups_each_is_held_against_all_others_but_the_unknown(random):
    age = np.repeat([10.0, 30, 50, np.nan], IMAGES // 4)
    evidence = make(random, age=age)
    table = subgroups_table(evidence)
    line = line_of(table, row="dull", finding="Nodule", group="age", value="18 to 39")
    others = np.isin(age, [10.0, 50])
    expected = auc(evidence, "dull", "Nodule", age == 30) - auc(evidence, "dull", "Nodule", others)
    assert line["other"] == "all others"
    assert line["gap"] == pytest.approx(expected)
    unknown = line_of(table, row="dull", finding="Nodule", group="age", value=UNKNOWN)
    assert unknown["auc"] == pytest.approx(auc(evidence, "dull", "Nodule", np.isnan(age)))
    assert (unknown["other"], np.isnan(unknown["gap"])) == ("", True)


def test_a_finding_of_too_few_patients_has_no_figure_but_a_reason(random):
    evidence = make(random)
    women = evidence.split["sex"] == "F"
    carriers = evidence.split["patient"][women].unique()[:9]
    of_nine = evidence.split["patient"].isin(carriers)
    evidence.truth.loc[women, "Hernia"] = of_nine[women].astype(float)
    table = subgroups_table(evidence)
    few = line_of(table, row="keen", finding="Hernia", group="sex", value="F")
    others = line_of(table, row="keen", finding="Hernia", group="sex", value="M")
    macro = line_of(table, row="keen", finding="macro", group="sex", value="F")
    assert (few["positives"], few["patients"]) == (18, 9)
    assert np.isnan(few[["auc", "ap", "gap", "gap_low"]].astype(float)).all()
    assert "too small: 9 patients with the finding" in few["note"]
    assert others["auc"] > 0.5
    assert (np.isnan(others["gap"]), others["note"]) == (True, "no gap: too few in the other group")
    assert macro["note"] == "mean over 13 of 14 findings"
    assert (
        line_of(table, row="keen", finding="macro", group="sex", value="M")["note"] == "gap over 13"
    )


def test_the_macro_gap_is_the_mean_of_the_gaps(table):
    of_men = table.query("row == 'dull' and group == 'sex' and value == 'M'").set_index("finding")
    assert of_men.loc["macro", "gap"] == pytest.approx(of_men["gap"].drop("macro").mean())
    assert of_men.loc["macro", "auc"] == pytest.approx(of_men["auc"].drop("macro").mean())


def test_no_finding_is_a_line_of_its_own_and_in_no_mean(evidence, table):
    truth = evidence.truth.assign(**{"No Finding": 1 - evidence.truth["Mass"]})
    scores = {row: it.assign(**{"No Finding": 0.5}) for row, it in evidence.scores.items()}
    wide = Evidence(truth, evidence.split, scores, evidence.settings)
    before, after = table, subgroups_table(wide)
    key = {"row": "keen", "finding": "macro", "group": "view", "value": "PA"}
    assert line_of(after, **key)["auc"] == line_of(before, **key)["auc"]
    assert line_of(after, **key | {"finding": "No Finding"})["auc"] == 0.5


def test_rows_come_in_the_order_of_the_experiment(table):
    rows = table["row"]
    assert rows.is_monotonic_decreasing  # keen, dull
    assert list(rows.unique()) == ["keen", "dull"]


def test_without_rows_or_without_test_images_there_is_nothing_to_say(evidence):
    none = Evidence(evidence.truth, evidence.split, {}, evidence.settings)
    assert subgroups_table(none).empty
    elsewhere = Evidence(
        evidence.truth, evidence.split.assign(part="train"), evidence.scores, evidence.settings
    )
    assert subgroups_table(elsewhere).empty
