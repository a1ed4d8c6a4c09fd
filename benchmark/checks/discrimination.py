"""Checks of AUCs: against floors, chance, the literature, and the other parts."""

from collections.abc import Iterator

import numpy as np

from benchmark.checks.check import (
    FEW_PATIENTS,
    Remark,
    check,
    errors_wide,
    in_words,
    unjudged,
)
from benchmark.evaluation.estimates import Estimates
from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.intervals import interval
from benchmark.evaluation.part import Part
from benchmark.evaluation.ranked import Ranked
from benchmark.published import published

#: How much higher than on test an AUC must be to be called far above it: on valid, on train.
FAR = {"valid": 0.02, "train": 0.1}

_NONE_COMMON = f"it takes a finding of {FEW_PATIENTS} patients of test"


@check("CXR001", "Floor not beaten", "warning")
def floor_not_beaten(evidence: Evidence) -> Iterator[Remark]:
    """Hold each model against the best floor.

    Floors see no pixels: a model that is not above the best of them has shown nothing yet. Decided
    by the difference of the macro AUCs on test, both from the same draws of patients: its interval
    includes 0 or lies below. Train longer, on more radiographs or from better weights, or say that
    the test part is too small to tell.
    """
    floors = _places(evidence, floor=True)
    models = _places(evidence, floor=False)
    if not floors or not models:
        yield unjudged("it takes a floor and a model among the finished rows")
        return
    macro = evidence.estimates["auc"][:, -2]
    best = max(floors, key=lambda place: np.nan_to_num(macro.value[place]))
    gap = macro[models] - macro[[best]]
    low, high = _interval(gap, evidence)
    if np.isnan(low).all():
        yield unjudged("no finding of test tells rows apart: their macro AUCs have no interval")
        return
    for k, place in enumerate(models):
        if low[k] <= 0:
            yield Remark(
                f"macro AUC {macro.value[place]:.3f} is not shown to be above the floor "
                f"{evidence.rows[best]} ({macro.value[best]:.3f}): difference {gap.value[k]:+.3f}, "
                f"interval {low[k]:+.3f} to {high[k]:+.3f}",
                rows=(evidence.rows[place],),
            )


@check("CXR003", "AUC below chance", "error")
def below_chance(evidence: Evidence) -> Iterator[Remark]:
    """Look for AUCs that are surely below chance.

    An AUC surely below 0.5 means that scores are turned round: high where nothing is there. Decided
    by the interval of each AUC on test, widened for all rows and findings that are looked at
    (Bonferroni): its upper bound is below 0.5. Findings of fewer than 10 patients are not looked
    at. See whether the model predicts the class 0, or columns of its scores are exchanged.
    """
    if not _common(evidence.test):
        yield unjudged(_NONE_COMMON)
    for row, auc, margin, names in _looked_at(evidence):
        below = np.flatnonzero(auc + margin < 0.5)
        if len(below):
            figures = [f"{auc[k]:.3f}" for k in below]
            yield _remark("AUC surely below 0.5 for", row, [names[k] for k in below], figures)


@check("CXR004", "Above the best published", "warning")
def above_published(evidence: Evidence) -> Iterator[Remark]:
    """Look for AUCs that are surely above all published ones.

    An AUC surely above the best one published asks for an explanation before it is believed. Such
    figures mostly come from images of one patient in two parts, from the train part, or from labels
    that reach the model. Decided on NIH's radiographs, per finding and for the macro mean, by the
    interval on test, widened for all rows and findings that are looked at: its lower bound is above
    every figure in benchmark/published.csv, on NIH's own split above those measured on it. See what
    the model reads and where its scores come from.
    """
    if evidence.source != "nih":
        yield unjudged("figures are published of NIH's radiographs alone")
        return
    if not _common(evidence.test):
        yield unjudged(_NONE_COMMON)
    best = best_published(evidence.kind)
    for row, auc, margin, names in _looked_at(evidence):
        known = np.array([best.get(name, np.nan) for name in names])
        above = np.flatnonzero(auc - margin > known)
        if len(above):
            figures = [f"{auc[k]:.3f} against {known[k]:.3f}" for k in above]
            text = "AUC surely above the best published for"
            yield _remark(text, row, [names[k] for k in above], figures)


@check("CXR005", "Valid far above test", "warning")
def valid_above_test(evidence: Evidence) -> Iterator[Remark]:
    """Hold valid against test.

    Every choice is made on valid: a figure that is much better there was fitted to it. Or the two
    parts differ, as in NIH's official split. Decided by the mean AUC over the findings that at
    least 10 patients have in both parts: on valid it is more than 0.02 above test, and by more than
    the interval of the difference allows, widened for the rows. Report the test part alone, and
    make fewer choices on a larger valid.
    """
    yield from _falls(evidence, "valid")


