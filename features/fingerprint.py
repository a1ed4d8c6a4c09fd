"""Digests of data, options and code: what makes a result the same result."""

import ast
import json
import tokenize
from collections.abc import Collection, Iterator
from functools import cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

import numpy as np

#: The rooms whose code may stand behind a result.
ROOMS = ("features", "models", "benchmark")


def digest(*parts: object) -> str:
    """Digest any mix of arrays, bytes and JSON-able values into 16 hexadecimal digits.

    Parameters
    ----------
    *parts : object
        NumPy arrays (their dtype, shape and bytes count), bytes, or anything that JSON can say.
        The order of a dictionary's keys does not matter.
    """
    state = blake2b(digest_size=8)
    for part in parts:
        for piece in _pieces(part):
            state.update(len(piece).to_bytes(8, "little"))
            state.update(piece)
    return state.hexdigest()


def _pieces(part: object) -> Iterator[bytes]:
    if isinstance(part, bytes):
        yield part
    elif isinstance(part, np.ndarray):
        yield f"{part.dtype.str}{part.shape}".encode()
        yield np.ascontiguousarray(part).tobytes()
    else:
        yield json.dumps(part, sort_keys=True, default=str).encode()


def code_digest(module: str, file: Path | None = None, *, apart: Collection[str] = ()) -> str:
    """Digest a module's source and that of every module of ours it imports, however indirectly.

    Imports are read from the syntax tree, also those inside functions, so nothing is run.

    Parameters
    ----------
    module : str
        Dotted name, for example ``"models.cnn6"``; for a file outside the rooms any name does.
    file : Path, optional
        The module's file, where it is not importable by its name.
    apart : collection of str, optional
        Modules that do not count, nor what they alone import.
    """
    sources = dict.fromkeys(apart, "")
    _collect(module, file, sources)
    return digest(sorted((name, text) for name, text in sources.items() if name not in apart))


def _collect(module: str, file: Path | None, sources: dict[str, str]) -> None:
    if module in sources or (file := file or _file(module)) is None:
        return
    source = _text(file)
    sources[module] = source
    for name in _imports(source):
        _collect(name, None, sources)


def _text(file: Path) -> str:
    """Return a module's source, in whichever encoding it declares."""
    with tokenize.open(file) as source:
        return source.read()


@cache
def _imports(source: str) -> tuple[str, ...]:
    """Name what a source imports from the rooms, both ``a.b`` and ``from a import b``."""
    return tuple(name for name in _imported(source) if name.split(".")[0] in ROOMS)


def _imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def _file(module: str) -> Path | None:
    """Find a module's file; None for what is an attribute and no module.

    Only the room is looked up: `find_spec` would import a submodule's parents, engines and all.
    """
    room, *inside = module.split(".")
    spec = find_spec(room) if room in ROOMS else None
    if spec is None or spec.origin is None:
        return None
    place = Path(spec.origin).parent.joinpath(*inside)
    files = (place.with_suffix(".py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)
