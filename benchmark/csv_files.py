"""Tables of ours on disk: what is written comes back as it was."""

from pathlib import Path
from typing import Any

import pandas as pd

from features.files import write_with

#: Reads numbers to the last bit; pandas does so by itself since 3.1, and deprecates the option.
_EXACT: dict[str, Any] = {"float_precision": "round_trip"}
if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1):
    _EXACT = {}


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table of ours: an empty cell is missing, a patient or a row called NA is not.

    Numbers come back to the last bit, so that a threshold is still the score that it was.
    """
    return pd.read_csv(path, keep_default_na=False, na_values=[""], **_EXACT, **options)


def write_csv(path: Path, table: pd.DataFrame, **options: Any) -> None:
    """Write a table at once, so that nobody reads half of it."""
    write_with(path, lambda temporary: table.to_csv(temporary, **options))
