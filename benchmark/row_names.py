"""The rows' names of files that were given: each a folder's name, no two alike."""

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from benchmark.settings import FOLDER_NAME
from features.errors import InputError

_LONGEST = 80


def name_rows(files: Iterable[str | Path]) -> dict[str, Path]:
    """Name a row for each file.

    Parameters
    ----------
    files : iterable of str or Path
        ``FILE``, whose row has the file's name without its suffix, what a row's name may not hold
        made an underscore, and a number behind it where it is taken; or ``NAME=FILE``.

    Returns
    -------
    dict of str to Path
        In the order given.

    Raises
    ------
    InputError
        If a name that was given cannot be one, or is taken.
    """
    rows: dict[str, Path] = {}
    for given in map(str, files):
        name, equals, file = given.partition("=")
        if not equals or Path(given).is_file():
            name, file = _unlike(_clean(Path(given).stem), rows), given
        if not re.fullmatch(FOLDER_NAME, name):
            raise InputError(
                f"there is no file {given}, and '{name}' cannot be a row's name: at most 100 "
                "letters, digits and '_', and after the first of them also blanks, '.', '+', '-'"
            )
        if _key(name) in map(_key, rows):
            raise InputError(f"two rows would be called '{name}'; give another name to {file}")
        rows[name] = Path(file).expanduser()
    return rows


def _clean(text: str) -> str:
    name = re.sub(r"[^\w .+-]", "_", text)[:_LONGEST].strip()
    return name if re.match(r"\w", name) else f"_{name}"


def _unlike(name: str, taken: Collection[str]) -> str:
    keys = set(map(_key, taken))
    numbered = (f"{name}-{number}" for number in range(2, len(keys) + 3))
    return next(it for it in (name, *numbered) if _key(it) not in keys)


def _key(name: str) -> str:
    """Return what two names share that are one folder on some file systems."""
    return name.casefold()
