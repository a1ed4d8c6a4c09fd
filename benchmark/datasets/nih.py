"""ChestX-ray14 and everything laid out like it: a folder in, radiographs and a report out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark.datasets.cells import letters
from benchmark.datasets.files import Contents, scan, stem
from benchmark.datasets.nih_tables import (
    LabelTable,
    is_box_table,
    is_label_table,
    no_boxes,
    read_boxes,
    read_labels,
)
from benchmark.datasets.reading import ReadingReport
from benchmark.patients import lot
from features.errors import InputError, unknown
from features.findings import label_set
from features.images import IMAGE_SUFFIXES
from features.pixels import PixelArchive
from features.radiographs import Radiographs

#: How many names a message shows of a longer list.
_SHOWN = 5

#: How the names of NIH's lists begin, letters alone: NIH, Kaggle and others end them differently.
_LISTS = {"train_val": "trainvallist", "test": "testlist"}


def read_nih(
    folder: str | Path,
    *,
    table: str | Path | None = None,
    labels: int = 14,
    limit: int | None = None,
    cache: Path | None = None,
    need_images: bool = True,
) -> tuple[Radiographs, ReadingReport]:
    """Read a folder that holds NIH ChestX-ray14, part of it, or a data set laid out like it.

    Images and tables may lie anywhere below the folder. Tables are known by their columns,
    images are matched to them by stem. Of several label tables the one that names most of the
    images on disk is taken; then the 2020 version, then the longest, then the first by place.

    Parameters
    ----------
    folder : str or Path
        Where to look.
    table : str or Path, optional
        The label table to take: a path, or the name of one below `folder`.
    labels : {14, 15}, optional
        The 14 findings, or No Finding as a 15th column.
    limit : int, optional
        Read so many images at most. They are drawn by patient, the same ones each time: the top
        of a table is no fair sample of it.
    cache : Path, optional
        Where decoded pixels are kept. Without, the radiographs have no pixels.
    need_images : bool, optional
        Without, everything the table names is read, whatever lies on disk, and has no pixels.

    Returns
    -------
    Radiographs
        In the order of the table.
    ReadingReport
        What was found, chosen and left out.

    Raises
    ------
    InputError
        If there is no table or no image, or a table cannot be used.

    References
    ----------
    Wang et al., "ChestX-ray8: Hospital-scale Chest X-ray Database and Benchmarks on
    Weakly-Supervised Classification and Localization of Common Thorax Diseases", CVPR 2017.
    """
    if labels not in (14, 15):
        raise InputError(f"labels = {labels}: ChestX-ray14 has 14 findings, or 15 with No Finding")
    if limit is not None and limit < 1:
        raise InputError(f"limit = {limit}: at least one image must be read")
    contents = scan(_existing(Path(folder)))
    choice = _choose(contents, table)
    rows = _rows(choice.table, contents, need_images=need_images)
    if limit is not None:
        rows = _drawn(choice.table, rows, limit)
    radiographs = _radiographs(choice.table, rows, contents, label_set(labels))
    if need_images and cache is not None:
        files = [contents.images[base] for base in choice.table.stems[rows]]
        archive = PixelArchive(files, cache)
        radiographs = replace(radiographs, archive=archive, rows=np.arange(len(files)))
    return radiographs, _report(contents, choice, radiographs, limit, need_images)


def read_official(folder: str | Path) -> dict[str, frozenset[str]]:
    """Read NIH's two lists of images, wherever they lie below a folder.

    Parameters
    ----------
    folder : str or Path
        Where to look.

    Returns
    -------
    dict of str to frozenset of str
        ``train_val`` and ``test``, as far as they are there: the stems they name.
    """
    return _official(scan(_existing(Path(folder))))


@dataclass(frozen=True)
class _Choice:
    """The label table taken, why, and what was seen on the way."""

    table: LabelTable
    why: str
    others: list[LabelTable]
    notes: list[str]


def _existing(folder: Path) -> Path:
    folder = folder.expanduser()
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}")
    return folder


def _choose(contents: Contents, wanted: str | Path | None) -> _Choice:
    paths = [path for path in contents.tables if is_label_table(path)]
    if wanted is not None:
        return _given(contents, wanted, paths)
    if not paths:
        raise _no_table(contents)
    tables = sorted((read_labels(path) for path in paths), key=lambda t: _merit(t, contents))
    chosen, others = tables[0], tables[1:]
    return _Choice(chosen, _why(chosen, others, contents), others, [])


def _given(contents: Contents, wanted: str | Path, paths: list[Path]) -> _Choice:
    """Take the table asked for; another one that cannot be read is then no reason to stop."""
    path = _find(contents, Path(wanted).expanduser(), paths)
    others, notes = [], []
    for other in paths:
        try:
            if not other.samefile(path):
                others.append(read_labels(other))
        except InputError as error:
            notes.append(f"labels are not compared with another table: {error}")
    return _Choice(read_labels(path), "as asked for", others, notes)


def _find(contents: Contents, wanted: Path, paths: list[Path]) -> Path:
    """Find a table by its path, its path below the folder, or its name."""
    for path in (wanted, contents.folder / wanted):
        if path.is_file():
            return path.absolute()
    for path in contents.tables:
        if letters(wanted.stem) == letters(path.stem):
            return path
    raise unknown("table", wanted, [_below(path, contents) for path in paths], str(contents.folder))


def _merit(table: LabelTable, contents: Contents) -> tuple[int, bool, int]:
    """Order the tables, best first; those that are equal stay in the order of their places."""
    return -_on_disk(table, contents), "2020" not in table.path.stem, -len(table)


def _on_disk(table: LabelTable, contents: Contents) -> int:
    return int(table.stems.isin(contents.images.keys()).sum())


def _why(chosen: LabelTable, others: list[LabelTable], contents: Contents) -> str:
    if not others:
        return "the only label table"
    if not contents.images:
        return "of the label tables the 2020 version, else the longest; no image on disk decides"
    named = [_on_disk(table, contents) for table in (chosen, *others)]
    seconds = ", ".join(
        f"{_below(table.path, contents)} {number:,}"
        for table, number in zip(others, named[1:], strict=True)
    )
    tie = "" if named[0] > named[1] else "; of equals the 2020 version, then the longer one"
    return f"it names {named[0]:,} of {len(contents.images):,} images on disk; {seconds}{tie}"


def _rows(table: LabelTable, contents: Contents, *, need_images: bool) -> np.ndarray:
    if not need_images:
        return np.arange(len(table))
    rows = np.flatnonzero(table.stems.isin(contents.images.keys()))
    if not rows.size:
        raise _no_image(table, contents)
    return rows


def _drawn(table: LabelTable, rows: np.ndarray, limit: int) -> np.ndarray:
    """Draw whole patients until the limit is reached; only the last one may be cut."""
    patients = table.table["patient"].iloc[rows]
    lots = {patient: lot(patient, seed=0) for patient in set(patients)}
    order = sorted(range(len(rows)), key=lambda i: (lots[patients.iloc[i]], i))
    return rows[np.sort(order[:limit])]


def _radiographs(
    source: LabelTable, rows: np.ndarray, contents: Contents, findings: tuple[str, ...]
) -> Radiographs:
    table = source.table.iloc[rows]
    images = dict(zip(source.stems[rows], table.index, strict=True))
    labels = np.ascontiguousarray(source.labels[rows, : len(findings)])
    return Radiographs(table, labels, findings, _boxes(contents, images))


def _boxes(contents: Contents, images: Mapping[str, str]) -> pd.DataFrame:
    """Read the box table that has most boxes for these images; the first of equals."""
    found = [read_boxes(path, images) for path in contents.tables if is_box_table(path)]
    return max(found, key=len) if found else no_boxes()


def _official(contents: Contents) -> dict[str, frozenset[str]]:
    """Read the lists nearest to the top, known by name: ``train_val_list.txt`` and its like."""
    found: dict[str, frozenset[str]] = {}
    for path in contents.lists:
        name = letters(path.stem)
        kind = next((kind for kind, start in _LISTS.items() if name.startswith(start)), None)
        if kind and kind not in found:
            names = path.read_text("utf-8-sig", errors="replace").split()
            found[kind] = frozenset(map(stem, names))
    return found


def _report(
    contents: Contents,
    choice: _Choice,
    radiographs: Radiographs,
    limit: int | None,
    need_images: bool,
) -> ReadingReport:
    table, boxes, labels = choice.table, radiographs.boxes, radiographs.labels
    assert boxes is not None and labels is not None
    surplus = sorted(contents.images.keys() - set(table.stems))
    differences = {_below(t.path, contents): table.differences(t) for t in choice.others}
    return ReadingReport(
        folder=str(contents.folder),
        table=_below(table.path, contents),
        why=choice.why,
        images_on_disk=len(contents.images),
        images_in_table=len(table),
        read=len(radiographs),
        missing=len(table) - _on_disk(table, contents),
        surplus=len(surplus),
        surplus_names=tuple(contents.images[base].name for base in surplus[:_SHOWN]),
        copies=contents.copies,
        label_differences=differences,
        ages_mended=table.ages_mended,
        unlabelled=int(np.isnan(labels).any(axis=1).sum()),
        boxes=len(boxes),
        boxed_images=int(boxes["image"].nunique()),
        official={kind: len(names) for kind, names in _official(contents).items()},
        limit=limit,
        pixels=need_images,
        notes=(*choice.notes, *(f"{place} cannot be opened" for place in contents.unreadable)),
    )


def _below(path: Path, contents: Contents) -> str:
    """Return a path as seen from the data folder, where it lies below it."""
    inside = path.is_relative_to(contents.folder)
    return path.relative_to(contents.folder).as_posix() if inside else str(path)


def _no_table(contents: Contents) -> InputError:
    return InputError(
        f"no label table in {contents.folder}: looked for a CSV file with the columns Image Index, "
        f"Finding Labels and Patient ID; found {_listed(contents.tables, 'CSV file')} and "
        f"{_listed(list(contents.images.values()), 'image')}{_closed(contents)}"
    )


def _no_image(table: LabelTable, contents: Contents) -> InputError:
    return InputError(
        f"no image in {contents.folder} that {_below(table.path, contents)} names: looked for "
        f"{', '.join(table.table.index[:2])}, … ({', '.join(sorted(IMAGE_SUFFIXES))}); found "
        f"{_listed(list(contents.images.values()), 'image')}{_closed(contents)}"
    )


def _closed(contents: Contents) -> str:
    return f"; cannot open {', '.join(contents.unreadable[:_SHOWN])}" if contents.unreadable else ""


def _listed(paths: Sequence[Path], what: str) -> str:
    if not paths:
        return f"no {what}"
    names = ", ".join(path.name for path in paths[:3])
    return f"{len(paths):,} {what}{'s' * (len(paths) > 1)} ({names}{', …' * (len(paths) > 3)})"
