"""The tables of calibration, all on *test*: figures, bins, decision curves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmark.evaluation.calibration import Bins, cox, recalibrate
from benchmark.evaluation.estimates import Estimates, ratio
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import interval, wilson
from benchmark.evaluation.lines import counted, left_out
from benchmark.evaluation.metrics import known
from benchmark.evaluation.net_benefit import GRID, net_benefit
from benchmark.evaluation.part import Part
from benchmark.evaluation.prevalence import by_patient, prevalences

#: The stage of scores that are as the row gave them; else it is the name of a calibrator.
AS_IS = "as is"

#: The columns of evaluation/calibration.csv; `patients` are those with the finding.
COLUMNS = (
    *("row", "stage", "finding", "n", "positives", "patients"),
    *("brier", "brier_low", "brier_high", "brier_reference", "skill", "skill_low", "skill_high"),
    *("ece", "intercept", "intercept_low", "intercept_high"),
    *("slope", "slope_low", "slope_high", "note"),
)
#: Those of evaluation/reliability.csv.
BIN_COLUMNS = (
    *("row", "stage", "finding", "bin", "n", "positives", "score", "observed"),
    *("observed_low", "observed_high"),
)
#: Those of evaluation/net_benefit.csv; calling nobody has a net benefit of 0.
CURVE_COLUMNS = (
    *("row", "stage", "finding", "threshold"),
    *("net_benefit", "net_benefit_low", "net_benefit_high", "everybody"),
)


@dataclass(frozen=True, eq=False)
class Staged:
    """The scores of one row on *test*, as they are or calibrated on *valid*.

    Parameters
    ----------
    row, stage : str
        Whose, and `AS_IS` or the name of a calibrator.
    scores : numpy.ndarray
        Shape (n, findings).
    notes : list of str
        Of each finding, why it is as it was; empty where it is not.
    """

    row: str
    stage: str
    scores: np.ndarray
    notes: list[str]

    def columns(self, test: Part) -> Iterator[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
        """Yield of each finding the beginning of its line, and what is known: labels, scores."""
        for k, finding in enumerate(test.findings):
            named = {"row": self.row, "stage": self.stage, "finding": finding}
            yield named, *known(test.truth[:, k], self.scores[:, k])


def staged(evidence: Evidence) -> Iterator[Staged]:
    """Yield the scores of each row as they are, then calibrated where that is asked for."""
    kind = evidence.settings.calibration
    for place, row in enumerate(evidence.rows):
        scores = evidence.test.scores[place]
        yield Staged(row, AS_IS, scores, [""] * len(evidence.findings))
        if kind != "none":
            yield _recalibrated(evidence, kind, place)


def _recalibrated(evidence: Evidence, kind: str, place: int) -> Staged:
    valid, given = evidence.valid, evidence.test.scores[place]
    made = [
        recalibrate(
            kind,
            *known(valid.truth[:, k], valid.scores[place][:, k]),
            given[:, k],
            min_positives=evidence.settings.min_positives,
        )
        for k in range(len(evidence.findings))
    ]
    scores = np.column_stack([column for column, _ in made]) if made else given
    return Staged(evidence.rows[place], kind, scores, [note for _, note in made])


def calibration_table(evidence: Evidence) -> pd.DataFrame:
    """Evaluate the calibration of every row and finding, and their means over the 14 findings.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: the Brier score with its interval, that of always saying the prevalence
        of *train* (``brier_reference``), the share by which the row betters it (``skill``), the
        expected calibration error, and `cox`'s intercept and slope.
    """
    tables = [_of(evidence, given) for given in staged(evidence)]
    made = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    return made.reindex(columns=list(COLUMNS))


def _of(evidence: Evidence, given: Staged) -> pd.DataFrame:
    test = evidence.test
    table = counted(test).join(_briers(evidence, given.scores)).join(_coxes(evidence, given))
    table["row"], table["stage"] = given.row, given.stage
    last = table.index[-1]
    for name in ("ece", "intercept", "slope"):
        table.loc[last, name] = table.loc[test.fourteen, name].mean()
    table.loc[last, "note"] = left_out(table[:-1], "slope", "slope")
    return table


def _coxes(evidence: Evidence, given: Staged) -> pd.DataFrame:
    """Return each finding's calibration error, intercept, slope and note."""
    test, settings = evidence.test, evidence.settings
    lines = []
    for k, (_, truth, scores) in enumerate(given.columns(test)):
        patients = test.patients[~np.isnan(test.truth[:, k])]
        line = cox(truth, scores, patients, level=settings.level)
        line["note"] = "; ".join(filter(None, (given.notes[k], line["note"])))
        lines.append({"ece": Bins.of(truth, scores, bins=settings.bins).error} | line)
    return pd.DataFrame(lines)


