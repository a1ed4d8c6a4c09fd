"""What is wrong with a data set, before anyone waits for a training."""

from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.counting import count_labels
from benchmark.datasets.loading import cache_folder
from benchmark.datasets.nih import read_nih
from features.progress import Progress, silent

#: Side at which every image is decoded once to see whether it can be.
SIZE = 64


def check_folder(
    folder: Path, *, table: str | None = None, progress: Progress = silent
) -> dict[str, Any]:
    """Read a folder as a run would, and decode every image.

    Parameters
    ----------
    folder : Path
        The data set's.
    table : str, optional
        Which of its tables to read.
    progress : callable, optional
        Told how many images are decoded.

    Returns
    -------
    dict
        ``summary`` (a sentence), ``warnings`` (what a user should know), ``damaged`` (a line an
        image that cannot be read), ``counts`` (of the labels, as a report has them of a part) and
        all that the reader reports; JSON-able.
    """
    from joblib import parallel_config

    radiographs, reading = read_nih(folder, table=table, cache=cache_folder())
    archive = radiographs.archive
    assert archive is not None
    with parallel_config(backend="loky", n_jobs=-1):
        reasons = archive.prepare(SIZE, progress).damaged
    files = archive.files
    damaged = [f"{files[at]}: {why}" for at, why in reasons.items()]
    truth = pd.DataFrame(radiographs.labels, radiographs.table.index, radiographs.findings)
    counts = count_labels(truth, radiographs.table["patient"])
    return reading.as_dict() | {"damaged": damaged, "counts": counts}
