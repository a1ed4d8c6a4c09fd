from dataclasses import replace

import numpy as np
import pandas as pd

from benchmark.duplicates import COLUMNS


def test_cxr002_speaks_of_findings_that_few_patients_of_test_have(with_labels, remarks):
    rare = with_labels("test", "Pleural_Thickening", np.arange(400) < 14)
    assert remarks("CXR002", rare) == [
        " | Pleural_Thickening | patients of test with the finding: Pleural thickening (7)"
    ]


def test_cxr002_counts_patients_and_not_their_radiographs(study, with_labels, remarks):
    assert remarks("CXR002", with_labels("test", "Mass", np.arange(400) < 20)) == []
    again = study.split.assign(patient="one")
    assert len(remarks("CXR002", replace(study, split=again))[0].split("(1)")) == 15


def test_cxr007_speaks_of_a_finding_that_is_much_more_frequent_in_test(with_labels, remarks):
    (said,) = remarks("CXR007", with_labels("test", "Mass", np.arange(400) < 300))
    assert said.startswith(" | Mass | times as frequent as in train: Mass (1.9")


def test_cxr007_allows_for_what_chance_does_to_few_patients(study, remarks):
    random = np.random.default_rng(1)
    rare = random.random((len(study.truth) // 2, 14)) < 0.08
    truth = pd.DataFrame(np.repeat(rare, 2, axis=0) * 1.0, study.truth.index, study.truth.columns)
    prevalence = truth.groupby(study.split["part"]).mean()
    assert (prevalence.loc["test"] / prevalence.loc["train"]).max() > 1.5
    assert remarks("CXR007", replace(study, truth=truth)) == []


def pairs(*exact):
    lines = [
        (f"a{k}.png", f"b{k}.png", "train", "test", False, 2, 0.999, it)
        for k, it in enumerate(exact)
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS))


def test_cxr008_speaks_of_radiographs_that_lie_in_two_parts(study, remarks):
    (said,) = remarks("CXR008", replace(study, duplicates=pairs(True, False)))
    assert "2 pairs (a0.png and b0.png, a1.png and b1.png)" in said
    assert "1 of them equal in every pixel" in said


def test_cxr008_is_not_judged_where_nothing_was_compared(study, reasons):
    assert len(reasons("CXR008", replace(study, duplicates=None))) == 1


def test_cxr011_speaks_of_patients_who_were_torn_apart(study, remarks):
    parts = np.where(np.arange(len(study.split)) == 1, "test", study.split["part"])
    (said,) = remarks("CXR011", replace(study, split=study.split.assign(part=parts)))
    assert said == " |  | 1 patient (0) of 560 have radiographs in several parts"


def test_cxr012_speaks_of_a_finding_that_train_lacks(with_labels, remarks):
    assert remarks("CXR012", with_labels("train", "Hernia", 0)) == [
        " | Hernia | no positive in train: Hernia"
    ]


def test_cxr016_speaks_of_a_finding_that_one_patient_brings(study, with_labels, remarks):
    places = np.arange(400)
    often = with_labels("test", "Mass", (places < 10) | (places % 20 == 0))
    split = study.split.copy()
    split.loc[split.index[-400:-390], "patient"] = "often"
    (said,) = remarks("CXR016", replace(often, split=split))
    assert said == " | Mass | share of one patient in the radiographs of test: Mass (34% of 29)"


def test_cxr017_speaks_of_a_test_part_of_few_patients(study, remarks):
    part = np.where(np.arange(len(study.split)) < 980, "train", study.split["part"])
    assert remarks("CXR017", replace(study, split=study.split.assign(part=part))) == [
        " |  | 70 patients in test, 140 radiographs"
    ]


def test_cxr018_speaks_of_findings_with_many_unknown_labels(with_labels, remarks):
    unknown = with_labels("test", "Mass", [np.nan] * 100 + [0, 0, 1] * 100)
    assert remarks("CXR018", unknown) == [" | Mass | labels of test that are unknown: Mass (25%)"]
    assert remarks("CXR018", with_labels("test", "Mass", [np.nan] * 4 + [1] * 396)) == []
