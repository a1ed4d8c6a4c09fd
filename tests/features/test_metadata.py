"""Age, sex and view position as numbers."""

import numpy as np
import pandas as pd

from features.metadata import NAMES, encode


def test_each_column_says_one_thing():
    table = pd.DataFrame({"age": [60.0, 7.0], "sex": ["F", "M"], "view": ["PA", "AP"]})
    assert dict(zip(NAMES, encode(table)[0].tolist(), strict=True)) == {
        "age": np.float32(0.6),
        "age unknown": 0,
        "female": 1,
        "male": 0,
        "PA": 1,
        "AP": 0,
    }
    assert encode(table)[1].tolist() == [np.float32(0.07), 0, 0, 1, 0, 1]


def test_what_is_unknown_is_told_from_what_is_known():
    table = pd.DataFrame({"age": [np.nan, 50.0], "sex": ["", "F"], "view": ["", "PA"]})
    unknown, known = encode(table)
    assert np.isfinite(unknown).all() and unknown[0] == known[0]
    assert unknown[1:].tolist() == [1, 0, 0, 0, 0]
