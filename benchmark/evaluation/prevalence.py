"""How common each finding is in each part, and how much more common in *test*."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from benchmark.evaluation.estimates import Estimates, ratio
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.part import Part

#: The columns of evaluation/prevalence.csv.
COLUMNS = ("finding", "train", "valid", "test", "ratio", "ratio_low", "ratio_high")


def prevalence_table(evidence: Evidence) -> pd.DataFrame:
    r"""Compare each finding's prevalence in the three parts.

    The interval of the ratio of *test* to *train* is Wald's on the logarithmic scale. Patients
    are what varies, in both parts:

    .. math:: \ln r \pm z \sqrt{\sum_i (u_i / p)^2 + \sum_j (v_j / q)^2}

    with :math:`p, q` the two prevalences and :math:`u_i, v_j` the influences of their patients.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; no bounds where fewer than two patients of a part have the finding.

    References
    ----------
    Katz et al., "Obtaining Confidence Intervals for the Risk Ratio in Cohort Studies", Biometrics
    34, 1978.
    """
    train, test = prevalences(evidence.train), prevalences(evidence.test)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios = np.where(train.value > 0, test.value / train.value, np.nan)
        variance = _relative_variance(train) + _relative_variance(test)
        wide = np.exp(ndtri((1 + evidence.settings.level) / 2) * np.sqrt(variance))
    few = np.minimum(evidence.train.carriers(), evidence.test.carriers()) < 2
    wide = np.where(few, np.nan, wide)
    return pd.DataFrame(
        {
            "finding": evidence.findings,
            "train": train.value,
            "valid": prevalences(evidence.valid).value,
            "test": test.value,
            "ratio": ratios,
            "ratio_low": ratios / wide,
            "ratio_high": ratios * wide,
        },
        columns=list(COLUMNS),
    )


def _relative_variance(share: Estimates) -> np.ndarray:
    """Return the variance of a share's logarithm, from the influences of patients."""
    return ((share.influence / share.value[:, None]) ** 2).sum(axis=-1)


def prevalences(part: Part) -> Estimates:
    """Estimate the share of images with each finding: shape (findings,), without draws."""
    known = by_patient(part, ~np.isnan(part.truth))
    return ratio(by_patient(part, part.truth == 1), known, np.empty((len(part.names), 0)))


def by_patient(part: Part, values: np.ndarray) -> np.ndarray:
    """Sum over the images of each patient.

    Parameters
    ----------
    part : Part
        Whose images they are.
    values : numpy.ndarray
        Shape (n, columns): NaN adds nothing.

    Returns
    -------
    numpy.ndarray
        Shape (patients, columns).
    """
    sums = np.zeros((len(part.names), values.shape[1]))
    np.add.at(sums, part.patients, np.nan_to_num(values))
    return sums
