"""Inflation: by how much a figure on an image-level split exceeds that on a split by patient."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.estimating import estimate_findings
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import draw_patients, interval
from benchmark.evaluation.part import Part
from features.findings import FINDINGS

#: What has an interval.
ESTIMATED = ("auc_patient", "auc_image", "inflation")

#: The columns of audit.csv, in order; `patients` are those of the test part with the finding.
COLUMNS = (
    *("row", "finding"),
    *(f"{name}{bound}" for name in ESTIMATED for bound in ("", "_low", "_high")),
    *("train_auc_patient", "train_auc_image", "patients_patient", "patients_image"),
    *("shared_patient", "shared_image", "note"),
)


def audit_table(
    patient: Evidence, image: Evidence, metrics: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Hold the AUCs of a split by patient against those of an image-level split.

    Parameters
    ----------
    patient, image : Evidence
        Of the same radiographs, parted in the one way and in the other.
    metrics : mapping of str to pandas.DataFrame
        The metrics table of either, under ``patient`` and ``image``.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`: a line for each row that is finished on both splits, and finding; then
        the macro mean, over the findings that both test parts can score. ``shared`` is the share
        of test images whose patient is in train.
    """
    rows = [row for row in patient.rows if row in image.rows]
    if not rows:
        return pd.DataFrame(columns=list(COLUMNS))
    made = inflation(patient, image, rows)
    findings = (*patient.findings, "macro")
    table = pd.DataFrame(
        {"row": np.repeat(rows, len(findings)), "finding": list(findings) * len(rows)}
    )
    for name, estimates in made.items():
        bounds = interval(estimates, level=patient.settings.level, method=patient.settings.interval)
        for bound, values in zip(("", "_low", "_high"), (estimates.value, *bounds), strict=True):
            table[f"{name}{bound}"] = values.ravel()
    for protocol, evidence in (("patient", patient), ("image", image)):
        of_train = _of_part(metrics[protocol], "train", table)
        table[f"train_auc_{protocol}"] = of_train["auc"].to_numpy()
        of_test = _of_part(metrics[protocol], "test", table)
        table[f"patients_{protocol}"] = of_test["patients"].to_numpy()
        table[f"shared_{protocol}"] = shared(evidence.split)
    table["note"] = _notes(table)
    return table[list(COLUMNS)]


def inflation(
    patient: Evidence, image: Evidence, rows: Sequence[str] | None = None
) -> dict[str, Estimates]:
    """Estimate the test AUCs on both splits and their difference, patients drawn once for both.

    The two test parts are different images, and most of their patients differ too; some have
    images in both. So the patients of either are drawn together, and in each draw a patient counts
    as often in the one part as in the other: the difference is a paired one as far as the parts
    share patients.

    Parameters
    ----------
    patient, image : Evidence
        See `audit_table`.
    rows : sequence of str, optional
        Those to estimate; all that `patient` has by default.

    Returns
    -------
    dict of str to Estimates
        By `ESTIMATED`, each of shape (rows, findings + 1): the findings, then their macro mean.
    """
    parts = _on_one_axis([patient.test, image.test], patient.rows if rows is None else rows)
    settings = patient.settings
    weights = draw_patients(len(parts[0].names), draws=settings.draws, seed=patient.seed)
    each = [estimate_findings(part, weights)[0] for part in parts]
    one, other = _with_macro(each, parts[0].fourteen)
    return dict(zip(ESTIMATED, (one, other, other - one), strict=True))


def _on_one_axis(parts: Sequence[Part], rows: Sequence[str]) -> list[Part]:
    """Count the patients of all parts together, so that one draw of them weighs each part."""
    names = np.unique(np.concatenate([part.names for part in parts]))
    return [
        replace(
            part,
            rows=tuple(rows),
            scores=part.scores[[part.rows.index(row) for row in rows]],
            patients=np.searchsorted(names, part.names)[part.patients],
            names=names,
        )
        for part in parts
    ]


def _with_macro(pair: Sequence[Estimates], fourteen: list[int]) -> list[Estimates]:
    """Put behind the findings their mean, over those that both have, draw by draw too."""
    no_value = np.any([np.isnan(one.value) for one in pair], axis=0)
    no_draw = np.any([np.isnan(one.draws) for one in pair], axis=0)
    made = []
    for one in pair:
        value, draws = np.where(no_value, np.nan, one.value), np.where(no_draw, np.nan, one.draws)
        mean = Estimates(value, draws, one.influence)[:, fourteen].mean()
        columns = [one[:, k] for k in range(value.shape[1])]
        made.append(Estimates.stack([*columns, mean], axis=1))
    return made


def _of_part(metrics: pd.DataFrame, part: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics of a part, a line for each of the table's."""
    of_part = metrics[metrics["part"] == part].set_index(["row", "finding"])
    return of_part.reindex(pd.MultiIndex.from_frame(table[["row", "finding"]]))


def _notes(table: pd.DataFrame) -> pd.Series:
    """Say why a finding has no inflation, and which findings a macro mean is without."""
    lacking = table["inflation"].isna()
    absent = table[lacking & table["finding"].isin(FINDINGS)].groupby("row")["finding"]
    without = {row: f"without {', '.join(findings)}" for row, findings in absent}
    left_out = table["row"].map(lambda row: without.get(row, ""))
    reasons = np.where(lacking, "no AUC on one of the two test parts", "")
    return left_out.where(table["finding"] == "macro", reasons)


def shared(split: pd.DataFrame) -> float:
    """Return the share of test images whose patient has an image in train, in [0, 1].

    Parameters
    ----------
    split : pandas.DataFrame
        As split.csv: columns patient and part.
    """
    of_train = split.loc[split["part"] == "train", "patient"]
    return float(split.loc[split["part"] == "test", "patient"].isin(of_train).mean())
