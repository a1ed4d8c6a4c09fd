"""A check: a code, a title, a level, and one small function that looks at the evidence."""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from benchmark.evaluation.evidence import Evidence
from features.findings import display

Level = Literal["error", "warning", "info"]

#: The gravest first; the last is of checks that had nothing to go by.
LEVELS = ("error", "warning", "info", "unjudged")

#: Of fewer patients with a finding no figure is judged: what they say is mostly chance.
FEW_PATIENTS = 10


@dataclass(frozen=True)
class Remark:
    """What a check has to say.

    Parameters
    ----------
    text : str
        One line with the figures; the rows concerned need not be named in it.
    rows : tuple of str
        The rows concerned; none where all are, or none is.
    findings : tuple of str
        The findings concerned, likewise.
    judged : bool
        False where the check could not be made, and `text` says why.
    """

    text: str
    rows: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    judged: bool = True


Look = Callable[[Evidence], Iterator[Remark]]


@dataclass(frozen=True)
class Check:
    """One thing that a reviewer would look for.

    Parameters
    ----------
    code : str
        ``"CXR"`` and three digits; never given to another check.
    title : str
        What is wrong where it fires, in a few words.
    level : {"error", "warning", "info"}
        Whether figures cannot be believed, may mislead, or should be known to be as they are.
    look : callable
        Given the evidence, yields remarks. Its docstring, but for the first line, is the paragraph
        of docs/checks.md and of the report: what it means, how it is decided, what can be done.
    """

    code: str
    title: str
    level: Level
    look: Look

    def __call__(self, evidence: Evidence) -> Iterator[Remark]:
        """Look at the evidence."""
        return self.look(evidence)

    @property
    def explanation(self) -> str:
        """What it means where it fires, how that is decided, what can be done."""
        _, _, paragraph = (inspect.getdoc(self.look) or "").partition("\n\n")
        return " ".join(paragraph.split())

    @property
    def link(self) -> str:
        """Where that stands in the documentation."""
        return f"docs/checks.md#{self.code.lower()}"


def check(code: str, title: str, level: Level) -> Callable[[Look], Check]:
    """Make a check of a function; see `Check`."""
    return lambda look: Check(code, title, level, look)


def unjudged(why: str) -> Remark:
    """Say why a check cannot be made."""
    return Remark(why, judged=False)


def errors_wide(patients: ArrayLike, *, level: float, comparisons: int) -> np.ndarray:
    """Return how many standard errors an interval reaches to either side, if none is to miss.

    A quantile of Student's t, for few patients tell little of their own spread, and Bonferroni's
    for all that is compared.

    Parameters
    ----------
    patients : array-like of int
        How many each standard error comes from, at least 2: those with the finding.
    level : float
        Confidence in all intervals together, in (0, 1).
    comparisons : int
        How many intervals there are.
    """
    from scipy.special import stdtrit

    return -stdtrit(np.asarray(patients) - 1, (1 - level) / 2 / comparisons)


def in_words(findings: Sequence[str], figures: Sequence[object] = ()) -> str:
    """List findings as a reader knows them, each with its figure where there are any.

    Examples
    --------
    >>> in_words(["Hernia", "Pleural_Thickening"], [2, 7])
    'Hernia (2), Pleural thickening (7)'
    """
    if not figures:
        return ", ".join(map(display, findings))
    return ", ".join(f"{display(f)} ({it})" for f, it in zip(findings, figures, strict=True))
