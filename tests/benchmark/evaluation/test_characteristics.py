"""Who is in the parts."""

import numpy as np
import pandas as pd

from benchmark.evaluation.characteristics import characteristics_table
from benchmark.evaluation.evidence import Evidence


def describe(split):
    return characteristics_table(Evidence(pd.DataFrame(index=split.index), split, {}))


def test_patients_are_counted_by_sex_and_images_by_view_age_and_visit():
    split = pd.DataFrame(
        {
            "patient": ["a", "a", "b", "c", "d"],
            "part": ["train", "train", "train", "train", "test"],
            "age": [20.0, 22, 50, np.nan, 70],
            "sex": ["", "F", "M", "", "M"],
            "view": ["PA", "AP", "PA", "", "AP"],
            "follow_up": [0, 1, 0, 0, 4],
        }
    )
    table = describe(split).set_index("part")
    train = table.loc["train"]
    assert list(table.index) == ["train", "test"]
    assert train[["images", "patients", "female", "male", "sex_unknown"]].tolist() == [
        4,
        3,
        1,
        1,
        1,
    ]
    assert train[["pa", "ap", "view_unknown", "first", "follow_up"]].tolist() == [2, 1, 1, 3, 1]
    assert (train["age_median"], train["age_unknown"]) == (22, 1)
    assert table["shared_patients"].tolist() == [0, 0]


def test_a_patient_in_two_parts_is_seen():
    split = pd.DataFrame({"patient": ["a", "a", "b"], "part": ["train", "test", "test"]})
    table = describe(split)
    assert table["shared_patients"].tolist() == [1, 1]
    assert table["sex_unknown"].tolist() == [1, 2]
    assert table["age_unknown"].tolist() == [1, 2]
    assert table["age_median"].isna().all()
