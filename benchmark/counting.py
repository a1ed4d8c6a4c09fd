"""How many radiographs and patients there are, and how many show each finding."""

from typing import Any

import pandas as pd


def count_labels(truth: pd.DataFrame, patients: pd.Series) -> dict[str, Any]:
    """Count what labels say.

    Parameters
    ----------
    truth : pandas.DataFrame
        Indexed by image, a column a finding: 1 present, 0 absent, NaN unknown.
    patients : pandas.Series
        Indexed by image: whose it is.

    Returns
    -------
    dict
        ``images``, ``patients``, and by finding ``positives`` and ``known`` (images whose label
        says either); JSON-able.
    """
    return {
        "images": len(truth),
        "patients": int(patients.loc[truth.index].nunique()),
        "positives": {finding: int((truth[finding] == 1).sum()) for finding in truth},
        "known": {finding: int(truth[finding].notna().sum()) for finding in truth},
    }
