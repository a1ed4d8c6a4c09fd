"""An experiment with the changes that a command, or a call from Python, asks for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.experiment import Experiment, load
from features.errors import InputError


def configure(
    experiment: str | Experiment,
    *,
    models: Sequence[str] = (),
    add_models: Sequence[str] = (),
    data: str | Path | None = None,
    table: str | None = None,
    limit: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
) -> Experiment:
    """Return an experiment with the changes that a user asked for; see `run`."""
    from benchmark.grids.cells import refuse_overruled

    chosen = load(experiment) if isinstance(experiment, str) else experiment
    given = {
        "data.folder": None if data is None else str(data),
        "data.table": table,
        "data.limit": limit,
        "data.size": size,
        "split.seed": seed,
        "training.seed": seed,
    }
    given = {place: value for place, value in given.items() if value is not None}
    options = dict(options or {})
    axes = {f"grid.{place}": list(values) for place, values in (grid or {}).items()}
    chosen = chosen.replace(given | chosen.for_all_rows(given | options) | options | axes)
    chosen = _with_models(chosen, models, add_models)
    if chosen.grid:
        refuse_overruled(chosen, given, options)
    return chosen


def _with_models(
    experiment: Experiment, models: Sequence[str], add_models: Sequence[str]
) -> Experiment:
    """Keep only some rows, and add others; a file becomes a row of its own name."""
    rows = [*(models or experiment.rows), *add_models]
    files = {Path(row).stem: str(Path(row).resolve()) for row in rows if row.endswith(".py")}
    names = [Path(row).stem if row.endswith(".py") else row for row in rows]
    _refuse_same_names(experiment, rows, names)
    changes = {f"models.{name}.model": file for name, file in files.items()}
    return experiment.replace(changes | {"rows": list(dict.fromkeys(names))})


def _refuse_same_names(experiment: Experiment, rows: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a file that would silently take the place of another row."""
    sources: dict[str, str] = {}
    for row, name in zip(rows, names, strict=True):
        source = row if row.endswith(".py") else experiment.models.get(name, {}).get("model", name)
        source = str(Path(source).resolve()) if source.endswith(".py") else source
        if "." in name:
            raise InputError(f"{row}: a row's name has no dot; give the file another name")
        if sources.setdefault(name, source) != source:
            raise InputError(f"two rows would be called '{name}'; give {row} another name")
