"""What lies under a data folder: images by their stem, tables, lists."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from features.images import IMAGE_SUFFIXES

#: Of two images with the same name in one folder, the one without loss is taken.
_LOSSLESS = ".png"


@dataclass(frozen=True)
class Contents:
    """What a data folder holds, the same whatever the order of its file system.

    Parameters
    ----------
    folder : Path
        Where the search began.
    images : dict of str to Path
        The image files by stem; of same-named files the one in an image folder.
    tables, lists : tuple of Path
        The files that end in ``.csv`` and in ``.txt``, those nearest to `folder` first.
    copies : int
        How many stems belong to more than one image file.
    unreadable : tuple of str
        Folders, tables and lists that cannot be opened.
    """

    folder: Path
    images: dict[str, Path]
    tables: tuple[Path, ...]
    lists: tuple[Path, ...]
    copies: int
    unreadable: tuple[str, ...]


def stem(name: str) -> str:
    """Return an image's name without its folder and its image suffix.

    Examples
    --------
    >>> stem("images/00000001_000.PNG"), stem("00000001_000"), stem("scan.1")
    ('00000001_000', '00000001_000', 'scan.1')
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    base, dot, suffix = name.rpartition(".")
    return base if base and dot + suffix.lower() in IMAGE_SUFFIXES else name


def scan(folder: Path) -> Contents:
    """Find every image, table and list under a folder, at any depth.

    Hidden files and folders are left out. Links are followed, each folder is entered once. Where
    several images have the same stem, one in a folder called ``images`` or ``images_…`` is taken
    before one deeper below such a folder, and that before any other; then the one nearest to the
    top; then PNG before the rest; then the first by name.

    Parameters
    ----------
    folder : Path
        Where to look.
    """
    top = folder.absolute()
    images: dict[str, tuple[tuple, str]] = {}
    tables: list[Path] = []
    lists: list[Path] = []
    copied: set[str] = set()
    unreadable: list[str] = []
    for place, names in _walk(top, unreadable):
        rank = _rank(place, top)
        for name in names:
            base, dot, suffix = name.rpartition(".")
            suffix = dot + suffix.lower()
            if suffix in IMAGE_SUFFIXES:
                found = ((*rank, suffix != _LOSSLESS, name), f"{place}/{name}")
                if base in images:
                    copied.add(base)
                    found = min(found, images[base])
                images[base] = found
            elif suffix in (".csv", ".txt"):
                (tables if suffix == ".csv" else lists).append(place / name)
    for files in (tables, lists):
        unreadable += [str(path) for path in files if not _is_readable(path)]
        files[:] = [path for path in files if str(path) not in unreadable]
    paths = {base: Path(path) for base, (_, path) in images.items()}
    return Contents(top, paths, tuple(tables), tuple(lists), len(copied), tuple(unreadable))


def _walk(top: Path, unreadable: list[str]) -> Iterator[tuple[Path, list[str]]]:
    """Go through the folders level by level, sorted by name; a folder before a link to it."""
    seen = set()
    level = [top]
    while level:
        below: list[Path] = []
        for place in level:
            if (real := os.path.realpath(place)) in seen:
                continue
            seen.add(real)
            try:
                folders, names = _entries(place)
            except OSError:
                unreadable.append(str(place))
                continue
            yield place, names
            below += folders
        level = below


def _entries(place: Path) -> tuple[list[Path], list[str]]:
    folders, names = [], []
    with os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == "__MACOSX":
                continue
            if _is_folder(entry):
                folders.append((entry.is_symlink(), entry.name))
            else:
                names.append(entry.name)
    return [place / name for _, name in sorted(folders)], sorted(names)


def _is_folder(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _is_readable(path: Path) -> bool:
    """Whether it is a file, no dead link or pipe, that we may read."""
    return path.is_file() and os.access(path, os.R_OK)


def _rank(place: Path, top: Path) -> tuple[int, int, str]:
    """Say how much a folder looks like the one that holds the images: less is more."""
    names = [top.name, *place.relative_to(top).parts]
    likely = [name.lower() == "images" or name.lower().startswith("images_") for name in names]
    return 0 if likely[-1] else 1 if any(likely) else 2, len(names), place.as_posix()
