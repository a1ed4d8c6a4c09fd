"""Differences between rows on *test*: how sure they are, and how small is small enough."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.evidence import Evidence, axis_names
from benchmark.evaluation.intervals import interval
from benchmark.evaluation.metrics import RANKING
from benchmark.evaluation.part import Part
from benchmark.settings import Evaluation
from features.findings import FINDINGS

#: The chance with which a difference as large as the minimum detectable one is found.
POWER = 0.8

#: Differences below this are those of rounding: the rows rank alike.
_NOTHING = 1e-12

COLUMNS = (
    *("row", "other", "metric", "finding", "difference", "low", "high", "se", "p", "p_holm"),
    *("mdd", "within_margin", "verdict"),
)

#: Of each column of the table of wins, the verdict that it counts.
_COUNTED = {"win": "better", "loss": "worse", "equivalent": "equivalent", "undecided": "undecided"}


def comparison_table(evidence: Evidence) -> pd.DataFrame:
    """Compare every pair of rows on *test*, in AUC and average precision.

    Parameters
    ----------
    evidence : Evidence
        Labels, parts and scores.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: a line a metric, pair and finding, and for macro and micro. What is
        said is of `row` minus `other`; see `compare`. Every pair stands once.
    """
    first, second = np.triu_indices(len(evidence.rows), 1)
    if not len(first):
        return pd.DataFrame(columns=list(COLUMNS))
    names, axis = np.array(evidence.rows, object), axis_names(evidence.findings)
    families = families_of(evidence.test.fourteen, len(axis))
    patients = patients_of(evidence.test)
    tables = []
    for metric in RANKING:
        estimates = evidence.estimates[metric]
        differences = estimates[first] - estimates[second]
        columns = compare(differences, patients, families=families, settings=evidence.settings)
        places = {
            "row": names[first].repeat(len(axis)),
            "other": names[second].repeat(len(axis)),
            "metric": metric,
            "finding": list(axis) * len(first),
        }
        values = {name: array.ravel() for name, array in columns.items()}
        tables.append(pd.DataFrame(places | values, columns=list(COLUMNS)))
    return pd.concat(tables, ignore_index=True)


def families_of(fourteen: Sequence[int], count: int) -> list[list[int]]:
    """Return what is adjusted together: the 14 findings; then each of the others on its own."""
    others = [place for place in range(count) if place not in fourteen]
    return [list(fourteen), *([place] for place in others)]


def patients_of(part: Part) -> np.ndarray:
    """Return of how many patients each figure is: of the class that fewer have, or all."""
    rarer = np.minimum(part.carriers(), part.carriers(0))
    return np.array([*rarer, *[len(part.names)] * 2])


def compare(
    differences: Estimates,
    patients: np.ndarray,
    *,
    families: Sequence[Sequence[int]],
    settings: Evaluation,
) -> dict[str, np.ndarray]:
    r"""Say of differences how sure they are.

    With :math:`\alpha` = 1 − `settings.level`, d the difference, SE the standard deviation of its
    draws, and T Student's t of as many degrees of freedom as there are patients, less one: few
    patients tell little of their own spread, and the normal curve would take that for certainty.

    - `low`, `high`: the interval of `settings.level` from the differences' own draws, unadjusted.
    - `p` = :math:`2 T(-|d| / SE)`, two-sided. Not a share of draws: 1,000 of them cannot tell a p
      below .002 from nothing, and Holm's adjustment over 14 findings and the pairs of eight rows
      asks for less than .0002.
    - `p_holm`: `p`, adjusted by Holm over each family.
    - `mdd` = :math:`(t_{1 - \alpha/2} + t_{.8}) SE`: the difference that a test at :math:`\alpha`,
      unadjusted, finds with a power of 80 %.
    - `within_margin`: whether :math:`|d| + t_{1 - \alpha} SE` is below `settings.margin`: two
      one-sided tests at :math:`\alpha`, unadjusted. The margin is the same for AUC and for average
      precision.
    - `verdict`: ``better`` or ``worse`` where `p_holm` is at most :math:`\alpha`; else
      ``equivalent`` where it is within the margin; else ``undecided``: nothing has been shown, and
      that is not equality. A difference may be real and yet too small to matter: its verdict is
      then ``better`` or ``worse``, and `within_margin` says the rest.

    Rows that rank all images alike have a difference and an SE of 0: their p is 1, and they are
    equivalent. What has no draws is ``undecided``, has no p, and is in no family.

    Parameters
    ----------
    differences : Estimates
        Shape (pairs, places).
    patients : numpy.ndarray
        Shape (places,): how many patients each figure is of, those of the rarer class.
    families : sequence of sequence of int
        The places that are adjusted together, over all pairs; each place in one family.
    settings : Evaluation
        Its level, margin and kind of interval.

    Returns
    -------
    dict of str to numpy.ndarray
        Each of shape (pairs, places).

    References
    ----------
    Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. J. Stat. 6, 1979.
    Schuirmann, "A Comparison of the Two One-Sided Tests Procedure and the Power Approach for
    Assessing the Equivalence of Average Bioavailability", J. Pharmacokinet. Biopharm. 15, 1987.
    """
    alpha = 1 - settings.level
    value, se, freedom = differences.value, differences.standard_error, patients - 1
    low, high = interval(differences, level=settings.level, method=settings.interval)
    p = _two_sided(value, se, freedom)
    p_holm = np.full_like(p, np.nan)
    for family in families:
        p_holm[:, family] = holm(p[:, family])
    within = np.abs(value) + stdtrit(freedom, settings.level) * se < settings.margin
    found = p_holm <= alpha
    verdict = np.select(
        [found & (value > 0), found & (value < 0), within],
        ["better", "worse", "equivalent"],
        "undecided",
    )
    return {
        "difference": value,
        "low": low,
        "high": high,
        "se": se,
        "p": p,
        "p_holm": p_holm,
        "mdd": (stdtrit(freedom, 1 - alpha / 2) + stdtrit(freedom, POWER)) * se,
        "within_margin": within,
        "verdict": verdict,
    }


def _two_sided(value: np.ndarray, se: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * stdtr(freedom, -np.abs(value) / se)
    alike = (np.abs(value) < _NOTHING) & ~np.isnan(se)
    return np.where(alike, 1.0, p)


def holm(p: np.ndarray) -> np.ndarray:
    """Adjust p-values by Holm's method.

    Parameters
    ----------
    p : numpy.ndarray
        Of any shape; NaN is no test and counts for nothing.

    Returns
    -------
    numpy.ndarray
        Of the same shape, in [0, 1]; NaN where there was no test.
    """
    from statsmodels.stats.multitest import multipletests

    adjusted, tested = np.full(p.shape, np.nan), ~np.isnan(p)
    if tested.any():
        adjusted[tested] = multipletests(p[tested], method="holm")[1]
    return adjusted


def wins_table(evidence: Evidence) -> pd.DataFrame:
    """Count the verdicts of every pair of rows over the 14 findings.

    Parameters
    ----------
    evidence : Evidence
        Labels, parts and scores.

    Returns
    -------
    pandas.DataFrame
        Columns row, other, metric, win, loss, equivalent, undecided: on how many findings `row`
        is better than `other`, worse, equivalent, and on how many none of this has been shown.
    """
    table = comparison_table(evidence)
    judged = table[table["finding"].isin(FINDINGS)]
    pair = ["row", "other", "metric"]
    counted = {name: judged["verdict"] == verdict for name, verdict in _COUNTED.items()}
    return (
        judged[pair]
        .assign(**counted)
        .groupby(pair[::-1], sort=False)
        .sum()
        .reset_index()[[*pair, *_COUNTED]]
    )
