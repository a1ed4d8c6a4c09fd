"""A grid: one experiment over several seeds, folds, sizes or values, a cell for each of them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from benchmark.experiment import Experiment
from features.errors import InputError, unknown
from features.fingerprint import digest

#: What is averaged over: other patients in train and test, or another training on the same ones.
SPLIT = ("split.seed", "split.fold")
TRAINING = ("training.seed",)

#: The tables of an experiment whose values may vary.
TABLES = ("data", "split", "training", "evaluation", "models")

#: Longer values and names of cells end in a digest: a file system takes 255 bytes.
_LONGEST_VALUE = 24
_LONGEST_NAME = 120


@dataclass(frozen=True)
class Cell:
    """One cell of a grid.

    Parameters
    ----------
    name : str
        That of its folder, for example ``split.seed=0,training.seed=1``.
    at : dict of str to object
        Its value at each place that varies.
    experiment : Experiment
        The grid's with these values, and without a grid.
    """

    name: str
    at: dict[str, Any]
    experiment: Experiment


@dataclass(frozen=True)
class Axes:
    """The places that vary, and over which of them the figures are averaged.

    Parameters
    ----------
    places : dict of str to list
        Their values, by dotted place.
    one_test : bool, optional
        Whether the test part is the same in all cells, as with an official list.
    """

    places: dict[str, list[Any]]
    one_test: bool = False

    @property
    def split(self) -> list[str]:
        """Places that decide who is in which part."""
        return [place for place in self.places if place in SPLIT]

    @property
    def training(self) -> list[str]:
        """Places that decide nothing but a training's chance."""
        return [place for place in self.places if place in TRAINING]

    @property
    def settings(self) -> list[str]:
        """Places that are not averaged over: each of their values has lines of its own."""
        return [place for place in self.places if place not in (*SPLIT, *TRAINING)]

    def said(self, at: Mapping[str, Any], places: Iterable[str]) -> str:
        """Say the values at some places, as far as they have a bearing; settings in short."""
        named = {place: place for place in self.places} | _short(self.settings)
        return ", ".join(
            f"{named[place]} = {word(at[place])}" for place in places if at[place] != ""
        )

    @property
    def averaged(self) -> int:
        """How many cells a line is the mean of, once all are finished."""
        return prod(len(self.places[place]) for place in [*self.split, *self.training])

    @property
    def sources(self) -> list[str]:
        """What the cells of a line differ in: ``split``, ``training``, both or neither."""
        several = {place for place, values in self.places.items() if len(values) > 1}
        named = {"split": self.split, "training": self.training}
        return [name for name, places in named.items() if several.intersection(places)]

    def sentence(self) -> str:
        """Say what the spread of a line's cells is a spread of."""
        split, training = (_listed(self.places, places) for places in (self.split, self.training))
        match self.sources:
            case ["split"] if self.one_test:
                return (
                    f"Cells differ in {split}: other patients learn in each, on one test part, so "
                    "the SD is that of the data learnt from; how much other patients in test "
                    "would move a figure is not in it."
                )
            case ["split"]:
                return (
                    f"Cells differ in {split}: other patients learn and test in each, so the SD is "
                    "that of the data."
                )
            case ["training"]:
                return (
                    f"Cells differ in {training}: the same patients throughout, so the SD is that "
                    "of training alone; how much other patients would move a figure is not in it."
                )
            case ["split", "training"]:
                same = " The test part is the same in all." if self.one_test else ""
                return (
                    f"Cells differ in {split} and in {training}. SD, split is that of the splits' "
                    "means over the trainings; SD, training is that of trainings on the same "
                    f"split, pooled over the splits.{same}"
                )
        return "Nothing is averaged over: every figure is that of one cell, and has no SD."


def _listed(axes: Mapping[str, list[Any]], places: list[str]) -> str:
    said = (f"{place} ({', '.join(map(word, axes[place]))})" for place in places)
    return " and ".join(said)


def _short(places: list[str]) -> dict[str, str]:
    """Return the last words of places, as many as tell them apart."""
    short = {}
    for place in places:
        words = place.split(".")
        ends = (".".join(words[-count:]) for count in range(1, len(words) + 1))
        others = [f".{other}" for other in places if other != place]
        short[place] = next(
            end for end in ends if not any(other.endswith(f".{end}") for other in others)
        )
    return short


