"""The tables of an evaluation on disk: ``evaluation/<name>.csv`` in a run folder."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from benchmark.csv_files import read_csv, write_csv

#: Tables that are written without lines too: that there is nothing to say is an answer.
_ALWAYS = ("metrics", "checks")

#: Metrics of the test part that have a table of their own, findings down and rows across.
WIDE = ("auc", "precision", "recall")

#: Columns that hold words, also where every cell is empty or a number.
_WORDS = (
    *("row", "other", "part", "finding", "metric", "rule", "note", "verdict", "group", "value"),
    *("code", "text", "link", "method", "labels", "source", "split", "stage", "negatives"),
)


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables of an evaluation, and those of `WIDE` beside them.

    Parameters
    ----------
    folder : Path
        The evaluation's; made where it is missing.
    tables : mapping of str to pandas.DataFrame
        By name, ``metrics`` among them. One without lines leaves no file, but for ``checks``,
        which were made all the same.
    """
    for name, table in tables.items():
        if len(table) or name in _ALWAYS:
            write_csv(table_file(folder, name), table, index=False)
        else:
            table_file(folder, name).unlink(missing_ok=True)
    test = tables["metrics"].query("part == 'test'")
    for name in WIDE:
        wide = test.set_index(["finding", "row"])[name].unstack()  # noqa: PD010
        ordered = wide.loc[test["finding"].unique(), test["row"].unique()]
        write_csv(table_file(folder, name), ordered, float_format="%.4f")


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of the evaluation; one without lines or columns where there is none.

    Parameters
    ----------
    folder : Path
        The evaluation's.
    name : str
        One of `benchmark.evaluation.tables.TABLES`.
    """
    path = table_file(folder, name)
    if not path.is_file():
        return pd.DataFrame()
    table = read_csv(path, dtype=dict.fromkeys(_WORDS, str))
    return table.fillna({name: "" for name in _WORDS if name in table})


def table_file(folder: Path, name: str) -> Path:
    """Return where a table of an evaluation lies."""
    return folder / f"{name}.csv"
