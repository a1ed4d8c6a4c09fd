"""The folder of an audit: a run folder for each of the two splits, and the table over both."""

from typing import Any

import pandas as pd

from benchmark.audits.inflation import COLUMNS
from benchmark.csv_files import read_csv, write_csv
from benchmark.row_folder import RowFolder
from benchmark.run_folder import RunFolder

#: The two ways to part the same radiographs; each has a run folder of that name.
PROTOCOLS = ("patient", "image")


class AuditFolder(RunFolder):
    """An audit on disk.

    Parameters
    ----------
    path : str or Path
        The folder; made when first written to.
    """

    @property
    def runs(self) -> dict[str, RunFolder]:
        """The run folders of both splits."""
        return {name: RunFolder(self.path / name) for name in PROTOCOLS}

    @property
    def is_audit(self) -> bool:
        """Whether an audit was the last to write here."""
        return "audit" in self.provenance

    def finished_rows(self) -> dict[str, RowFolder]:
        """Return every row that was ever finished in this folder, by its fingerprint."""
        return {print_: row for run in self.runs.values() for print_, row in run.finished().items()}

    def write_audit(self, table: pd.DataFrame) -> None:
        """Write audit.csv."""
        write_csv(self.path / "audit.csv", table, index=False)

    def audit(self) -> pd.DataFrame:
        """Return audit.csv, see `benchmark.audits.inflation.audit_table`; no lines without one."""
        path = self.path / "audit.csv"
        if not path.is_file():
            return pd.DataFrame(columns=list(COLUMNS))
        words: dict[str, Any] = dict.fromkeys(("row", "finding", "note"), str)
        return read_csv(path, dtype=words).fillna({"note": ""})
