"""Thresholds: chosen per finding on *valid* by a rule, applied to *test*."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from benchmark.evaluation.metrics import Decision, known
from features.errors import InputError, unknown


@dataclass(frozen=True, eq=False)
class Cuts:
    """What each threshold that parts some scores would call, the highest threshold first.

    The first stands just above the highest score and calls nothing; the last calls everything.
    Equal scores cannot be parted, so that there is one threshold for each distinct score.

    Parameters
    ----------
    thresholds : numpy.ndarray
        Shape (cuts,), falling.
    found, alarms : numpy.ndarray
        Shape (cuts,), int: positives and negatives at or above each threshold.
    """

    thresholds: np.ndarray
    found: np.ndarray
    alarms: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, scores: np.ndarray) -> Self:
        """Count along the scores.

        Parameters
        ----------
        truth : numpy.ndarray
            Shape (n,), bool; n is at least 1.
        scores : numpy.ndarray
            Shape (n,).
        """
        order = np.argsort(-scores, kind="stable")
        ordered, present = scores[order], truth[order]
        last_of_ties = np.append(np.diff(ordered) != 0, True)
        return cls(
            np.append(np.nextafter(ordered[0], np.inf), ordered[last_of_ties]),
            np.append(0, np.cumsum(present)[last_of_ties]),
            np.append(0, np.cumsum(~present)[last_of_ties]),
        )

    @property
    def positives(self) -> int:
        """How many there are to be found."""
        return int(self.found[-1])

    @property
    def negatives(self) -> int:
        """How many may be called by mistake."""
        return int(self.alarms[-1])

    @property
    def precision(self) -> np.ndarray:
        """Shape (cuts,): of those called, the share that is positive; 0 where none is called."""
        return self.found / np.maximum(self.found + self.alarms, 1)


def _f1(cuts: Cuts, _: float) -> int:
    return int(np.argmax(2 * cuts.found / (cuts.found + cuts.alarms + cuts.positives)))


def _youden(cuts: Cuts, _: float) -> int:
    # Times positives and negatives: whole numbers, so that ties are ties.
    return int(np.argmax(cuts.found * cuts.negatives - cuts.alarms * cuts.positives))


def _recall(cuts: Cuts, least: float) -> int:
    return int(np.argmax(cuts.found / cuts.positives >= least))


def _precision(cuts: Cuts, least: float) -> int:
    reached = cuts.precision >= min(least, cuts.precision.max())
    return int(np.argmax(np.where(reached, cuts.found, -1)))


def _cost(cuts: Cuts, price: float) -> int:
    return int(np.argmin(cuts.alarms + price * (cuts.positives - cuts.found)))


#: From the cuts and the rule's number, the place of the cut that is chosen.
Pick = Callable[[Cuts, float], int]


@dataclass(frozen=True)
class Kind:
    """A way of choosing a threshold.

    Parameters
    ----------
    form : str
        How it is written, with a number where it takes one.
    said : str
        What it does, in words that follow "the threshold is"; ``{value}`` is its number.
    pick : callable or None
        The choice: of several cuts that serve equally well the highest, for it calls the fewest.
        None where the number itself is the threshold.
    most : float
        The number is above 0 and at most this; 0 where the kind takes none.
    """

    form: str
    said: str
    pick: Pick | None
    most: float = 0


#: What `Rule` knows, by name.
KINDS = {
    "f1": Kind("f1", "the one of the highest F1 on valid", _f1),
    "youden": Kind("youden", "the one of the highest recall + specificity on valid", _youden),
    "recall": Kind(
        "recall=0.9", "the highest whose recall on valid is at least {value}", _recall, 1
    ),
    "precision": Kind(
        "precision=0.5",
        "the one that finds most on valid with a precision of at least {value}",
        _precision,
        1,
    ),
    "fixed": Kind("fixed=0.5", "{value}, whatever valid says", None, 1),
    "cost": Kind("cost=10", "the one of the least FP + {value} FN on valid", _cost, 1e6),
}


@dataclass(frozen=True)
class Rule:
    """How thresholds are chosen, as ``[evaluation] threshold`` says.

    Parameters
    ----------
    kind : str
        A name of `KINDS`.
    number : str
        As it was written; empty where the kind takes none.
    """

    kind: str
    number: str = ""

    @classmethod
    def parse(cls, given: object) -> Self:
        """Read a rule.

        Raises
        ------
        InputError
            If it is none: what is allowed, and the nearest that would have been right.

        Examples
        --------
        >>> Rule.parse("recall = 0.9")
        Rule(kind='recall', number='0.9')
        """
        kind, _, number = (word.strip() for word in str(given).partition("="))
        if kind not in KINDS:
            raise unknown("threshold rule", given, [known.form for known in KINDS.values()])
        allowed = KINDS[kind]
        if not allowed.most and number:
            raise InputError(f"threshold rule '{given}': {kind} takes no number")
        if allowed.most and not 0 < _number(number) <= allowed.most:
            bounds = f"a number above 0 and at most {allowed.most:,.0f}"
            raise InputError(f"threshold rule '{given}': write {bounds}, as in {allowed.form}")
        return cls(kind, number)

    def __str__(self) -> str:
        return f"{self.kind}={self.number}" if self.number else self.kind

    @property
    def value(self) -> float:
        """The number; NaN where there is none."""
        return _number(self.number)

    @property
    def pick(self) -> Pick | None:
        """See `Kind`; None for a rule that reads no label of *valid*."""
        return KINDS[self.kind].pick

    def sentence(self, min_positives: int) -> str:
        """Say how thresholds come about, for a reader of the report."""
        said = KINDS[self.kind].said.format(value=self.number)
        if self.pick is None:
            return f"One a finding and row: {said}."
        return (
            f"One a finding and row: {said}, then applied to test. Where valid holds fewer than "
            f"{min_positives} positives, the threshold calls as large a share of valid as is "
            "positive in train."
        )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def check_rule(given: object) -> str:
    """Return a rule as it is written shortest, if it is one; see `Rule.parse`."""
    return str(Rule.parse(given))


def choose(
    truth: np.ndarray,
    scores: np.ndarray,
    *,
    prevalence: float,
    min_positives: int,
    rule: str = "f1",
) -> Decision:
    """Choose the threshold of one finding.

    By the rule, unless *valid* holds fewer than `min_positives` positives, or no negative: then
    the optimum is an accident of a few images, and the threshold is set so that as large a share
    of *valid* is called positive as was positive in *train*. That reads no label of *valid*. A
    rule that reads none either is followed whatever *valid* holds.

    Parameters
    ----------
    truth : numpy.ndarray
        Shape (n,): the labels of *valid*, NaN where unknown.
    scores : numpy.ndarray
        Shape (n,): the scores on *valid*.
    prevalence : float
        Share of positives in *train*, in [0, 1].
    min_positives : int
        The guard.
    rule : str, optional
        As `Rule.parse` reads it.

    Returns
    -------
    Decision
        Its rule is what was done and its note why that is not what was asked for. A precision
        that is reached nowhere on *valid* gives way to the highest that is.
    """
    asked = Rule.parse(rule)
    if asked.pick is None:
        return Decision(asked.value, str(asked))
    truth, scores = known(truth, scores)
    if not len(scores):
        return Decision(np.nan, "none", "valid holds no image with a known label")
    positives = int(truth.sum())
    if positives >= min_positives and not truth.all():
        cuts = Cuts.of(truth, scores)
        return _decide(asked, cuts, asked.pick(cuts, asked.value))
    counted = f"{positives} positive{'' if positives == 1 else 's'}"
    why = f"{counted} in valid, {asked} needs {min_positives}"
    why = "no negative in valid" if positives >= min_positives else why
    if np.isnan(prevalence):
        return Decision(np.nan, "none", f"{why}, and train holds no known label")
    return Decision(_share(scores, prevalence), "prevalence", f"{why}: prevalence of train")


def _decide(rule: Rule, cuts: Cuts, place: int) -> Decision:
    threshold, reached = float(cuts.thresholds[place]), cuts.precision[place]
    if rule.kind == "precision" and reached < rule.value:
        note = f"no threshold has a precision of {rule.number} on valid: the highest, {reached:.3f}"
        return Decision(threshold, "highest precision", note)
    nothing = "calls nothing on valid: no other threshold does better there"
    return Decision(threshold, str(rule), nothing if place == 0 else "")


def _share(scores: np.ndarray, share: float) -> float:
    """Return the threshold that calls the highest-scored `share`, at least one image, positive."""
    return float(np.sort(scores)[::-1][max(round(share * len(scores)) - 1, 0)])
