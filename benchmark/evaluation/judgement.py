"""How well rows rank some of the images of *test*: what tables of subgroups and labels share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.estimating import estimate_findings
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import interval
from benchmark.evaluation.lines import counted
from benchmark.evaluation.part import Part
from benchmark.settings import Evaluation

#: The columns that every such table has of a row and finding; `patients` are those with it.
COUNTED = ("n", "positives", "patients")
RANKED = tuple(f"{metric}{end}" for metric in ("auc", "ap") for end in ("", "_low", "_high"))


@dataclass(frozen=True, eq=False)
class Judgement:
    """AUC and average precision of some images, and what they were computed from.

    Parameters
    ----------
    part : Part
        The images.
    auc, ap : Estimates
        Each of shape (rows, findings), from the draws that serve all tables: the difference of
        two judgements is paired wherever patients are in both.
    """

    part: Part
    auc: Estimates
    ap: Estimates

    @classmethod
    def of(cls, part: Part, weights: np.ndarray) -> Self:
        """Judge images of *test*, `weights` being those of all its patients."""
        return cls(part, *estimate_findings(part, weights))

    @classmethod
    def whole(cls, evidence: Evidence) -> Self:
        """Judge *test* as it is, from what has been estimated already."""
        places = (slice(None), slice(len(evidence.findings)))
        auc, ap = (evidence.estimates[metric][places] for metric in ("auc", "ap"))
        return cls(evidence.test, auc, ap)

    def counts(self) -> list[dict[str, int]]:
        """Count images of known label, positives and patients with them: findings, then macro."""
        lines = counted(self.part).drop(columns="finding").to_dict("records")
        return [{str(name): count for name, count in line.items()} for line in lines]

    def figures(
        self, settings: Evaluation, *, over: list[int] | None = None
    ) -> dict[str, np.ndarray]:
        """Return both metrics with their intervals, as `bounded` does; macro last.

        Parameters
        ----------
        settings : Evaluation
            Which interval.
        over : list of int, optional
            The places of the findings that the macro mean is over; the 14 by default.
        """
        chosen = self.part.fourteen if over is None else over
        return bounded("auc", with_macro(self.auc, chosen), settings) | bounded(
            "ap", with_macro(self.ap, chosen), settings
        )


def relabelled(part: Part, truth: np.ndarray) -> Part:
    """Return the same images with other labels, of shape (n, findings); NaN leaves one out."""
    return replace(part, truth=truth)


def with_macro(each: Estimates, places: list[int]) -> Estimates:
    """Put behind the findings, the last axis, the mean over those at some places."""
    columns = [each[:, k] for k in range(each.value.shape[1])]
    return Estimates.stack([*columns, each[:, places].mean()], axis=1)


def bounded(name: str, estimates: Estimates, settings: Evaluation) -> dict[str, np.ndarray]:
    """Return estimates and their bounds under a name, and it with ``_low`` and ``_high``."""
    low, high = interval(estimates, level=settings.level, method=settings.interval)
    return {name: estimates.value, f"{name}_low": low, f"{name}_high": high}


def lines(
    evidence: Evidence, counts: list[dict[str, int]], figures: Mapping[str, np.ndarray]
) -> Iterator[tuple[int, dict]]:
    """Yield a line for each row and finding, macro last, and the place of the finding."""
    names = (*evidence.findings, "macro")
    for i, row in enumerate(evidence.rows):
        for j, finding in enumerate(names):
            values = {name: float(array[i, j]) for name, array in figures.items()}
            yield j, {"row": row, "finding": finding, **counts[j], **values}


def tabled(
    evidence: Evidence, made: Iterable[dict], columns: Sequence[str], *, counts: Sequence[str]
) -> pd.DataFrame:
    """Make a table of lines, row by row in the order of the experiment, with whole counts."""
    ordered = sorted(made, key=lambda line: evidence.rows.index(line["row"]))  # stable
    return pd.DataFrame(ordered, columns=list(columns)).astype(dict.fromkeys(counts, "Int64"))
