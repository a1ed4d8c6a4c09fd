"""Predictions made elsewhere: a CSV file with an image column and a column a finding."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from benchmark.datasets.cells import letters, read_cells, titles
from benchmark.datasets.files import stem
from benchmark.split_file import IMAGE_COLUMNS, some
from features.errors import InputError
from features.findings import FINDINGS, NO_FINDING, canonical

Scale = Literal["probabilities", "logits"]

#: A file is taken for logits where at least this share of its values is negative. Of fourteen
#: findings most are absent, so that most logits are; a slip among probabilities is a few values.
NEGATIVE_SHARE = 0.1

#: How many lines an error shows of a longer list.
_SHOWN = 5

#: A header's words: parted by whatever is no letter, and where a capital begins a word.
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST = 3

#: A header with one of these means the absence of what it names.
_NEGATIONS = {"no", "non", "not", "without"}


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one file says of its images.

    Parameters
    ----------
    file : Path
        Where it was read.
    scores : pandas.DataFrame
        Indexed by the images' stems, a column a finding, and No Finding last where the file has
        it: probabilities.
    origin : pandas.DataFrame
        Indexed as `scores`: `line` in the file, and `image` as it is spelled there.
    columns : dict of str to str
        The header of each finding's column.
    scale : {"probabilities", "logits"}
        What the file holds.
    notes : tuple of str
        What a user should know of how it was read, a sentence each.
    """

    file: Path
    scores: pd.DataFrame
    origin: pd.DataFrame
    columns: dict[str, str]
    scale: Scale
    notes: tuple[str, ...]

    def at(self, stems: Sequence[str]) -> str:
        """Name the lines of some images, the first few of them."""
        lines = self.origin.loc[list(stems)].sort_values("line")
        return _few([f"line {it.line} ({it.image})" for it in lines.itertuples()])


def read_predictions(path: Path, *, scale: Scale | None = None) -> Predictions:
    """Read a file of predictions.

    Findings are known by their names, alone or among other words: ``Mass``, ``prob_Mass``,
    ``score.pleural thickening``, ``Infiltrate_v2``. Other columns are left out.

    Without `scale`, a file whose values all lie in [0, 1] holds probabilities, and one of whose
    values at least a tenth is negative holds logits; whatever else lies outside is an error.

    Parameters
    ----------
    path : Path
        CSV, a line an image.
    scale : {"probabilities", "logits"}, optional
        What it holds, where that shall not be told from the values.

    Returns
    -------
    Predictions
        Logits are turned into probabilities.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column or has two for a finding, names an image
        twice, or has a cell that is no number or lies outside [0, 1].
    """
    if not path.is_file():
        raise InputError(f"there is no file {path} of predictions")
    header = titles(path)
    image = _image_column(header, path)
    places = _finding_columns(header, image, path)
    cells = read_cells(path, {"image": image} | places, len(header))
    columns = {finding: header[place] for finding, place in places.items()}
    values = _values(cells, columns, path)
    stems = _stems(cells["image"], path)
    found = scale or _scale_of(values, columns, path)
    probabilities = expit(values) if found == "logits" else values
    _refuse(cells, ~_within(probabilities), columns, path, "outside [0, 1]", _hint(values))
    origin = pd.DataFrame({"line": cells.index, "image": cells["image"].to_numpy()}, stems)
    others = [title for k, title in enumerate(header) if k not in (image, *places.values())]
    notes = [*_notes(columns, others), f"values taken for {found}{'' if scale is None else _ASKED}"]
    notes += _coarse(values, probabilities)
    scores = pd.DataFrame(probabilities, stems, list(columns))
    return Predictions(path, scores, origin, columns, found, tuple(notes))


_ASKED = ", as asked for"


def _image_column(header: Sequence[str], path: Path) -> int:
    """Return the place of the image column; of a table of pandas, that of its nameless index."""
    names = [letters(title) for title in header]
    for wanted in IMAGE_COLUMNS:
        if wanted in names:
            return names.index(wanted)
    if names[:1] == [""]:
        return 0
    raise InputError(
        f"{path} has no image column, such as {' or '.join(IMAGE_COLUMNS[:3])}; it has "
        f"{some([title[:40] for title in header], 'column')}"
    )


def _finding_columns(header: Sequence[str], image: int, path: Path) -> dict[str, int]:
    """Return the place of each finding's column, in the order of the findings."""
    named: dict[str, list[int]] = {finding: [] for finding in (*FINDINGS, NO_FINDING)}
    for place, title in enumerate(header):
        found = _findings_in(title) if place != image else set()
        if len(found) == 1:
            named[found.pop()].append(place)
    for finding, places in named.items():
        if len(places) > 1:
            both = " and ".join(f"'{header[place]}'" for place in places)
            raise InputError(f"{path}: {both} could each be {finding}; leave one column of them")
    if missing := [finding for finding in FINDINGS if not named[finding]]:
        taken = {place for places in named.values() for place in places}
        free = [t for k, t in enumerate(header) if k not in taken and k != image]
        raise _missing(missing, free, path)
    return {finding: places[0] for finding, places in named.items() if places}