@check("CXR013", "Train far above test", "info")
def train_above_test(evidence: Evidence) -> Iterator[Remark]:
    """Hold train against test.

    The row knows its train part by heart. That is common in boosted trees, and no error. But
    figures on train say nothing then, and more regularisation or augmentation may help. Decided as
    CXR005 is, with the train part and a difference of more than 0.1.
    """
    yield from _falls(evidence, "train")


def best_published(kind: str) -> dict[str, float]:
    """Return the highest published AUC of each finding, and of their mean as ``macro``.

    Parameters
    ----------
    kind : str
        Of the split: of ``official`` those measured on NIH's lists, of others all.
    """
    table = published()
    comparable = table[(table["kind"] == "official") | (kind != "official")]
    best = comparable.groupby("finding")["auc"].max().rename({"mean": "macro"})
    return {str(finding): float(auc) for finding, auc in best.items()}


def _places(evidence: Evidence, *, floor: bool) -> list[int]:
    """Return the places of the floors, or of the models, among the rows."""
    kinds = [evidence.about.get(row, {}).get("kind") == "floor" for row in evidence.rows]
    return [place for place, is_floor in enumerate(kinds) if is_floor == floor]


def _interval(estimates: Estimates, evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    settings = evidence.settings
    return interval(estimates, level=settings.level, method=settings.interval)


def _spread(estimates: Estimates) -> np.ndarray:
    """Return standard errors, patients having been drawn by lot: from their influences."""
    return np.sqrt((estimates.influence**2).sum(-1))


def _common(*parts: Part) -> list[int]:
    """Return the places of those of the 14 findings that enough patients have in each part."""
    carriers = np.min([part.carriers() for part in parts], axis=0)
    return [k for k in parts[0].fourteen if carriers[k] >= FEW_PATIENTS]


def _looked_at(evidence: Evidence) -> Iterator[tuple[str, np.ndarray, np.ndarray, list[str]]]:
    """Yield each row with the AUCs of its common findings on test, then their mean.

    With them the half of each interval's width, and the names of the findings.
    """
    test = evidence.test
    places = _common(test)
    if not places or not evidence.rows:
        return
    names = [*(evidence.findings[k] for k in places), "macro"]
    wide = errors_wide(
        [*test.carriers()[places], len(test.names)],
        level=evidence.settings.level,
        comparisons=len(evidence.rows) * len(names),
    )
    for place, row in enumerate(evidence.rows):
        auc = evidence.estimates["auc"][place, [*places, len(evidence.findings)]]
        yield row, auc.value, wide * _spread(auc), names


def _remark(text: str, row: str, names: list[str], figures: list[str]) -> Remark:
    findings = tuple(name for name in names if name != "macro")
    return Remark(f"{text} {in_words(names, figures)}", rows=(row,), findings=findings)


def _falls(evidence: Evidence, name: str) -> Iterator[Remark]:
    """Hold each row's mean AUC on a part against that on test."""
    part, test = getattr(evidence, name), evidence.test
    places = _common(part, test)
    if not places or not evidence.rows:
        few = f"a finding of {FEW_PATIENTS} patients of {name} and of test"
        yield unjudged(f"it takes a finished row and {few}")
        return
    fewest = min(len(part.names), len(test.names))
    wide = errors_wide(fewest, level=evidence.settings.level, comparisons=len(evidence.rows))
    for place, row in enumerate(evidence.rows):
        there = _mean_auc(part, place, places)
        here = evidence.estimates["auc"][place, places].mean()
        gap = there.value - here.value
        surely = wide * np.hypot(_spread(there), _spread(here))
        if gap > max(FAR[name], surely):
            over = "1 finding" if len(places) == 1 else f"{len(places)} findings"
            yield Remark(
                f"mean AUC over {over} {there.value:.3f} on {name} and "
                f"{here.value:.3f} on test: {gap:.3f} less, interval {gap - surely:.3f} to "
                f"{gap + surely:.3f}",
                rows=(row,),
            )


def _mean_auc(part: Part, row: int, places: list[int]) -> Estimates:
    """Estimate the mean AUC of some findings with its influences, without draws."""
    each = [_auc(part, row, k) for k in places]
    return Estimates.stack(each).mean()


def _auc(part: Part, row: int, finding: int) -> Estimates:
    count = len(part.names)
    ranked = Ranked.of(
        part.truth[:, finding], part.scores[row][:, finding], part.patients, count=count
    )
    value, _ = ranked.weighted(np.ones((count, 1)))
    return Estimates(value[0], value, ranked.influence()[0])
