"""Age, sex and view position as numbers: what is known of a radiograph before it is looked at."""

import numpy as np
import pandas as pd

NAMES = ("age", "age unknown", "female", "male", "PA", "AP")

#: Stands in for an unknown age, in years; `age unknown` tells it from a known one.
TYPICAL_AGE = 50


def encode(table: pd.DataFrame) -> np.ndarray:
    """Encode age, sex and view position; an unknown sex or view is neither of the two.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns age (years, NaN unknown), sex and view of `Radiographs.table`.

    Returns
    -------
    numpy.ndarray
        Shape (n, 6), float32, finite: the columns `NAMES`; age in units of 100 years.
    """
    age, sex, view = table["age"], table["sex"], table["view"]
    columns = [
        age.fillna(TYPICAL_AGE) / 100,
        age.isna(),
        sex == "F",
        sex == "M",
        view == "PA",
        view == "AP",
    ]
    return np.column_stack([np.asarray(column, "float32") for column in columns])