def axes_of(experiment: Experiment) -> Axes:
    """Return what the ``[grid]`` of an experiment varies, in the order of the places' names.

    So neither the order of the file nor that in which it is written again matters.

    Raises
    ------
    InputError
        If a place cannot vary, or has no list of different values.
    """
    given = dict(leaves(experiment.grid))
    axes = {place: given[place] for place in sorted(given)}
    if not axes:
        raise InputError("[grid] is empty; write lists of values, as in split.seed = [0, 1, 2]")
    for place, values in axes.items():
        _check(place, values, experiment)
    listed = experiment.split.kind in ("official", "column")
    return Axes(axes, one_test=listed and not axes.keys() & {"split.fold", "split.kind"})


def leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of nested tables under its dotted place."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def _check(place: str, values: Any, experiment: Experiment) -> None:
    table, _, inside = place.partition(".")
    if table not in TABLES:
        raise unknown("table", table, TABLES, where="[grid]")
    if not inside:
        raise InputError(f"[grid] {place}: a table cannot vary; name one of its values")
    if table == "models" and (row := inside.split(".")[0]) not in experiment.rows:
        raise unknown("row", row, experiment.rows, where="[grid]")
    if not isinstance(values, list) or not values:
        raise InputError(
            f"[grid] {place} = {values!r}: write a list of values, as in {place} = [0, 1, 2]"
        )
    for at, value in enumerate(values):
        if isinstance(value, Mapping):
            raise InputError(f"[grid] {place}: a value is no table; name the values inside it")
        if value in values[:at]:
            raise InputError(f"[grid] {place} holds {value!r} twice")


def refuse_overruled(
    experiment: Experiment, given: Mapping[str, Any], options: Mapping[str, Any]
) -> None:
    """Refuse values that the grid would silently replace.

    Parameters
    ----------
    experiment : Experiment
        With a grid.
    given : mapping
        Values by their place; one of the two seeds may vary, and the other holds.
    options : mapping
        Values by their place, meant for that place alone.

    Raises
    ------
    InputError
        If there are any.
    """
    seeds = {*TRAINING, "split.seed"}
    varied = set(axes_of(experiment).places)
    replaced = varied | experiment.for_all_rows(dict.fromkeys(varied)).keys()
    overruled = replaced & options.keys() | varied & (given.keys() - seeds)
    if seeds <= varied & given.keys():
        overruled |= seeds
    if overruled:
        raise InputError(
            f"{' and '.join(sorted(overruled))} cannot be given beside [grid], which varies it"
        )


def cells_of(experiment: Experiment) -> list[Cell]:
    """Return the cells of an experiment's ``[grid]``: every combination of its values.

    Every value is validated. What asks of all rows is passed on to those with a value of their
    own, as a command's options are.

    Raises
    ------
    InputError
        If a place or a value cannot be used.
    """
    axes = axes_of(experiment)
    combinations = product(*axes.places.values())
    return [_cell(experiment, dict(zip(axes.places, at, strict=True))) for at in combinations]


def _cell(experiment: Experiment, at: dict[str, Any]) -> Cell:
    words = ", ".join(f"{place} = {word(value)}" for place, value in at.items())
    own = {"grid": {}, "title": f"{experiment.title or experiment.name}: {words}"}
    changes = experiment.for_all_rows(at) | at | own
    return Cell(_name(at), at, experiment.replace(changes, where="[grid]"))


def _name(at: Mapping[str, Any]) -> str:
    """Name a cell by its values alone, so that a longer list keeps the cells of a shorter one."""
    name = ",".join(f"{place}={_safe(word(value))}" for place, value in at.items())
    return name if len(name) <= _LONGEST_NAME else f"{name[:100]}~{digest(name)}"


def _safe(text: str) -> str:
    """Make a value fit a folder's name; what had to go is told apart by a digest."""
    safe = re.sub(r"[^\w.+-]", "_", text)
    if safe == text and len(text) <= _LONGEST_VALUE:
        return text
    return f"{safe[: _LONGEST_VALUE - 9]}~{digest(text)[:8]}"


def word(value: Any) -> str:
    """Write a value as it stands in tables: a word as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
