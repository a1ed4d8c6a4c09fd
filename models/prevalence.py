"""The floor of all floors: what the training part knows without a look at any radiograph."""

from typing import ClassVar, Self

import numpy as np

from features.files import read_json, write_json
from models.base import Estimate, Model


class Prevalence(Model):
    """Every radiograph gets each finding's share of positives in the training part."""

    title: ClassVar[str] = "Training prevalence"
    kind = "floor"
    seeded: ClassVar[bool] = False

    def estimate(self, train, total) -> Estimate:  # noqa: D102
        return Estimate(seconds=1, disk=1000)

    def fit(self, train, valid, job) -> Self:  # noqa: D102
        known = (~np.isnan(train.labels)).sum(axis=0)
        self.findings = train.findings
        self._shares = np.nansum(train.labels, axis=0) / np.maximum(known, 1)
        return self

    def predict(self, radiographs) -> np.ndarray:  # noqa: D102
        return np.tile(self._shares, (len(radiographs), 1))

    def _save(self, folder) -> None:
        write_json(folder / "prevalence.json", self._shares.tolist())

    def _load(self, folder) -> None:
        self._shares = np.array(read_json(folder / "prevalence.json"))
