"""Which runs can be compared: those that judge the same images by the same labels."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from benchmark.audits.folder import AuditFolder
from benchmark.run_folder import RunFolder
from features.errors import InputError


def open_runs(folders: Sequence[str | Path]) -> dict[str, RunFolder]:
    """Open runs that are to be compared, each by a name of its own.

    Parameters
    ----------
    folders : sequence of str or Path
        Two run folders or more; the first is what the others are held against.

    Returns
    -------
    dict of str to RunFolder
        By the folder's name, or by its path from a common folder where two have one name.

    Raises
    ------
    InputError
        If a folder holds no run, a grid or an audit, is named twice, or if the runs do not judge
        the same test images, of the same patients, by the same labels.
    """
    runs = [_single(folder) for folder in folders]
    places = [run.path.resolve() for run in runs]
    if len(set(places)) < max(len(places), 2):
        raise InputError("a comparison needs two runs or more, each given once")
    opened = dict(zip(_names(places), runs, strict=True))
    first, *others = opened
    for name in others:
        if reason := _differs(opened, first, name):
            raise InputError(f"{name} cannot be compared with {first}: {reason}")
    return opened


def _names(places: Sequence[Path]) -> list[str]:
    names = [place.name for place in places]
    if len(set(names)) == len(names):
        return names
    shared = os.path.commonpath([place.parent for place in places])
    return [place.relative_to(shared).as_posix() for place in places]


def _single(folder: str | Path) -> RunFolder:
    run = RunFolder.existing(folder)
    if AuditFolder(folder).is_audit:
        raise InputError(f"{folder} is an audit, which compares two splits: give runs")
    if run.experiment().grid:
        raise InputError(f"{folder} is a grid: give runs, such as those in {folder}/cells")
    return run


def _differs(runs: Mapping[str, RunFolder], first: str, other: str) -> str:
    """Say why two runs are not judged alike; nothing where they are."""
    (truth, patients), (truth_2, patients_2) = _judged(runs[first]), _judged(runs[other])
    if unshared := sorted(set(map(str, truth)) ^ set(map(str, truth_2))):
        return f"they do not have the same findings: {', '.join(unshared)} in one of them alone"
    gone, new = truth.index.difference(truth_2.index), truth_2.index.difference(truth.index)
    if len(gone) or len(new):
        return (
            f"their test parts differ: {len(gone):,} of {len(truth):,} images only in {first}, "
            f"{len(new):,} of {len(truth_2):,} only in {other}"
        )
    if moved := int((patients != patients_2.loc[patients.index]).sum()):
        return f"{moved:,} of {len(truth):,} test images are of other patients"
    return _of_labels(_disagreements(truth, truth_2.loc[truth.index, list(truth)]))


def _judged(run: RunFolder) -> tuple[pd.DataFrame, pd.Series]:
    """Return the labels and the patients of a run's test part."""
    split = run.split()
    test = split.index[split["part"] == "test"]
    return run.truth().loc[test], split.loc[test, "patient"]


def _disagreements(truth: pd.DataFrame, other: pd.DataFrame) -> Mapping[str, int]:
    """Count, by finding, the images that have another label; unknown twice is the same."""
    unlike = (truth != other) & ~(truth.isna() & other.isna())
    return {str(name): int(count) for name, count in unlike.sum().items() if count}


def _of_labels(counts: Mapping[str, int]) -> str:
    said = ", ".join(f"{name} on {count:,}" for name, count in counts.items())
    return f"their labels of test images differ: {said}" if said else ""
