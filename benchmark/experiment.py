"""The experiment file: what is run, on which data, with which split. Read, validated, written."""

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator

from benchmark.settings import Data, Evaluation, Name, Section, Split, Training
from features.errors import InputError, unknown


class Experiment(Section):
    """One experiment: everything that a run depends on beside data and code.

    Raises
    ------
    InputError
        From `load` and `replace`, in one line, where a key or a value cannot be used.
    """

    name: Name
    title: str = ""
    rows: tuple[Name, ...]
    data: Data = Data()
    split: Split = Split()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)
    #: The files of rows that were predicted elsewhere: what `benchmark.scoring` has evaluated.
    predictions: dict[Name, str] = Field(default_factory=dict)
    #: Lists of values by their places; see `benchmark.grids.cells`.
    grid: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _rows_are_named_once(self) -> Self:
        if not self.rows:
            raise ValueError("an experiment needs at least one row")
        if len(set(self.rows)) < len(self.rows):
            raise ValueError(f"a row is named twice: {', '.join(self.rows)}")
        return self

    @model_validator(mode="after")
    def _muted_checks_exist(self) -> Self:
        if self.evaluation.mute:
            from benchmark.checks.registry import check_codes

            check_codes(self.evaluation.mute)
        return self

    @classmethod
    def parse(cls, content: Mapping[str, Any], where: str) -> Self:
        """Validate the content of an experiment file."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise _one_line(error, cls, where) from None

    def replace(self, changes: Mapping[str, Any], where: str = "--set") -> Self:
        """Return the experiment with values changed.

        Parameters
        ----------
        changes : mapping
            Values by their dotted place, for example ``{"models.cnn6.epochs": 3}``.
        where : str, optional
            What an error names as the place of the change.
        """
        content = self.model_dump(exclude_unset=True)
        for place, value in changes.items():
            _put(content, place.split("."), value, where)
        return type(self).parse(content, where)

    def for_all_rows(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Pass on what is asked of all rows to those with a value of their own.

        Parameters
        ----------
        given : mapping
            Values by their dotted place; those of the image size and of ``[training]`` count.

        Returns
        -------
        dict
            Changes for `replace`, beside those given.
        """
        shared = {
            place.removeprefix("training.").removeprefix("data."): value
            for place, value in given.items()
            if place == "data.size" or place.startswith("training.")
        }
        return {
            f"models.{name}.{key}": shared[key]
            for name, own in self.models.items()
            for key in shared.keys() & own.keys()
        }

    def to_toml(self) -> str:
        """Write the experiment as a file that `load` reads back.

        All defaults are filled in, but for predictions made elsewhere: what `run` would have done
        says nothing of them.
        """
        import tomli_w

        without = {name for name in ("grid", "predictions") if not getattr(self, name)}
        elsewhere = bool(self.predictions)
        return tomli_w.dumps(self.model_dump(mode="json", exclude=without, exclude_unset=elsewhere))


def shipped() -> dict[str, Path]:
    """Return the experiments that come with the project, by name."""
    folder = files("benchmark") / "experiments"
    found = (Path(str(file)) for file in folder.iterdir() if file.name.endswith(".toml"))
    return {path.stem: path for path in sorted(found)}


def load(name: str) -> Experiment:
    """Read an experiment.

    Parameters
    ----------
    name : str
        One of `shipped`, or the path of a TOML file.
    """
    path = Path(name).expanduser() if name.endswith(".toml") else shipped().get(name)
    if path is None:
        raise unknown("experiment", name, shipped())
    if not path.is_file():
        raise InputError(f"no experiment file at {path}")
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}") from None
    return Experiment.parse({"name": path.stem} | content, where=str(path))


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` words; a value that is not TOML is taken as a word.

    Examples
    --------
    >>> parse_assignments(["models.cnn6.epochs=3", "training.weights=random"])
    {'models.cnn6.epochs': 3, 'training.weights': 'random'}
    """
    changes = {}
    for assignment in assignments:
        place, equals, value = assignment.partition("=")
        if not equals or not place.strip():
            raise InputError(f"--set {assignment}: write KEY=VALUE, as in models.cnn6.epochs=3")
        changes[place.strip()] = _value(value.strip())
    return changes


def parse_grid(assignments: Iterable[str]) -> dict[str, list[Any]]:
    """Read ``KEY=VALUE,VALUE`` words, or ``KEY=[…]`` with a TOML list of any values.

    Examples
    --------
    >>> parse_grid(["split.seed=0,1", "training.weights=random"])
    {'split.seed': [0, 1], 'training.weights': ['random']}
    """
    axes = {}
    for assignment in assignments:
        place, equals, text = (word.strip() for word in assignment.partition("="))
        if not equals or not place:
            raise InputError(f"--grid {assignment}: write KEY=VALUE,VALUE, as in split.seed=0,1,2")
        listed = _value(text)
        words = [word.strip() for word in text.split(",") if word.strip()]
        axes[place] = listed if isinstance(listed, list) else [_value(word) for word in words]
    return axes


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(content: dict, place: list[str], value: Any, where: str) -> None:
    *tables, key = place
    for table in tables:
        content = content.setdefault(table, {})
        if not isinstance(content, dict):
            raise InputError(f"{where} {'.'.join(place)}: '{table}' is a value and no table")
    content[key] = value


def _one_line(error: ValidationError, root: type[BaseModel], where: str) -> InputError:
    """Say the first thing that is wrong, with the nearest key where a key is unknown."""
    first = error.errors()[0]
    place = [str(step) for step in first["loc"]]
    if first["type"] == "extra_forbidden":
        allowed = _section(root, place[:-1]).model_fields
        table = f"[{'.'.join(place[:-1])}] of " if place[:-1] else ""
        return unknown("key", place[-1], allowed, where=f"{table}{where}")
    given = f" = {first['input']!r}" if place and first["type"] != "missing" else ""
    if first["type"] == "string_pattern_mismatch":
        first["msg"] = "a name has letters, digits, blanks, '_', '.', '+', '-', and starts with one"
    reason = first["msg"].removeprefix("Value error, ")  # of a check of our own
    return InputError(": ".join(filter(None, [where, ".".join(place) + given, reason])))


def _section(root: type[BaseModel], place: list[str]) -> type[BaseModel]:
    for step in place:
        hint = root.model_fields[step].annotation
        root = hint if isinstance(hint, type) else get_args(hint)[0]
    return root
