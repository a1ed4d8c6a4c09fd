"""What figures owe to the labels: whom negatives are chosen from, and who labelled."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.judgement import (
    COUNTED,
    RANKED,
    Judgement,
    bounded,
    lines,
    relabelled,
    tabled,
    with_macro,
)

NEGATIVES = (
    *("row", "finding", "negatives", *COUNTED, *RANKED),
    *("lift", "lift_low", "lift_high", "note"),
)

#: How often both label sets call a finding present, only the first, only the second, neither.
AGREEMENT = ("both", "first_only", "second_only", "neither")

SECOND = (
    *("row", "finding", "labels", *COUNTED, *RANKED),
    *("change", "change_low", "change_high", "kappa", *AGREEMENT, "note"),
)


def negatives_table(evidence: Evidence) -> pd.DataFrame:
    """Judge every row on *test* against two kinds of negatives.

    The negatives of a finding are *all* images without it, many of them with other findings, or
    those with *no finding* alone: images of which all 14 labels are known and absent. The second
    is the easier problem, and figures on it are not to be held against figures on the first.

    Parameters
    ----------
    evidence : Evidence
        Of *test*.

    Returns
    -------
    pandas.DataFrame
        Columns `NEGATIVES`, a line for each row, the 14 findings and macro, and kind; the lift
        is what the easier negatives add to the AUC, from the same draws of patients.
    """
    made: list[dict] = []
    if evidence.rows and len(evidence.test.table):
        part = evidence.test
        healthy = (part.truth[:, part.fourteen] == 0).all(axis=1)
        kept = (part.truth == 1) | healthy[:, None]
        easier = relabelled(part, np.where(kept, part.truth, np.nan))
        both = {"all": Judgement.whole(evidence)}
        both["no finding"] = Judgement.of(easier, evidence.weights)
        made = list(_beside(evidence, both, "negatives", "lift", part.fourteen))
    return tabled(evidence, made, NEGATIVES, counts=COUNTED)


def second_labels_table(evidence: Evidence) -> pd.DataFrame:
    """Judge every row by two sets of labels, on the images of *test* that both label.

    Parameters
    ----------
    evidence : Evidence
        With `Evidence.second`.

    Returns
    -------
    pandas.DataFrame
        Columns `SECOND`, a line for each row, finding that both label and macro, and set of
        labels: *first*, those of the run, and the name of the second file. Its lines hold the
        change of the AUC, from the same draws of patients, and how far the labels agree. Without
        lines where there is no second file.
    """
    made: list[dict] = []
    if evidence.second is not None and evidence.rows and len(evidence.test.table):
        made = list(_second_lines(evidence))
    return tabled(evidence, made, SECOND, counts=(*COUNTED, *AGREEMENT))


def _second_lines(evidence: Evidence) -> Iterator[dict]:
    assert evidence.second is not None
    part, name = evidence.test, Path(evidence.settings.labels).name
    second = evidence.second.reindex(index=part.table.index, columns=list(part.findings))
    labels = second.to_numpy(float)
    known = ~np.isnan(labels) & ~np.isnan(part.truth)
    places = [k for k in part.fourteen if known[:, k].any()]
    if not places:
        return
    sets = {"first": part.truth, name: labels}
    both = {
        key: Judgement.of(relabelled(part, np.where(known, truth, np.nan)), evidence.weights)
        for key, truth in sets.items()
    }
    agreed = [agreement(part.truth[:, k], labels[:, k]) for k in range(len(part.findings))]
    for line in _beside(evidence, both, "labels", "change", places):
        finding = line["finding"]
        if line["labels"] == name and finding != "macro":
            line |= agreed[evidence.findings.index(finding)]
        yield line


def _beside(
    evidence: Evidence, both: dict[str, Judgement], kind: str, change: str, places: list[int]
) -> Iterator[dict]:
    """Put two judgements of the same rows beside each other, the second with its difference.

    Both macro means are over the findings that both have.
    """
    first, second = both.values()
    difference = second.auc - first.auc
    over = [k for k in places if not np.isnan(difference.value[:, k]).all()]
    between = bounded(change, with_macro(difference, over), evidence.settings)
    macro, few = len(evidence.findings), len(over) < len(places)
    mean = f"mean over {len(over)} of {len(places)} findings" if few else ""
    for key, judged in both.items():
        figures = judged.figures(evidence.settings, over=over)
        figures |= between if judged is second else {}
        for place, line in lines(evidence, judged.counts(), figures):
            if place in (*places, macro):
                yield line | {kind: key, "note": mean if place == macro else _absent(line)}


def _absent(line: dict) -> str:
    """Say why there is no AUC."""
    if not np.isnan(line["auc"]):
        return ""
    return "no positive" if not line["positives"] else "no negative"


def agreement(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
    r"""Compare two sets of labels of one finding by Cohen's kappa.

    .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}

    with :math:`p_o` the share of images on which both agree, and :math:`p_e` the share on which
    they would by chance, each calling the finding as often as it does.

    Parameters
    ----------
    first, second : numpy.ndarray
        Shape (n,): 1 present, 0 absent, NaN unknown; images unknown to either are left out.

    Returns
    -------
    dict
        `AGREEMENT`, and ``kappa``: NaN where both call all images the same.

    References
    ----------
    Cohen, "A Coefficient of Agreement for Nominal Scales", Educ. Psychol. Meas. 20, 1960.
    """
    known = ~np.isnan(first) & ~np.isnan(second)
    a, b = first[known] > 0, second[known] > 0
    cells = [int(np.sum(cell)) for cell in (a & b, a & ~b, ~a & b, ~a & ~b)]
    count = len(a)
    if not count:
        return dict(zip(AGREEMENT, cells, strict=True)) | {"kappa": np.nan}
    observed = (cells[0] + cells[3]) / count
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    kappa = (observed - chance) / (1 - chance) if chance < 1 else np.nan
    return dict(zip(AGREEMENT, cells, strict=True)) | {"kappa": float(kappa)}
