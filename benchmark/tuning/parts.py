"""Train and valid alone: what a choice may look at. No image of *test* is opened."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from benchmark.console import Console
from benchmark.datasets.loading import load_radiographs
from benchmark.evaluation.metrics import known, ranking
from benchmark.experiment import Experiment
from benchmark.inputs import split_of
from features.errors import InputError
from features.findings import FINDINGS
from features.fingerprint import digest
from features.pixels import PixelArchive
from features.radiographs import Radiographs


@dataclass(frozen=True)
class Parts:
    """What tuning sees of a data set.

    Parameters
    ----------
    train, valid : Radiographs
        With labels, and an archive of their own files alone.
    """

    train: Radiographs
    valid: Radiographs

    @classmethod
    def read(cls, experiment: Experiment, size: int, console: Console) -> Self:
        """Part the patients by the tables alone, then decode what is not in *test*."""
        radiographs, reading = load_radiographs(experiment.data, progress=console.progress)
        console.say(reading["summary"])
        console.warn(*reading["warnings"])
        split = split_of(experiment, radiographs, reading["folder"])
        seen = split.part != "test"
        decoded, whole = _decoded(radiographs.take(seen), size, console)
        part = split.part[seen][whole]
        parts = cls(*(decoded.take(part == name) for name in ("train", "valid")))
        console.say(f"split {split.fingerprint}: {parts}; no image of test is read")
        return parts

    def __str__(self) -> str:
        parts = {"train": self.train, "valid": self.valid}.items()
        return ", ".join(
            f"{name} {len(part)} images of {len(set(part.patients))} patients"
            for name, part in parts
        )

    def digest(self) -> str:
        """Digest all that a trial may read, and who is in which part."""
        assert self.train.archive is not None
        both = (self.train, self.valid)
        tables = [part.table.to_csv().encode() for part in both]
        labels = [np.asarray(part.labels) for part in both]
        return digest(self.train.archive.fingerprint, list(self.train.findings), *tables, *labels)

    def auc(self, scores: pd.DataFrame) -> float:
        """Return the macro AUC on *valid*, over the findings that have both classes there.

        Parameters
        ----------
        scores : pandas.DataFrame
            Indexed by image, a column a finding.
        """
        assert self.valid.labels is not None
        truths = dict(zip(self.valid.findings, self.valid.labels.T, strict=True))
        given = scores.loc[self.valid.images]
        areas = [
            ranking(*known(truth, given[finding].to_numpy()))["auc"]
            for finding, truth in truths.items()
            if finding in FINDINGS
        ]
        judged = [area for area in areas if not np.isnan(area)]
        if not judged:
            raise InputError("no finding has both classes in valid: there is nothing to tune by")
        return float(np.mean(judged))


def _decoded(
    radiographs: Radiographs, size: int, console: Console
) -> tuple[Radiographs, np.ndarray]:
    """Decode the files of radiographs and no others; return those that are whole, and which."""
    archive, rows = radiographs.archive, radiographs.rows
    assert archive is not None and rows is not None
    files = archive.files
    own = PixelArchive([files[row] for row in rows], archive.folder)
    damaged = own.prepare(size, console.progress).damaged
    if damaged:
        names = "; ".join(f"{own.files[at].name} ({why})" for at, why in damaged.items())
        console.warn(f"{len(damaged)} damaged images are left out: {names}")
    whole = ~np.isin(np.arange(len(own)), list(damaged))
    return replace(radiographs, archive=own, rows=np.arange(len(own))).take(whole), whole
