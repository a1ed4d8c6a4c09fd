"""Inflation: what it is, how sure it is, and what it is without."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from benchmark.audits.inflation import COLUMNS, audit_table, inflation, shared
from benchmark.audits.leaky import leak
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import draw_patients
from benchmark.evaluation.row import metrics_table
from benchmark.settings import Evaluation
from benchmark.splits import make_split
from features.radiographs import Radiographs

FINDINGS = ("Edema", "Mass", "Hernia", "No Finding")
SETTINGS = Evaluation(draws=200)


@pytest.fixture(scope="module")
def pair() -> tuple[Evidence, Evidence]:
    """Two splits of 900 images of 150 patients, each of whom mostly has a finding or has not.

    `guess` draws lots; `memory` knows who has an image in train, and what his label is.
    """
    rng = np.random.default_rng(0)
    patients = np.repeat([f"p{k:03d}" for k in range(150)], 6)
    has = np.repeat(rng.random((150, 4)) < (0.3, 0.4, 0.2, 0.5), 6, axis=0)
    labels = np.where(rng.random(has.shape) < 0.1, ~has, has).astype(np.float32)
    images = pd.Index([f"{k:04d}.png" for k in range(900)], name="image")
    radiographs = Radiographs(pd.DataFrame({"patient": patients}, images), labels, FINDINGS)
    split = make_split(radiographs)
    guess = rng.random(labels.shape)
    return tuple(evidence(radiographs, it, guess) for it in (split, leak(split)))


def evidence(radiographs, split, guess) -> Evidence:
    index, columns = radiographs.table.index, list(FINDINGS)
    truth = pd.DataFrame(radiographs.labels.astype(float), index, columns)
    known = truth[split.part == "train"].groupby(radiographs.patients[split.part == "train"])
    memory = known.mean().reindex(radiographs.patients).fillna(0.5).set_axis(index)
    table = pd.DataFrame({"patient": split.patients, "part": split.part}, index)
    scores = {"guess": pd.DataFrame(guess, index, columns), "memory": memory}
    return Evidence(truth, table, scores, SETTINGS)


def tabled(one: Evidence, other: Evidence) -> pd.DataFrame:
    metrics = {"patient": metrics_table(one), "image": metrics_table(other)}
    return audit_table(one, other, metrics)


@pytest.fixture(scope="module")
def table(pair) -> pd.DataFrame:
    return tabled(*pair).set_index(["row", "finding"])


def test_each_figure_is_that_of_its_own_test_part(pair, table):
    for name, it in zip(("patient", "image"), pair, strict=True):
        for part, column in (("test", f"auc_{name}"), ("train", f"train_auc_{name}")):
            images = it.split.index[it.split["part"] == part]
            for row in ("guess", "memory"):
                truth, scores = it.truth.loc[images, "Mass"], it.scores[row].loc[images, "Mass"]
                assert table.loc[(row, "Mass"), column] == pytest.approx(
                    roc_auc_score(truth, scores)
                )


def test_inflation_is_by_image_less_by_patient_and_lies_in_its_interval(table):
    made = table["auc_image"] - table["auc_patient"]
    np.testing.assert_allclose(table["inflation"], made, atol=1e-12)
    assert table["inflation"].between(table["inflation_low"], table["inflation_high"]).all()


def test_memory_is_worth_nothing_by_patient_and_much_by_image(table):
    line = table.loc[("memory", "macro")]
    assert line["auc_patient"] == 0.5
    assert line["inflation_low"] > 0.2
    assert table.loc[("guess", "macro"), "inflation_low"] < 0
    assert table.loc[("guess", "macro"), "inflation_high"] > 0


def test_the_share_of_test_images_whose_patient_is_in_train(table):
    assert (table["shared_patient"] == 0).all()
    assert (table["shared_image"] > 0.9).all()
    parts = ["train", "test", "test", "valid", "test"]
    assert shared(pd.DataFrame({"patient": list("aabbc"), "part": parts})) == pytest.approx(1 / 3)


def test_a_draw_weighs_a_patient_the_same_in_both_parts(pair):
    drawn = inflation(*pair)["inflation"].draws[1, 1]  # memory, Mass
    tested = [it.split[it.split["part"] == "test"] for it in pair]
    names = sorted(set(tested[0]["patient"]) | set(tested[1]["patient"]))
    weights = pd.DataFrame(draw_patients(len(names), draws=200, seed=0), names)
    for draw in range(20):
        aucs = [
            roc_auc_score(
                it.truth.loc[part.index, "Mass"],
                it.scores["memory"].loc[part.index, "Mass"],
                sample_weight=weights.loc[part["patient"], draw],
            )
            for it, part in zip(pair, tested, strict=True)
        ]
        assert drawn[draw] == pytest.approx(aucs[1] - aucs[0], abs=1e-9)


def test_a_split_held_against_itself_has_no_inflation_and_no_doubt(pair):
    table = tabled(pair[1], pair[1])
    bounds = table[["inflation", "inflation_low", "inflation_high"]].to_numpy()
    np.testing.assert_allclose(bounds, 0, atol=1e-12)


def test_the_macro_mean_is_over_the_findings_that_both_parts_can_score(pair):
    one, other = pair
    truth = other.truth.copy()
    truth.loc[other.split["part"] == "test", "Hernia"] = 0
    table = tabled(one, replace(other, truth=truth)).set_index(["row", "finding"])
    hernia, macro = table.loc[("memory", "Hernia")], table.loc[("memory", "macro")]
    assert np.isnan(hernia["inflation"])
    assert hernia["note"] == "no AUC on one of the two test parts"
    assert macro["note"] == "without Hernia"
    both = table.loc[[("memory", "Edema"), ("memory", "Mass")]]
    for name in ("auc_patient", "auc_image", "inflation"):
        assert macro[name] == pytest.approx(both[name].mean())
    assert macro["inflation_low"] <= macro["inflation"] <= macro["inflation_high"]


def test_no_finding_counts_in_no_mean(table):
    of_row = table.loc["memory"]
    mean = of_row.loc[["Edema", "Mass", "Hernia"], "inflation"].mean()
    assert of_row.loc["macro", "inflation"] == pytest.approx(mean)


def test_only_rows_finished_on_both_splits_have_lines(pair):
    one, other = pair
    alone = replace(other, scores={"memory": other.scores["memory"], "late": one.scores["guess"]})
    assert set(tabled(one, alone)["row"]) == {"memory"}
    none = tabled(replace(one, scores={}), other)
    assert (len(none), tuple(none.columns)) == (0, COLUMNS)


def test_unknown_labels_are_left_out_of_both(pair):
    rng = np.random.default_rng(1)
    hidden = [replace(it, truth=it.truth.mask(rng.random(it.truth.shape) < 0.1)) for it in pair]
    table = tabled(*hidden)
    assert table["inflation"].notna().all()
    assert (table["note"] == "").all()