def _briers(evidence: Evidence, scores: np.ndarray) -> pd.DataFrame:
    """Return the Brier figures of each finding, then of their mean."""
    test, weights, settings = evidence.test, evidence.weights, evidence.settings
    usual = prevalences(evidence.train).value
    error, constant = (by_patient(test, (said - test.truth) ** 2) for said in (scores, usual))
    constant[:, np.isnan(usual)] = np.nan
    images = by_patient(test, ~np.isnan(test.truth))
    # Where always saying the prevalence is never wrong there is nothing to better.
    saved = np.where(constant.sum(axis=0) > 0, constant - error, np.nan)
    made = {
        "brier": ratio(error, images, weights),
        "brier_reference": ratio(constant, images, weights),
        "skill": ratio(saved, constant, weights),
    }
    table = pd.DataFrame()
    for name, each in made.items():
        findings = [each[k] for k in range(len(test.findings))]
        both = Estimates.stack([*findings, each[test.fourteen].mean()])
        low, high = interval(both, level=settings.level, method=settings.interval)
        table[name], table[f"{name}_low"], table[f"{name}_high"] = both.value, low, high
    return table


def reliability_table(evidence: Evidence) -> pd.DataFrame:
    """Put the images of *test* into bins by their score, for every row and finding.

    Returns
    -------
    pandas.DataFrame
        Columns `BIN_COLUMNS`: the mean score of each bin and the share that has the finding, with
        Wilson's interval, which assumes independent images.
    """
    made = [
        named | {"bin": place + 1, "n": count, "positives": int(positives), "score": score}
        for given in staged(evidence)
        for named, truth, scores in given.columns(evidence.test)
        for bins in [Bins.of(truth, scores, bins=evidence.settings.bins)]
        for place, (count, positives, score) in enumerate(
            zip(bins.count, bins.positives, bins.score, strict=True)
        )
    ]
    table = pd.DataFrame(made, columns=list(BIN_COLUMNS))
    table["observed"] = table["positives"] / table["n"]
    counts = table["positives"].to_numpy(), table["n"].to_numpy()
    low, high = wilson(*counts, level=evidence.settings.level)
    table["observed_low"], table["observed_high"] = low, high
    return table


def net_benefit_table(evidence: Evidence) -> pd.DataFrame:
    """Draw up the decision curves of every row and finding on *test*.

    Returns
    -------
    pandas.DataFrame
        Columns `CURVE_COLUMNS`; net benefits are rounded to a millionth of an image. Intervals are
        over patients.
    """
    tables = []
    for given in staged(evidence):
        for k, (named, truth, scores) in enumerate(given.columns(evidence.test)):
            own, everybody = net_benefit(truth, scores, GRID)
            low, high = _net_benefit_bounds(evidence, k, given.scores[:, k])
            bounds = {"net_benefit_low": low, "net_benefit_high": high}
            curve = {"threshold": GRID, "net_benefit": own, **bounds, "everybody": everybody}
            if len(truth):
                tables.append(pd.DataFrame(named | curve))
    made = pd.concat(tables, ignore_index=True).round(6) if tables else pd.DataFrame()
    return made.reindex(columns=list(CURVE_COLUMNS))


def _net_benefit_bounds(
    evidence: Evidence, k: int, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of a finding's decision curve, from what calling each image is worth."""
    test, settings, truth = evidence.test, evidence.settings, evidence.test.truth[:, k, None]
    worth = np.where(truth == 1, 1, -GRID / (1 - GRID)) * (scores[:, None] >= GRID)
    known = np.broadcast_to(~np.isnan(truth), worth.shape)
    sums, images = by_patient(test, np.where(known, worth, 0)), by_patient(test, known)
    made = ratio(sums, images, evidence.weights)
    return interval(made, level=settings.level, method=settings.interval)
