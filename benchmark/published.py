"""AUCs from the literature, each with the split that it was measured on."""

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

#: Images of NIH's official test list.
OFFICIAL_TEST = 25_596


@cache
def published() -> pd.DataFrame:
    """Return the AUCs that are known from the literature on ChestX-ray14.

    Returns
    -------
    pandas.DataFrame
        Columns source, year, reference, kind (``official``: NIH's lists; ``other``), split (in
        words), finding (one of the 14, or mean), auc (in [0, 1]). Do not change it.
    """
    return pd.read_csv(str(files("benchmark") / "published.csv"))


def beside(*, source: str, kind: str, test_images: int) -> dict[str, Any]:
    """Say which published figures may stand beside a run's.

    Only those measured on the same test part: a split moves an AUC by more than most models do.

    Parameters
    ----------
    source : str
        Where the run's radiographs come from: ``[data] source``.
    kind : str
        How they were split: ``[split] kind``.
    test_images : int
        Images of its *test*.

    Returns
    -------
    dict
        ``statement``, a sentence or two; ``same``, whether any figure is comparable; ``lines``,
        those of `published`, each with ``comparable``; none for the phantom.
    """
    if source == "phantom":
        said = "The radiographs are drawn by a program: no published figure is comparable."
        return {"statement": said, "same": False, "lines": []}
    same = kind == "official" and test_images == OFFICIAL_TEST
    lines = published().to_dict("records")
    comparable = [{"comparable": same and line["kind"] == "official"} for line in lines]
    return {
        "statement": _statement(kind, test_images),
        "same": same,
        "lines": [line | mark for line, mark in zip(lines, comparable, strict=True)],
    }


def _statement(kind: str, test_images: int) -> str:
    if kind != "official":
        return (
            "This run was tested on a split of its own. No published figure was measured on it, "
            "and none is comparable."
        )
    if test_images != OFFICIAL_TEST:
        return (
            f"This run was tested on {test_images:,} of the {OFFICIAL_TEST:,} images of NIH's "
            "official test list. Published figures are of all of them, and none is comparable."
        )
    return (
        f"This run was tested on the {OFFICIAL_TEST:,} images of NIH's official test list, as were "
        "the figures beside it. Those on other splits are listed apart."
    )
