"""Runs held against the first of them, in words made from the figures."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from reports.comparison import signed
from reports.story import names, say
from reports.tables import Record

Summary = Mapping[str, Any]

#: The verdict on a row that gave the same scores again.
SAME = "same scores"

#: So many differences of options stand in the headline; the page has all.
_TOLD = 4


def is_page(summary: Summary) -> bool:
    """Whether a page compares runs."""
    return bool(summary.get("runs"))


def story(summary: Summary) -> list[Markup]:
    """Tell a comparison in a few sentences, the most important first."""
    runs = summary["runs"]
    lines = macro_of(runs, "auc")
    if not lines:
        return [Markup("No row is finished in both: there is nothing to compare."), *_set(runs)]
    return [*_verdicts(runs, lines), *_set(runs), _caution(runs, lines)]


def macro_of(runs: Record, metric: str) -> list[Record]:
    """Return the changes of the macro means of a metric."""
    return [it for it in runs["changes"] if (it["metric"], it["finding"]) == (metric, "macro")]


def said(line: Record) -> str:
    """Return what a change comes to, in words."""
    return SAME if line["same_scores"] else line["verdict"]


def _verdicts(runs: Record, lines: Sequence[Record]) -> Iterator[Markup]:
    """Tell of every later run which rows are better, worse, and which are not shown to be."""
    first, *others = runs["names"]
    for run in others:
        own = [it for it in lines if it["run"] == run]
        told = Markup("; ").join(_kinds(own))
        if own:
            yield say("{} against {}, macro test AUC: ", run, first) + told + "."
        else:
            yield say("{} shares no finished row with {}.", run, first)


def _kinds(lines: Sequence[Record]) -> Iterator[Markup]:
    for verdict in ("better", "worse"):
        found = [it for it in lines if said(it) == verdict]
        if found:
            each = [say("{} ", it["row"]) + _change(it) for it in found]
            yield Markup("{} {}").format(verdict, Markup(", ").join(each))
    for verdict in ("equivalent", "undecided", SAME):
        found = [it for it in lines if said(it) == verdict]
        if found:
            yield Markup("{} {}").format(verdict, names([it["row"] for it in found]))


def _change(line: Record) -> Markup:
    change, low, high = (signed(line[key]) for key in ("difference", "low", "high"))
    text = "{:.3f} → {:.3f} (<b>{}</b> [{}, {}])"
    return Markup(text).format(line["before"], line["after"], change, low, high)


def _set(runs: Record) -> list[Markup]:
    """Tell which options are not the same."""
    apart = runs["options"]
    if not apart:
        return [Markup("All rows were run with the same options.")]
    told = [
        say("{} ", it["what"]) + Markup(" → ").join(it["values"].values()) for it in apart[:_TOLD]
    ]
    more = f", and {len(apart) - _TOLD} more" if len(apart) > _TOLD else ""
    return [Markup("Set differently: ") + Markup(", ").join(told) + more + "."]


def _caution(runs: Record, lines: Sequence[Record]) -> Markup:
    text = (
        "On the same {:,} test images of {:,} patients, with the same draws of patients for all "
        "runs; verdicts at {:g}%, adjusted by Holm over {} changes; equivalent is a change within "
        "±{:g}."
    )
    alpha = 100 * (1 - runs["level"])
    return Markup(text).format(runs["images"], runs["patients"], alpha, len(lines), runs["margin"])
