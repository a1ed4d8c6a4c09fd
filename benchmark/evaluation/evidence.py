"""Evidence: all that an evaluation may read, in one frozen object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from benchmark.evaluation.crossfit import crossfit
from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.estimating import estimate
from benchmark.evaluation.intervals import draw_patients
from benchmark.evaluation.metrics import Decision, prevalence_of
from benchmark.evaluation.part import Part
from benchmark.evaluation.thresholds import choose
from benchmark.settings import Evaluation
from benchmark.split_file import PARTS


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that an evaluation may read.

    Parameters
    ----------
    truth : pandas.DataFrame
        Indexed by image, a column a finding: 1, 0, or NaN where unknown.
    split : pandas.DataFrame
        Indexed by image, as split.csv: patient, part, fold, age, sex, view, follow_up.
    scores : mapping of str to pandas.DataFrame
        Of each row: indexed by image, a column a finding. Matched to `truth` by image.
    settings : Evaluation
        How scores are judged: the experiment's ``[evaluation]``.
    seed : int
        What the bootstrap's draws are drawn with: the split's.
    about : mapping of str to dict, optional
        What is known of rows beside their scores: card, facts, versions.
    unfinished : mapping of str to str, optional
        Rows that were asked for and are not finished, with the reason.
    duplicates : pandas.DataFrame or None, optional
        Pairs of radiographs that are the same, in different parts: the columns of
        `benchmark.duplicates`. None where they were not compared.
    source : str, optional
        Where the radiographs are from: ``"nih"``, ``"phantom"``.
    kind : str, optional
        How they were split: ``"patient"``, ``"official"``, …
    second : pandas.DataFrame, optional
        Labels of another source, ``[evaluation] labels``: as `truth`, of some images and findings.
    """

    truth: pd.DataFrame
    split: pd.DataFrame
    scores: Mapping[str, pd.DataFrame]
    settings: Evaluation = field(default_factory=Evaluation)
    seed: int = 0
    about: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    unfinished: Mapping[str, str] = field(default_factory=dict)
    duplicates: pd.DataFrame | None = None
    source: str = ""
    kind: str = ""
    second: pd.DataFrame | None = None

    @property
    def rows(self) -> tuple[str, ...]:
        """The rows' names, in the order of the experiment."""
        return tuple(self.scores)

    @property
    def findings(self) -> tuple[str, ...]:
        """The label columns."""
        return tuple(self.truth.columns)

    @cached_property
    def everything(self) -> Part:
        """All parts together."""
        table = self.split.loc[self.truth.index]
        codes, names = pd.factorize(table["patient"], sort=True)
        return Part(
            rows=self.rows,
            findings=self.findings,
            truth=self.truth.to_numpy(float),
            scores=self._aligned(),
            patients=codes,
            names=np.asarray(names),
            table=table,
        )

    def _aligned(self) -> np.ndarray:
        index, columns = self.truth.index, self.truth.columns
        arrays = [
            self.scores[row].reindex(index=index, columns=columns).to_numpy(float)
            for row in self.rows
        ]
        return np.stack(arrays) if arrays else np.empty((0, len(index), len(columns)))

    @cached_property
    def parts(self) -> dict[str, Part]:
        """The parts by name, the patients of each counted anew."""
        return {name: self._part(name) for name in PARTS}

    def _part(self, name: str) -> Part:
        whole = self.everything
        part = whole.take((whole.table["part"] == name).to_numpy())
        places, codes = np.unique(part.patients, return_inverse=True)
        return replace(part, patients=codes, names=whole.names[places])

    @property
    def train(self) -> Part:
        """What models learnt from."""
        return self.parts["train"]

    @property
    def valid(self) -> Part:
        """What every choice is made on."""
        return self.parts["valid"]

    @property
    def test(self) -> Part:
        """What is judged."""
        return self.parts["test"]

    @cached_property
    def decisions(self) -> dict[str, list[Decision]]:
        """Of each row, a threshold a finding, from *valid* and the prevalence in *train*.

        Cross-fitted over the halves of *test* where it has some.
        """
        prevalence = [prevalence_of(labels) for labels in self.train.truth.T]
        return {
            row: [self._decide(place, k, prevalence[k]) for k in range(len(self.findings))]
            for place, row in enumerate(self.rows)
        }

    def _decide(self, row: int, k: int, prevalence: float) -> Decision:
        if self.halves is None:
            valid = self.valid
            return self._choose(valid.truth[:, k], valid.scores[row][:, k], prevalence)
        test = self.test
        return crossfit(test.truth[:, k], test.scores[row][:, k], self.halves, self._choose)

    def _choose(self, truth: np.ndarray, scores: np.ndarray, prevalence: float) -> Decision:
        return choose(
            truth,
            scores,
            prevalence=prevalence,
            min_positives=self.settings.min_positives,
            rule=self.settings.threshold,
        )

    @cached_property
    def halves(self) -> np.ndarray | None:
        """Shape (images of test,): 1 or 2, where thresholds are cross-fitted; else None.

        They are where *valid* is empty and split.csv has halves; see `crossfit`.
        """
        table = self.test.table
        if len(self.valid.truth) or "half" not in table:
            return None
        return table["half"].to_numpy(int)

    @cached_property
    def weights(self) -> np.ndarray:
        """Shape (patients of test, draws): one set of draws for all rows, findings and tables."""
        count = len(self.test.names)
        return draw_patients(count, draws=self.settings.draws, seed=self.seed)

    @cached_property
    def estimates(self) -> dict[str, Estimates]:
        """Every metric on *test*, of shape (rows, findings + 2); see `estimating.estimate`."""
        return estimate(self.test, self.cutoffs, self.weights)

    @cached_property
    def thresholds(self) -> np.ndarray:
        """Shape (rows, findings): NaN where none could be chosen."""
        chosen = [[it.threshold for it in self.decisions[row]] for row in self.rows]
        return np.array(chosen, dtype=float).reshape(len(self.rows), len(self.findings))

    @cached_property
    def cutoffs(self) -> np.ndarray:
        """Shape (rows, images of test, findings): what an image of *test* is called by.

        The same for all images, `thresholds`, but where these are cross-fitted.
        """
        if self.halves is None:
            return np.broadcast_to(self.thresholds[:, None], self.test.scores.shape)
        chosen = [
            [[half.threshold for half in it.halves] for it in self.decisions[row]]
            for row in self.rows
        ]
        by_half = np.array(chosen, dtype=float).reshape(*self.thresholds.shape, 2)
        return by_half.swapaxes(1, 2)[:, self.halves - 1]


def axis_names(findings: Sequence[str]) -> tuple[str, ...]:
    """Return the names along the last axis of `Evidence.estimates`: findings, then both means."""
    return (*findings, "macro", "micro")
