"""Which images are judged: those of the split that the predictions cover, and no others."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from benchmark.predictions import Predictions
from benchmark.settings import Split as SplitSettings
from benchmark.split_file import PARTS, read_split_file, some
from benchmark.splits import official_lists
from features.errors import InputError

_COMMON = "--common evaluates the images that all files share"


def parts_of(
    stems: pd.Index, wanted: SplitSettings | None, folder: str, files: Iterable[Predictions]
) -> pd.Series:
    """Say which part each image of the label table is in.

    Nothing is drawn by lot: what a model made elsewhere has learnt from is not for us to say. So
    NIH's lists part train and test alone, and a file those parts that it names.

    Parameters
    ----------
    stems : pandas.Index
        The images of the label table.
    wanted : benchmark.experiment.Split or None
        Of kind ``official`` or ``column``; without, all images that a file names are test.
    folder : str
        Where NIH's lists lie.
    files : iterable of Predictions
        Whose images count where no split is given.

    Returns
    -------
    pandas.Series
        Indexed by stem, in the order of the table; images that belong to no part are left out.
    """
    said = _said(wanted, folder, files)
    named = stems[stems.isin(list(said))]
    return pd.Series([said[name] for name in named], index=named, dtype=object)


def _said(
    wanted: SplitSettings | None, folder: str, files: Iterable[Predictions]
) -> Mapping[str, str]:
    if wanted is None:
        return dict.fromkeys((name for file in files for name in file.scores.index), "test")
    if wanted.kind == "official":
        lists = official_lists(folder)
        train = dict.fromkeys(lists["train_val"], "train")
        return train | dict.fromkeys(lists["test"], "test")
    said = read_split_file(Path(wanted.file))
    folds = {value for value in said.values() if isinstance(value, int)}
    if folds and wanted.fold not in folds:
        listed = ", ".join(map(str, sorted(folds)))
        raise InputError(f"split.fold = {wanted.fold}: the folds of {wanted.file} are {listed}")
    if folds:
        return {name: "test" if fold == wanted.fold else "train" for name, fold in said.items()}
    return {name: str(part) for name, part in said.items()}


def cover(
    parts: pd.Series, files: Mapping[str, Predictions], stems: pd.Index, *, common: bool
) -> tuple[pd.Series, list[str]]:
    """Keep the parts that every file scores, each of them whole.

    Parameters
    ----------
    parts : pandas.Series
        The part of each image, by stem.
    files : mapping of str to Predictions
        By row.
    stems : pandas.Index
        The images of the label table.
    common : bool
        Keep the images that all files share, instead of refusing files that differ.

    Returns
    -------
    pandas.Series
        What is kept of `parts`.
    list of str
        What is left out, a sentence each.

    Raises
    ------
    InputError
        If *test* is not scored, or, without `common`, files have images beyond the table or the
        split, or lack images of a part that each of them scores.
    """
    said = [*_surplus(parts, files, stems, common)]
    has = pd.DataFrame({row: parts.index.isin(it.scores.index) for row, it in files.items()})
    has.index = parts.index
    kept = pd.Series(False, index=parts.index)
    for part in PARTS:
        inside = has[parts == part]
        without = [row for row in files if not inside[row].any()]
        if part == "test" and (without or not len(inside)):
            raise InputError(f"no test image is scored in {', '.join(without) or 'any file'}")
        if without and not inside.to_numpy().any():
            continue
        if without:
            said.append(f"{part} is left out: {', '.join(without)} has no score of it")
            continue
        if lacking := _lacking(inside, part):
            if not common:
                raise InputError(f"{lacking}; {_COMMON}")
            said.append(f"only what all files share is evaluated: {lacking}")
        kept |= inside.all(axis=1).reindex(parts.index, fill_value=False)
    if not (kept & (parts == "test")).any():
        raise InputError("no image of test is in all files")
    return parts[kept], said


def _surplus(
    parts: pd.Series, files: Mapping[str, Predictions], stems: pd.Index, common: bool
) -> Iterable[str]:
    """Name the images that the table or the split does not know; refuse them unless `common`."""
    for row, file in files.items():
        unread = file.scores.index.difference(stems)
        unparted = file.scores.index.difference(parts.index).difference(unread)
        for names, where in ((unread, "the label table"), (unparted, "the split")):
            if len(names):
                what = "1 image that is" if len(names) == 1 else f"{len(names):,} images that are"
                trouble = f"{row} has {what} not in {where}: {file.at(list(names))}"
                if not common:
                    raise InputError(f"{trouble}; --common leaves such images out")
                yield trouble


def _lacking(inside: pd.DataFrame, part: str) -> str:
    """Say which files lack which images of a part."""
    told = [
        f"{row} lacks {some(list(inside.index[~inside[row]]), 'image')}"
        for row in inside
        if not inside[row].all()
    ]
    return f"of {len(inside):,} {part} images {'; '.join(told)}" if told else ""
