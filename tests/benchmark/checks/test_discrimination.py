from dataclasses import replace

import numpy as np
import pytest

from benchmark.checks.discrimination import best_published
from features.findings import FINDINGS


def informed(study, part, *, share=0.6):
    """The scores of a row that has seen the labels of a part."""
    weight = share * (study.split["part"] == part).to_numpy()[:, None]
    return (1 - weight) * study.scores["strong"] + weight * study.truth


def test_cxr001_speaks_of_a_model_that_is_not_above_the_best_floor(study, with_scores, remarks):
    weak = with_scores("strong", study.scores["floor"] ** 2)
    said = remarks("CXR001", weak)
    assert len(said) == 1
    assert said[0].startswith("strong |  | macro AUC 0.6")
    assert "not shown to be above the floor floor" in said[0]
    assert "difference +0.000" in said[0]


def test_cxr001_holds_models_against_the_best_of_several_floors(study, remarks):
    about = {**study.about, "other": {"kind": "floor"}}
    said = remarks("CXR001", replace(study, about=about, scores={**study.scores}))
    assert len(said) <= 1
    assert all("the floor other" in line for line in said)


def test_cxr001_needs_a_floor(study, reasons):
    about = {key: {"kind": "deep"} for key in study.rows}
    assert reasons("CXR001", replace(study, about=about)) == [
        "it takes a floor and a model among the finished rows"
    ]


def test_cxr001_needs_figures_with_an_interval(study, remarks, reasons):
    nobody = replace(study, truth=study.truth.where(study.split["part"] != "test", 0))
    assert remarks("CXR001", nobody) == []
    assert reasons("CXR001", nobody) == [
        "no finding of test tells rows apart: their macro AUCs have no interval"
    ]


@pytest.mark.parametrize("code", ["CXR003", "CXR004"])
def test_aucs_of_few_patients_are_not_judged(study, reasons, code):
    hardly = replace(study, truth=study.truth.where(study.split["part"] != "test", 0))
    assert reasons(code, hardly) == ["it takes a finding of 10 patients of test"]


def test_cxr003_speaks_of_scores_that_are_turned_round(study, with_scores, remarks):
    mass = 1 - study.scores["strong"]["Mass"]
    said = remarks("CXR003", with_scores("strong", Mass=mass))
    assert len(said) == 1
    assert said[0].startswith("strong | Mass | AUC surely below 0.5 for Mass (0.2")


def test_cxr003_speaks_of_the_mean_where_all_are_turned_round(study, with_scores, remarks):
    (said,) = remarks("CXR003", with_scores("strong", 1 - study.scores["strong"]))
    assert "Macro (0.2" in said


def test_cxr003_leaves_findings_of_few_patients_alone(study, with_labels, remarks):
    rare = with_labels("test", "Mass", np.arange(400) < 8)
    scores = {**study.scores, "strong": study.scores["strong"].assign(Mass=-rare.truth["Mass"])}
    assert remarks("CXR003", replace(rare, scores=scores)) == []


def test_cxr004_speaks_of_what_is_surely_above_the_literature(study, with_scores, remarks):
    said = remarks("CXR004", with_scores("strong", informed(study, "test")))
    assert len(said) == 1
    assert said[0].startswith("strong | Atelectasis+")
    assert "Infiltration (1.000 against 0.7" in said[0]
    assert "Macro (1.000 against 0.841)" in said[0]


def test_cxr004_has_nothing_to_hold_the_phantom_against(study, reasons):
    assert len(reasons("CXR004", replace(study, source="phantom"))) == 1


def test_on_the_official_split_the_best_published_are_those_measured_there():
    official, of_all = best_published("official"), best_published("patient")
    assert official["macro"] < of_all["macro"]
    assert all(official[finding] <= of_all[finding] for finding in FINDINGS)
    assert of_all["Mass"] == pytest.approx(0.8676)


def test_cxr005_speaks_of_a_row_that_was_fitted_to_valid(study, with_scores, remarks):
    said = remarks("CXR005", with_scores("strong", informed(study, "valid")))
    assert len(said) == 1
    assert said[0].startswith("strong |  | mean AUC over 14 findings 1.000 on valid and 0.7")


def test_cxr005_needs_findings_that_are_frequent_enough_in_both(study, reasons):
    hardly = study.truth.where(study.split["part"] != "valid", 0)
    assert len(reasons("CXR005", replace(study, truth=hardly))) == 1


def test_cxr013_speaks_of_a_row_that_knows_train_by_heart(study, with_scores, remarks):
    by_heart = with_scores("strong", informed(study, "train"))
    assert "1.000 on train and 0.7" in remarks("CXR013", by_heart)[0]
    assert remarks("CXR005", by_heart) == []
