"""Finding models: a file in this folder, a file anywhere, or an entry point of another package."""

import importlib
import importlib.util
import inspect
import pkgutil
import sys
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from features.errors import InputError, unknown
from models.base import Model

#: The group in which other packages announce their models.
ENTRY_POINTS = "cxrbench.models"

#: What a student copies; it is a model, but no row.
TEMPLATE = "template"


@cache
def available() -> dict[str, type[Model]]:
    """Return every model by name: those of this folder, then those of installed packages."""
    folder = Path(__file__).parent
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    files = [folder / f"{name}.py" for name in names if name != TEMPLATE]
    found = {file.stem: _only(models, file) for file in files if (models := _models_in(file))}
    return found | {point.name: point.load() for point in entry_points(group=ENTRY_POINTS)}


def find(name: str) -> type[Model]:
    """Return the model of a name or of a file.

    Parameters
    ----------
    name : str
        One of `available`, or the path of a Python file, which ends in ``.py``.

    Raises
    ------
    InputError
        If there is no such model or file, or the file does not hold exactly one model.
    """
    if name.endswith(".py"):
        return from_file(Path(name))
    if name not in available():
        raise unknown("model", name, available())
    return available()[name]


def from_file(path: Path) -> type[Model]:
    """Import the one model that a file outside this folder defines.

    Raises
    ------
    InputError
        If the file is missing, fails to import, or does not define exactly one model.
    """
    path = path.expanduser().resolve()
    if not path.is_file():
        raise InputError(f"no model file at {path}")
    return _only(_models_in(path), path)


def _only(models: list[type[Model]], path: Path) -> type[Model]:
    if len(models) != 1:
        names = ", ".join(model.__name__ for model in models) or "none"
        raise InputError(f"{path} must define exactly one model; it defines {names}")
    return models[0]


def _import_file(path: Path):
    """Import a file of this folder by its name, any other as a module of its own."""
    try:
        if path.parent == Path(__file__).parent:
            return importlib.import_module(f"models.{path.stem}")
        return _import_stranger(path)
    except (Exception, SystemExit) as error:
        raise InputError(f"{path} cannot be imported: {type(error).__name__}: {error}") from error


def _import_stranger(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    # A module must be registered for type hints and pickling inside it to resolve; the name it
    # would take may belong to an installed package, so a name already taken is left alone.
    sys.modules.setdefault(path.stem, module)
    spec.loader.exec_module(module)
    return module


def _models_in(path: Path) -> list[type[Model]]:
    """Return the concrete models that a file itself defines."""
    module = _import_file(path)
    return [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing)
        and issubclass(thing, Model)
        and not inspect.isabstract(thing)
        and thing.__module__ == module.__name__
    ]
