"""Part: some images of an evaluation as arrays."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from features.findings import FINDINGS


@dataclass(frozen=True, eq=False)
class Part:
    """Some images of an evaluation as arrays: what is true, what rows say, whose they are.

    Parameters
    ----------
    rows, findings : tuple of str
        The names of the axes.
    truth : numpy.ndarray
        Shape (n, findings): 1 present, 0 absent, NaN unknown.
    scores : numpy.ndarray
        Shape (rows, n, findings).
    patients : numpy.ndarray
        Shape (n,), int: the place of each image's patient among `names`.
    names : numpy.ndarray
        Shape (patients,): the patients of the whole part, also where images were left out.
    table : pandas.DataFrame
        The images' lines of split.csv: patient, part, fold, age, sex, view, follow_up.
    """

    rows: tuple[str, ...]
    findings: tuple[str, ...]
    truth: np.ndarray
    scores: np.ndarray
    patients: np.ndarray
    names: np.ndarray
    table: pd.DataFrame

    def take(self, chosen: np.ndarray) -> Self:
        """Return some of the images, `chosen` being bool; patients keep their places."""
        return replace(
            self,
            truth=self.truth[chosen],
            scores=self.scores[:, chosen],
            patients=self.patients[chosen],
            table=self.table[chosen],
        )

    @property
    def fourteen(self) -> list[int]:
        """The places of the 14 findings, over which means are taken."""
        return [k for k, finding in enumerate(self.findings) if finding in FINDINGS]

    def carriers(self, label: int = 1) -> np.ndarray:
        """Shape (findings,): how many patients have an image of that label here."""
        carried = self.truth == label
        return np.array([len(np.unique(self.patients[column])) for column in carried.T], int)
