"""Checks of the scores themselves: what no figure made of them would show."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from benchmark.checks.check import FEW_PATIENTS, Remark, check, in_words
from benchmark.evaluation.evidence import Evidence

#: Fewer different scores than this are answers, not scores.
FEW_VALUES = 5


@check("CXR009", "Constant predictions", "error")
def constant_predictions(evidence: Evidence) -> Iterator[Remark]:
    """Look for findings that a row scores all the same.

    The row gives every radiograph of test the same score. Its AUC of 0.5 says nothing of what the
    radiographs show: the network has collapsed, or the column was never filled. Floors are left
    out, and findings that fewer than 10 patients of train have, for these can hardly be learnt.
    Look at the training curves; a smaller learning rate often helps.
    """
    train = evidence.train
    learnable = (train.carriers() >= FEW_PATIENTS) | (len(train.truth) == 0)
    for row, distinct in _distinct(evidence):
        constant = np.flatnonzero((distinct == 1) & learnable)
        if len(constant):
            names = tuple(evidence.findings[k] for k in constant)
            yield Remark(f"one score for all of test: {in_words(names)}", (row,), names)


@check("CXR010", "Unequal test sets", "error")
def unequal_test_sets(evidence: Evidence) -> Iterator[Remark]:
    """Look for scores that a row alone lacks.

    The row lacks scores of radiographs of test that another row has. The rows are then judged by
    different radiographs, and their figures cannot be compared. Score what is missing, or leave it
    out of every row.
    """
    missing = np.isnan(evidence.test.scores)
    expected = ~missing.all(axis=0) if len(missing) else missing
    for row, lacks in zip(evidence.rows, missing, strict=True):
        count = int((lacks & expected).any(axis=1).sum())
        if count:
            yield Remark(f"no score of {count:,} of {len(lacks):,} radiographs of test", (row,))


@check("CXR014", "Thresholds not chosen as asked", "info")
def thresholds_not_as_asked(evidence: Evidence) -> Iterator[Remark]:
    """Gather where thresholds were chosen otherwise.

    Valid holds too few positives of a finding to choose a threshold by the rule asked for, and the
    optimum would be an accident of a few radiographs; or no threshold does there what was asked
    for. What was done instead stands in the columns `rule` and `note` of the metrics. Compare
    precision, recall and F1 of these findings with care, or take a larger valid part.
    """
    notes = {
        finding: decision.note
        for decisions in evidence.decisions.values()
        for finding, decision in zip(evidence.findings, decisions, strict=True)
        if decision.note
    }
    if notes:
        first = next(iter(notes))
        yield Remark(
            f"{len(notes)} of {len(evidence.findings)} findings: {in_words(list(notes))}; "
            f"{in_words([first])}, for one: {notes[first]}",
            findings=tuple(notes),
        )


@check("CXR015", "Scores of few values", "warning")
def scores_of_few_values(evidence: Evidence) -> Iterator[Remark]:
    """Look for answers in the place of scores.

    The row has two to four different scores for all radiographs of test. These are answers and no
    scores: nearly all pairs of radiographs are ties, so that the AUC is that of one threshold.
    Floors are left out. Hand in probabilities instead of decisions; a network that does so has
    saturated.
    """
    for row, distinct in _distinct(evidence):
        few = np.flatnonzero((distinct > 1) & (distinct < FEW_VALUES))
        if len(few) and len(evidence.test.truth) > FEW_VALUES**2:
            names = tuple(evidence.findings[k] for k in few)
            text = f"different scores on test: {in_words(names, list(distinct[few]))}"
            yield Remark(text, (row,), names)


@check("CXR019", "Rows with the same scores", "warning")
def same_scores(evidence: Evidence) -> Iterator[Remark]:
    """Look for rows that are one row.

    Two rows have the same scores for every radiograph of test. They are one model under two names,
    or one file was handed in twice. Leave one out: a comparison of the two says nothing.
    """
    for one, other in combinations(range(len(evidence.rows)), 2):
        first, second = evidence.test.scores[[one, other]]
        if np.array_equal(first, second, equal_nan=True):
            names = (evidence.rows[one], evidence.rows[other])
            yield Remark("the same scores for every radiograph of test", names)


def _distinct(evidence: Evidence) -> Iterator[tuple[str, np.ndarray]]:
    """Yield how many different scores each model has of each finding; floors are left out."""
    for row, scores in zip(evidence.rows, evidence.test.scores, strict=True):
        if evidence.about.get(row, {}).get("kind") != "floor":
            ordered = np.sort(scores, axis=0)  # NaN last, and NaN differs from NaN
            steps = (np.diff(ordered, axis=0) > 0).sum(axis=0)
            yield row, steps + (~np.isnan(scores)).any(axis=0)
