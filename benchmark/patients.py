"""Patients, drawn by lot and spread over parts: whole, balanced, the same on every machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import lcm

import numpy as np
import pandas as pd

from features.errors import InputError
from features.findings import NO_FINDING
from features.radiographs import Radiographs


def lot(patient: str, *, seed: int) -> bytes:
    """Draw a patient's lot: it depends on the patient and the seed, and on nothing else.

    A hash and not a random generator, so that neither the other patients nor the version of a
    library can change it.

    Parameters
    ----------
    patient : str
        The patient's name.
    seed : int
        Which of the drawings.
    """
    return blake2b(f"{seed}/{patient}".encode("utf-8", "surrogatepass"), digest_size=8).digest()


@dataclass(frozen=True, eq=False)
class Cohort:
    """The patients of some radiographs, and how many images of each finding each of them has.

    Parameters
    ----------
    names : numpy.ndarray
        Shape (patients,): sorted.
    codes : numpy.ndarray
        Shape (n,): for each image the place of its patient in `names`.
    counts : numpy.ndarray
        Shape (patients, findings + 1), int: images with each finding; last, images in all.
    """

    names: np.ndarray
    codes: np.ndarray
    counts: np.ndarray

    @classmethod
    def of(cls, radiographs: Radiographs) -> "Cohort":
        """Count the images of each patient, unknown labels as absent, No Finding not at all."""
        if radiographs.labels is None:
            raise ValueError("patients are balanced by their labels, and these are withheld")
        codes, names = pd.factorize(radiographs.patients, sort=True)
        by_name = sorted(set(radiographs.findings) - {NO_FINDING})
        columns = [radiographs.findings.index(finding) for finding in by_name]
        present = np.ones((len(codes), len(columns) + 1), dtype=np.int64)
        present[:, :-1] = radiographs.labels[:, columns] == 1
        counts = np.zeros((len(names), present.shape[1]), dtype=np.int64)
        np.add.at(counts, codes, present)
        return cls(np.asarray(names, dtype=object), codes, counts)

    def spread(
        self, weights: Sequence[int], *, seed: int, among: np.ndarray | None = None
    ) -> np.ndarray:
        """Spread whole patients over parts, so that each part has its share of every finding.

        Iterative stratification, with patients in the place of samples: the finding with the
        fewest images left comes first, and its patients go, one after another, to the part that
        has least of it for its size. Patients with many such images go before those with few,
        which can still mend what they have done; sizes are told apart by powers of two, and among
        equals the lot decides. Patients without a finding come last and even the numbers of
        images out. Three rules stand above: a part that has its share of images gets no more,
        the last patients go to parts that are still empty, and the last patients of a finding to
        parts that still lack it.

        Least for its size is the smallest (2 · has + gets) / weight, as in Sainte-Laguë's method
        of giving seats to parties, which favours neither large nor small ones. All arithmetic is
        in integers.

        Parameters
        ----------
        weights : sequence of int
            How large the parts shall be, in images, relative to one another; positive.
        seed : int
            Another seed, another spread, as balanced.
        among : numpy.ndarray of bool, optional
            Shape (patients,): who is spread; by default everyone.

        Returns
        -------
        numpy.ndarray
            Shape (patients,), int: the part of each; -1 for those not spread.

        Raises
        ------
        InputError
            If there are fewer patients than parts.

        References
        ----------
        Sechidis, Tsoumakas & Vlahavas, "On the Stratification of Multi-Label Data", ECML PKDD
        2011.
        """
        people = np.arange(len(self.names)) if among is None else np.flatnonzero(among)
        if len(people) < len(weights):
            raise InputError(
                f"{len(weights)} parts need at least {len(weights)} patients; there are "
                f"{len(people)}"
            )
        part = np.full(len(self.names), -1)
        part[people] = _spread(self.counts[people], self._lots(people, seed), weights)
        return part

    def _lots(self, people: np.ndarray, seed: int) -> np.ndarray:
        """Return each one's place in the order of the lots, equal lots by name."""
        names = self.names[people]
        drawn = sorted(range(len(people)), key=lambda i: (lot(names[i], seed=seed), names[i]))
        return np.argsort(drawn)


def _spread(counts: np.ndarray, lots: np.ndarray, weights: Sequence[int]) -> np.ndarray:
    parts = _Parts(counts, weights)
    part = np.full(len(counts), -1)
    waiting = np.ones(len(counts), dtype=bool)
    while waiting.any():
        left = counts[waiting].sum(axis=0)
        column = int(np.argmin(np.where(left > 0, left, left[-1] + 1)))
        chosen = np.flatnonzero(waiting & (counts[:, column] > 0))
        size_class = np.frexp(counts[chosen, column])[1]
        for person in chosen[np.lexsort((lots[chosen], -size_class))]:
            part[person] = parts.place(counts[person].tolist(), column)
        waiting[chosen] = False
    return part


class _Parts:
    """How full each part is, finding by finding; the last column counts images."""

    def __init__(self, counts: np.ndarray, weights: Sequence[int]) -> None:
        common = lcm(*weights)
        self.scale = [common // weight for weight in weights]
        self.weights = list(weights)
        self.has = [[0] * counts.shape[1] for _ in weights]
        self.images = int(counts[:, -1].sum())
        self.carriers = (counts > 0).sum(axis=0).tolist()

    def place(self, gets: list[int], column: int) -> int:
        """Choose the part of a patient who is next for the sake of a column, and put him there."""
        part = self._choose(gets, column)
        has = self.has[part]
        for place, number in enumerate(gets):
            if number:
                has[place] += number
                self.carriers[place] -= 1
        return part

    def _choose(self, gets: list[int], column: int) -> int:
        parts = self._in_need(column, self._in_need(-1, self._not_full()))
        return min(parts, key=lambda part: (*self._fill(part, gets, column), part))

    def _not_full(self) -> list[int]:
        """Return the parts with less than their share of images: while anyone waits, some."""
        full = [weight * self.images for weight in self.weights]
        total = sum(self.weights)
        return [p for p, has in enumerate(self.has) if has[-1] * total < full[p]]

    def _in_need(self, column: int, parts: list[int]) -> list[int]:
        """Keep the parts without a column once its last patients are no more than these parts."""
        without = [p for p in range(len(self.has)) if not self.has[p][column]]
        if self.carriers[column] > len(without):
            return parts
        return [p for p in parts if p in without] or parts

    def _fill(self, part: int, gets: list[int], column: int) -> tuple[int, int]:
        has, scale = self.has[part], self.scale[part]
        return (
            (2 * has[column] + gets[column]) * scale,
            (2 * has[-1] + gets[-1]) * scale,
        )
