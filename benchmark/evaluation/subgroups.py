"""Subgroups of *test*: how well a row ranks women's radiographs, and how well men's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from benchmark.evaluation.evidence import Evidence
from benchmark.evaluation.judgement import (
    COUNTED,
    RANKED,
    Judgement,
    bounded,
    lines,
    relabelled,
    tabled,
    with_macro,
)

#: What the table does not say of an image.
UNKNOWN = "unknown"

#: Patients with a finding, and as many without, that a group needs for its figure.
LEAST = 10

#: Where age bands begin, in years, and what they are called.
AGE_EDGES = (0, 18, 40, 60, 80, np.inf)
AGE_BANDS = ("under 18", "18 to 39", "40 to 59", "60 to 79", "80 and over")

COLUMNS = (
    *("row", "finding", "group", "value", "group_patients", *COUNTED, *RANKED),
    *("other", "gap", "gap_low", "gap_high", "note"),
)


def subgroups_table(evidence: Evidence) -> pd.DataFrame:
    """Judge every row on groups of *test* by sex, age, view position and visit.

    The gap of a group is its AUC less that of all images of the other groups together; images
    of unknown value are a group of their own and in nobody's others. Both stand on the same
    draws of patients. The macro gap is the mean of the findings' gaps.

    A finding that fewer than `LEAST` patients of the group have, or fewer are without, has no
    figure there, and the note says so: it would be noise.

    Parameters
    ----------
    evidence : Evidence
        Of *test*; `Evidence.split` says who is in which group.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. A group that all images are in, or of which the split says nothing, is
        left out.
    """
    made: list[dict] = []
    if evidence.rows and len(evidence.test.table):
        for axis, groups in groups_of(evidence.test.table).items():
            made += _axis_lines(evidence, axis, groups)
    return tabled(evidence, made, COLUMNS, counts=("group_patients", *COUNTED))


def groups_of(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return which group every image is in.

    Parameters
    ----------
    table : pandas.DataFrame
        Lines of split.csv; columns that it lacks are left out.

    Returns
    -------
    dict of str to numpy.ndarray
        Of each of `AXES` that parts the images: words, of shape (n,).
    """
    found = {name: read(table[name]) for name, (read, _) in AXES.items() if name in table}
    return {name: groups for name, groups in found.items() if len(set(groups)) > 1}


def _words(column: pd.Series) -> np.ndarray:
    words = column.astype(object).where(column.notna(), "").to_numpy()
    return np.array([str(word) or UNKNOWN for word in words], dtype=object)


def _bands(ages: pd.Series) -> np.ndarray:
    years = ages.to_numpy(float)
    places = np.clip(np.searchsorted(AGE_EDGES, years, side="right") - 1, 0, len(AGE_BANDS) - 1)
    return np.where(np.isnan(years), UNKNOWN, np.array(AGE_BANDS, dtype=object)[places])


def _visits(follow_up: pd.Series) -> np.ndarray:
    number = follow_up.to_numpy(float)
    word = np.where(number == 0, "first", "follow-up").astype(object)
    return np.where(np.isnan(number), UNKNOWN, word)


#: By column of split.csv: how its values become groups, and the order of the groups.
AXES: dict[str, tuple[Callable[[pd.Series], np.ndarray], tuple[str, ...]]] = {
    "sex": (_words, ("F", "M")),
    "age": (_bands, AGE_BANDS),
    "view": (_words, ("PA", "AP")),
    "follow_up": (_visits, ("first", "follow-up")),
}


@dataclass(frozen=True, eq=False)
class _Group:
    """Some images, judged on the findings of which there are enough."""

    judged: Judgement
    patients: int
    with_it: np.ndarray
    without: np.ndarray

    @classmethod
    def of(cls, evidence: Evidence, chosen: np.ndarray) -> Self:
        part = evidence.test.take(chosen)
        with_it, without = part.carriers(), part.carriers(0)
        enough = np.minimum(with_it, without) >= LEAST
        masked = relabelled(part, np.where(enough, part.truth, np.nan))
        judged = replace(Judgement.of(masked, evidence.weights), part=part)
        return cls(judged, len(np.unique(part.patients)), with_it, without)

    @property
    def enough(self) -> np.ndarray:
        """Shape (findings,): whether there are patients enough for a figure."""
        return np.minimum(self.with_it, self.without) >= LEAST


def _axis_lines(evidence: Evidence, axis: str, groups: np.ndarray) -> Iterator[dict]:
    made = {value: _Group.of(evidence, groups == value) for value in _ordered(axis, groups)}
    named = [value for value in made if value != UNKNOWN]
    for value, group in made.items():
        other, rest = "", None
        if value in named and len(named) == 2:
            other = named[1 - named.index(value)]
            rest = made[other]
        elif value in named and len(named) > 2:
            other = "all others"
            rest = _Group.of(evidence, (groups != value) & (groups != UNKNOWN))
        told = {"group": axis, "value": value, "group_patients": group.patients, "other": other}
        for line in _group_lines(evidence, group, rest):
            yield told | line


def _ordered(axis: str, groups: np.ndarray) -> list[str]:
    """Put the groups that there are in the order of the axis, strange ones and unknown last."""
    present, order = set(groups), AXES[axis][1]
    strange = sorted(present - {*order, UNKNOWN})
    return [value for value in (*order, *strange, UNKNOWN) if value in present]


def _group_lines(evidence: Evidence, group: _Group, rest: _Group | None) -> Iterator[dict]:
    settings, own = evidence.settings, evidence.test.fourteen
    figures = group.judged.figures(settings)
    if rest is not None:
        figures |= bounded("gap", with_macro(group.judged.auc - rest.judged.auc, own), settings)
    notes = [_note(group, rest, k) for k in range(len(evidence.findings))]
    notes.append(_macro_note(group, rest, own))
    for place, line in lines(evidence, group.judged.counts(), figures):
        yield line | {"note": notes[place]}


def _note(group: _Group, rest: _Group | None, place: int) -> str:
    """Say why a finding has no figure, or no gap; nothing where it has."""
    if not group.enough[place]:
        said = f"{group.with_it[place]} patients with the finding, {group.without[place]} without"
        return f"too small: {said}; {LEAST} of each are needed"
    return "" if rest is None or rest.enough[place] else "no gap: too few in the other group"


def _macro_note(group: _Group, rest: _Group | None, own: list[int]) -> str:
    """Say how many findings a macro mean is over, where it is not over all."""
    count = int(group.enough[own].sum())
    shared = count if rest is None else int((group.enough & rest.enough)[own].sum())
    said = [f"mean over {count} of {len(own)} findings"] if count < len(own) else []
    return "; ".join([*said, *([f"gap over {shared}"] if shared < count else [])])
