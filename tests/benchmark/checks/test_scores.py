from dataclasses import replace

import numpy as np


def test_cxr009_speaks_of_a_row_that_says_the_same_of_every_radiograph(with_scores, remarks):
    assert remarks("CXR009", with_scores("strong", Mass=0.3, Edema=0.1)) == [
        "strong | Mass+Edema | one score for all of test: Mass, Edema"
    ]


def test_cxr009_leaves_floors_alone_and_what_train_lacks(study, with_scores, remarks):
    assert remarks("CXR009", with_scores("floor", Mass=0.3)) == []
    unheard_of = study.truth.assign(
        Mass=study.truth["Mass"].where(study.split["part"] == "test", 0)
    )
    assert remarks("CXR009", replace(with_scores("strong", Mass=0.3), truth=unheard_of)) == []


def test_cxr010_speaks_of_a_row_that_alone_lacks_scores(study, with_scores, remarks):
    short = with_scores("strong", study.scores["strong"].iloc[:-3])
    assert remarks("CXR010", short) == ["strong |  | no score of 3 of 400 radiographs of test"]


def test_cxr010_is_silent_where_all_rows_lack_the_same(study, remarks):
    shorter = {row: table.iloc[:-3] for row, table in study.scores.items()}
    assert remarks("CXR010", replace(study, scores=shorter)) == []


def test_cxr014_speaks_of_thresholds_that_another_rule_has_chosen(with_labels, remarks):
    few = with_labels("valid", "Edema", np.arange(240) < 4)
    (said,) = remarks("CXR014", few)
    assert said.startswith(" | Edema | 1 of 14 findings: Edema; Edema, for one: 4 positives")


def test_cxr015_speaks_of_answers_in_the_place_of_scores(study, with_scores, remarks):
    answers = (study.scores["strong"]["Mass"] > 0.5).astype(float)
    assert remarks("CXR015", with_scores("strong", Mass=answers)) == [
        "strong | Mass | different scores on test: Mass (2)"
    ]
    rounded = study.scores["strong"]["Mass"].round(1)
    assert remarks("CXR015", with_scores("strong", Mass=rounded)) == []


def test_cxr019_speaks_of_one_model_under_two_names(study, with_scores, remarks):
    assert remarks("CXR019", with_scores("other", study.scores["strong"])) == [
        "strong+other |  | the same scores for every radiograph of test"
    ]
