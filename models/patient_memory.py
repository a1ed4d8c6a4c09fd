"""What memory alone is worth: a patient's other radiographs answer for each new one."""

from typing import ClassVar, Self

import numpy as np
import pandas as pd

from features.files import read_json, write_json, write_with
from models.base import Estimate, Model


class PatientMemory(Model):
    r"""Each finding's share among the labels that its patient has in train; no pixel is seen.

    The score of a patient with :math:`n` labels of a finding in train, :math:`k` of them positive,
    is :math:`(k + p) / (n + 1)`, where :math:`p` is the finding's prevalence in train. Who is not
    in train gets :math:`p`: on a split by patient everybody in test, so that the AUC is 0.5. What
    it scores above that, a split has given away.
    """

    title: ClassVar[str] = "Memory of the patient's training labels"
    kind = "floor"
    seeded: ClassVar[bool] = False

    def estimate(self, train, total) -> Estimate:  # noqa: D102
        return Estimate(seconds=1, disk=100 * train)

    def fit(self, train, valid, job) -> Self:  # noqa: D102
        labels = pd.DataFrame(train.labels, train.patients, list(train.findings), dtype=float)
        known = labels.groupby(level=0)
        self.findings = train.findings
        self._prevalence = labels.mean().fillna(0.0)
        self._remembered = (known.sum() + self._prevalence) / (known.count() + 1)
        return self

    def predict(self, radiographs) -> np.ndarray:  # noqa: D102
        scores = self._remembered.reindex(radiographs.patients)
        return scores.fillna(self._prevalence).to_numpy()

    def _save(self, folder) -> None:
        write_json(folder / "prevalence.json", self._prevalence.tolist())
        table = self._remembered.rename_axis("patient")
        write_with(folder / "patients.csv", table.to_csv)

    def _load(self, folder) -> None:
        shares = read_json(folder / "prevalence.json")
        self._prevalence = pd.Series(shares, list(self.findings))
        # A patient may be called NA, and no share is missing.
        self._remembered = pd.read_csv(
            folder / "patients.csv",
            index_col="patient",
            dtype={"patient": str},
            keep_default_na=False,
        )
