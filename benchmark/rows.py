"""The rows of an experiment: their models, the order of their fits, their fingerprints."""

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmark.experiment import Experiment
from benchmark.inputs import Inputs
from features.errors import InputError, unknown
from features.fingerprint import code_digest, digest
from models import backend, registry
from models.base import Model

#: What only looks at finished rows. A model's file names it, but neither a fit nor its scores run
#: it (a test holds them to that), so no row is fitted again when it changes.
ONLOOKERS = ("models.gradcam", "models.tree_maps")


@dataclass(frozen=True)
class Row:
    """A row of an experiment, its model chosen and its options filled in."""

    name: str
    source: str
    model: Model


def rows_of(experiment: Experiment) -> list[Row]:
    """Choose the model of each row and fill in its options.

    A row's options are its own table's, then those of ``[training]`` and ``[data]`` that its
    model knows, then the model's defaults.

    Returns
    -------
    list of Row
        In the order in which they are fitted: the experiment's, but for rows that build on later
        ones.

    Raises
    ------
    InputError
        If a row's model or an option is unknown, ``[training]`` holds a key no model knows, a
        row builds on one that is not there, or on itself, or rows were predicted elsewhere.
    """
    if experiment.predictions:
        raise InputError(
            f"{experiment.name} holds predictions made elsewhere "
            f"({', '.join(experiment.predictions)}): there is no model to run; 'cxrbench score' "
            "evaluates their files, 'cxrbench report' builds their report again"
        )
    shared = {"size": experiment.data.size} | experiment.training.options
    rows = [_row(name, experiment.models.get(name, {}), shared) for name in experiment.rows]
    _check_names(experiment, rows)
    return _in_order({row.name: row for row in rows})


def usable_rows(experiment: Experiment) -> list[Row]:
    """Return `rows_of`; refuse now what would else be refused once the radiographs are decoded.

    Raises
    ------
    InputError
        As `rows_of`, or if the engine, or a file of weights, cannot serve a row's options.
    """
    backend.name()  # one that nobody knows serves no row
    rows = rows_of(experiment)
    for row in rows:
        try:
            row.model.depends_on()
        except InputError as error:
            raise InputError(f"{row.name}: {error}") from None
    return rows


def _in_order(rows: dict[str, Row]) -> list[Row]:
    """Put what a row builds on before it."""
    ordered: dict[str, Row] = {}

    def put(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise InputError(f"rows build on each other: {' on '.join([*above, name])}")
        for below in rows[name].model.builds_on:
            if below not in rows:
                raise unknown("row", below, rows, where=f"what {name} builds on")
            put(below, (*above, name))
        ordered[name] = rows[name]

    for name in rows:
        put(name, ())
    return list(ordered.values())


def _row(name: str, own: dict[str, Any], shared: dict[str, Any]) -> Row:
    own = dict(own)
    source = str(own.pop("model", name))
    if source.endswith(".py"):  # absolute, for the process that fits the row may stand elsewhere
        source = str(Path(source).expanduser().absolute())
    model = registry.find(source)
    known = {key: value for key, value in shared.items() if key in model.option_types()}
    try:
        return Row(name, source, model(**known | own))
    except TypeError as error:  # an __init__ of its own, which takes no options
        raise InputError(f"{source} cannot be made with options: {error}") from error


def _check_names(experiment: Experiment, rows: list[Row]) -> None:
    """Refuse what would silently do nothing: a table or an option that no model reads."""
    for name, own in experiment.models.items():
        if name not in {*experiment.rows, *registry.available()} and "model" not in own:
            raise unknown("row", name, experiment.rows, where="[models]")
    options = {key for row in rows for key in row.model.option_types()}
    everywhere = {key for model in registry.available().values() for key in model.option_types()}
    for key in experiment.training.options:
        if key not in options | everywhere:
            raise unknown("option", key, options | {"seed"}, where="[training]")


def fingerprints(rows: Iterable[Row], inputs: Inputs, seed: int) -> dict[str, str]:
    """Digest, for each row, exactly what it depends on: inputs, options, seed, code, other rows.

    Parameters
    ----------
    rows : iterable of Row
        In the order of `rows_of`: what a row builds on stands before it.
    inputs : Inputs
        What they share.
    seed : int
        The training seed.
    """
    shared = inputs.digest()
    prints: dict[str, str] = {}
    for row in rows:
        below = [prints[name] for name in row.model.builds_on]
        prints[row.name] = fingerprint_of(row, shared, seed, below)
    return prints


def fingerprint_of(row: Row, shared: str, seed: int, below: list[str]) -> str:
    """Digest what one row depends on: the digests of inputs and of rows below, and its own."""
    kind = type(row.model)
    # By its file: what another package announces is not found by its module's name.
    file = Path(row.source if row.source.endswith(".py") else inspect.getfile(kind))
    return digest(
        shared,
        row.model.depends_on(),
        seed if kind.seeded else None,
        code_digest(kind.__module__, file, apart=ONLOOKERS),
        below,
    )
