"""Tables and NumPy's values → what JSON can hold."""

from math import isnan
from typing import Any

import numpy as np
import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a table into plain dictionaries, a line each: Python's values, None where one lacks."""
    return [
        {str(name): _scalar(value) for name, value in line.items()}
        for line in table.to_dict("records")
    ]


def _scalar(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if value is pd.NA or (isinstance(value, float) and isnan(value)):
        return None
    return value
