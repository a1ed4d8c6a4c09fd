"""From the experiment's ``[data]`` to radiographs, whatever the source."""

import os
from pathlib import Path
from typing import Any

from benchmark.datasets.nih import read_nih
from benchmark.datasets.phantom import write_phantom
from benchmark.settings import Data
from features.errors import InputError
from features.fingerprint import digest
from features.progress import Progress, silent
from features.radiographs import Radiographs


def cache_folder() -> Path:
    """Return where decoded pixels, features and the phantom are kept between runs.

    ``CXRBENCH_CACHE`` names it; otherwise it is ``cxrbench`` in the user's cache folder. Never
    inside the data, which may be read-only.
    """
    given = os.environ.get("CXRBENCH_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "cxrbench"


def load_radiographs(
    data: Data, *, need_images: bool = True, progress: Progress = silent
) -> tuple[Radiographs, dict[str, Any]]:
    """Read a data set, drawing the phantom first where that is asked for.

    Parameters
    ----------
    data : Data
        The experiment's ``[data]``.
    need_images : bool, optional
        Without, the tables alone are read, whatever lies on disk.
    progress : callable, optional
        Told how far drawing and reading are.

    Returns
    -------
    Radiographs
        All that were read, with labels and boxes.
    dict
        What the reader has to report; JSON-able.
    """
    if data.source == "phantom" and data.folder and not holds_phantom(phantom_folder(data)):
        raise InputError(
            f"--data {data.folder} holds no phantom, and this experiment is about the phantom: for "
            "radiographs of your own, run nih-sample; to draw one there, 'cxrbench fetch phantom'"
        )
    folder = source_folder(data, progress)
    radiographs, reading = read_nih(
        folder,
        table=data.table or None,
        labels=data.labels,
        limit=data.limit or None,
        cache=cache_folder(),
        need_images=need_images,
    )
    return radiographs, {"source": data.source, **reading.as_dict()}


def phantom_folder(data: Data) -> Path:
    """Return where the phantom of these options is, or will be drawn."""
    place = cache_folder() / "phantom" / digest(data.phantom.model_dump())
    return Path(data.folder).expanduser().absolute() if data.folder else place


def holds_phantom(folder: Path) -> bool:
    """Whether a phantom was drawn into this folder."""
    return (folder / "phantom.json").is_file()


def source_folder(data: Data, progress: Progress = silent) -> Path:
    """Return the folder of a data set, drawing the phantom where it is not there yet.

    Raises
    ------
    InputError
        If the folder is missing, or none was named for a data set that must be downloaded.
    """
    if data.source == "phantom":
        return write_phantom(phantom_folder(data), **data.phantom.model_dump(), progress=progress)
    if not data.folder:
        raise InputError("this experiment needs --data DIR: the folder of the radiographs")
    folder = Path(data.folder).expanduser().absolute()
    if folder.is_file():
        raise InputError(f"--data {data.folder} is a file: name its folder; --table names a table")
    if not folder.is_dir():
        raise InputError(f"--data {data.folder}: there is no such folder")
    return folder