def _findings_in(title: str) -> set[str]:
    """Return the findings that a header names among other words; none of those it denies."""
    words = _WORD.findall(title)
    runs = (
        "".join(words[start:end])
        for start in range(len(words))
        for end in range(start + 1, min(start + _LONGEST, len(words)) + 1)
    )
    found = {finding for run in runs if (finding := canonical(run))}
    denied = found != {NO_FINDING} and _NEGATIONS & {word.lower() for word in words}
    return set() if denied else found


def _missing(missing: Sequence[str], free: Sequence[str], path: Path) -> InputError:
    keys = {letters(title): title for title in free}
    near = get_close_matches(letters(missing[0]), keys, n=1, cutoff=0.5)
    hint = f"; nearest to {missing[0]} is '{keys[near[0]][:80]}'" if near else ""
    if free and not near:
        hint = f"; no finding is named by {some([title[:40] for title in free], 'column')}"
    what = missing[0] if len(missing) == 1 else some(missing, "finding")
    return InputError(f"{path} has no column for {what}{hint}")


def _values(cells: pd.DataFrame, columns: Mapping[str, str], path: Path) -> np.ndarray:
    values = cells[list(columns)].map(_number).to_numpy(float)
    _refuse(cells, ~np.isfinite(values), columns, path, "no finite number")
    return values


def _number(cell: str) -> float:
    """Return what a cell says, NaN where it is no number; Python's 1_0 is a slip here."""
    try:
        return float(cell) if "_" not in cell else np.nan
    except ValueError:
        return np.nan


def _refuse(
    cells: pd.DataFrame,
    wrong: np.ndarray,
    columns: Mapping[str, str],
    path: Path,
    trouble: str,
    hint: str = "",
) -> None:
    """Raise where a value is wrong, naming lines, images and columns."""
    count = int(wrong.sum())
    if not count:
        return
    findings = list(columns)
    told = [
        f"line {cells.index[row]} ({cells['image'].iloc[row]}) has "
        f"'{cells[findings[k]].iloc[row][:40]}' as {columns[findings[k]]}"
        for row, k in np.argwhere(wrong)[: _SHOWN + 1]
    ]
    verb = "value is" if count == 1 else "values are"
    raise InputError(f"{path}: {count:,} {verb} {trouble}: {_few(told)}{hint}")


def _stems(images: pd.Series, path: Path) -> pd.Index:
    """Return the images' stems; each must be there, and once."""
    if (nameless := images.index[images == ""]).size:
        raise InputError(f"{path}: line {nameless[0]} names no image")
    stems = images.map(stem)
    again = stems[stems.duplicated(keep=False)]
    if len(again):
        groups = again.index.to_series().groupby(again.to_numpy(), sort=False)
        told = [f"{name} (lines {', '.join(map(str, lines))})" for name, lines in groups]
        what = "1 image" if len(told) == 1 else f"{len(told):,} images"
        raise InputError(f"{path} names {what} more than once: {_few(told)}")
    return pd.Index(stems, name="image")


def _scale_of(values: np.ndarray, columns: Mapping[str, str], path: Path) -> Scale:
    if (values < 0).mean() < NEGATIVE_SHARE:
        return "probabilities"
    within: np.ndarray = np.all(_within(values), axis=0)
    if within.any():
        odd = [title for title, inside in zip(columns.values(), within, strict=True) if inside]
        raise InputError(
            f"{path} holds logits, but {some(odd, 'column')} only values in [0, 1]; mend it, or "
            "say --logits where all are logits"
        )
    return "logits"


def _within(values: np.ndarray) -> np.ndarray:
    return (values >= 0) & (values <= 1)


def _hint(values: np.ndarray) -> str:
    """Say what the file may hold where values lie outside [0, 1]."""
    if values.min() >= 0 and (values > 1).mean() > 0.5 and values.max() <= 100:
        return "; percentages must be divided by 100, and logits be called so by --logits"
    return "; if the file holds logits, say --logits"


def _coarse(values: np.ndarray, probabilities: np.ndarray) -> list[str]:
    """Say where scores tie that need not: calls in the place of scores, and very high logits."""
    if np.isin(values, (0, 1)).all():
        return ["all values are 0 or 1: calls, not scores, so that an AUC rests on one threshold"]
    before, after = (sum(len(np.unique(it)) for it in table.T) for table in (values, probabilities))
    if lost := before - after:
        return [f"{lost:,} logits tie with another as probabilities, being too near to 1 or to 0"]
    return []


def _notes(columns: Mapping[str, str], others: Sequence[str]) -> list[str]:
    """Say which spellings were matched, and what was left out."""
    variants = {name: it for name, it in columns.items() if name.lower() not in it.lower()}
    spelled = [f"'{title}' as {name}" for name, title in variants.items()]
    notes = [f"read {', '.join(spelled)}"] if spelled else []
    return [*notes, f"left out {some(others, 'column')}"] if others else notes


def _few(told: Sequence[str]) -> str:
    return "; ".join(islice(told, _SHOWN)) + ("; …" if len(told) > _SHOWN else "")
