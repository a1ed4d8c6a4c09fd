"""The section on checks: what a reviewer would remark, why, and what found nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.tables import Column, Line, Record, Table, cell
from reports.views import lines_of

Summary = Mapping[str, Any]

#: What a reader sees of a level: a mark that is no letter of the text, and a word.
LEVELS = {
    "error": ("\N{MULTIPLICATION X}", "Error"),
    "warning": ("!", "Warning"),
    "info": ("i", "Note"),
}

_COLUMNS = (
    Column("code", "Check", "text"),
    Column("level", "Level", "text"),
    Column("row", "Row", "text"),
    Column("finding", "Finding", "text"),
    Column("text", "Remark", "text"),
    Column("muted", "Muted", "text"),
)


@dataclass(frozen=True)
class Made:
    """One check that was made.

    Parameters
    ----------
    code, title, level, explanation : str
        What it looks for.
    state : {"heard", "muted", "unjudged", "passed"}
        Whether it has something to say, was muted, could not be made, or found nothing.
    remarks : list of dict
        What it said, or why it could not be made.
    """

    code: str
    title: str
    level: str
    explanation: str
    state: str
    remarks: list[Record]

    @property
    def mark(self) -> str:
        """The level's mark."""
        return LEVELS[self.level][0]

    @property
    def word(self) -> str:
        """The level's word."""
        return LEVELS[self.level][1]


def checks(summary: Summary) -> dict[str, list[Made]]:
    """Return the checks that were made by their state, the gravest first.

    Empty where none was made.
    """
    made = [_made(check, summary) for check in summary.get("checks") or ()]
    made.sort(key=lambda it: list(LEVELS).index(it.level))
    states = ("heard", "muted", "unjudged", "passed")
    return {state: [it for it in made if it.state == state] for state in states} if made else {}


def _made(check: Record, summary: Summary) -> Made:
    remarks = [it for it in lines_of(summary, "checks") if it["code"] == check["code"]]
    named = {key: check[key] for key in ("code", "title", "level", "explanation")}
    return Made(**named, state=_state(check, remarks), remarks=[_split(it) for it in remarks])


def _state(check: Record, remarks: Sequence[Record]) -> str:
    if any(it["level"] != "unjudged" for it in remarks):
        return "muted" if check["muted"] else "heard"
    if remarks:
        return "unjudged"
    return "muted" if check["muted"] else "passed"


def _split(remark: Record) -> dict[str, Any]:
    return {**remark, "rows": [row for row in (remark.get("row") or "").split("; ") if row]}


def counts(made: Mapping[str, Sequence[Made]]) -> dict[str, int]:
    """Count the remarks that are heard, by the word of their level; levels without one too."""
    return {
        word: sum(len(it.remarks) for it in made["heard"] if it.word == word)
        for _, word in LEVELS.values()
    }


def table(summary: Summary) -> Table:
    """List every remark, muted ones and checks that could not be made among them."""
    remarks = lines_of(summary, "checks")
    records = [{**it, "muted": "muted" if it["muted"] else ""} for it in remarks]
    lines = [Line([cell(record, column) for column in _COLUMNS]) for record in records]
    return Table("checks", "What the checks remark", _COLUMNS, lines, records)
