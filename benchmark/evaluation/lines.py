"""What the lines of several tables share: counts of images, and what a mean leaves out."""

import numpy as np
import pandas as pd

from benchmark.evaluation.part import Part
from features.findings import FINDINGS


def counted(part: Part) -> pd.DataFrame:
    """Count images of known label, positives, and patients who have a finding.

    Returns
    -------
    pandas.DataFrame
        Columns finding, n, positives, patients: a line for each finding, then one for ``macro``,
        whose positives are those of the 14 findings and whose patients have any of them.
    """
    own = part.fourteen
    n, positives = (~np.isnan(part.truth)).sum(axis=0), (part.truth == 1).sum(axis=0)
    anyone = (part.truth[:, own] == 1).any(axis=1)
    return pd.DataFrame(
        {
            "finding": [*part.findings, "macro"],
            "n": [*n, n[own].max(initial=0)],
            "positives": [*positives, positives[own].sum()],
            "patients": [*part.carriers(), len(np.unique(part.patients[anyone]))],
        }
    )


def left_out(table: pd.DataFrame, figure: str, said: str) -> str:
    """Say over which findings a mean is; empty where all of the 14 have the figure.

    Parameters
    ----------
    table : pandas.DataFrame
        Lines of findings, with the column `figure`.
    figure : str
        NaN where a finding is left out.
    said : str
        What the figure is called.
    """
    own = table[table["finding"].isin(FINDINGS)]
    absent = own.loc[own[figure].isna(), "finding"]
    if len(absent) == len(own):
        return f"no finding has the {said}"
    over = f"{said} over {len(own) - len(absent)} findings"
    return f"{over}, without {', '.join(absent)}" if len(absent) else ""
