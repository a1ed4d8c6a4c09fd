"""The run folder: the only reader and writer of ``runs/<name>/``. Plain text, but for models."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmark.csv_files import read_csv, write_csv
from benchmark.evaluation.tables import TABLES
from benchmark.evaluation_files import WIDE, read_table, table_file, write_tables
from benchmark.experiment import Experiment, load
from benchmark.row_folder import RowFolder
from benchmark.splits import Split
from features.errors import InputError
from features.files import read_json, write_json, write_text
from features.radiographs import Radiographs

#: What a run has at the top of its folder beside its rows, and what a grid has there instead.
RUN_TABLES = (
    *("split.csv", "truth.csv", "second_labels.csv", "duplicates.csv", "contact_sheet.json"),
    *(f"evaluation/{name}.csv" for name in (*TABLES, *WIDE)),
    "evaluation/checklist.md",
)
GRID_TABLES = ("evaluation/cells.csv", "evaluation/grid.csv")


class RunFolder:
    """A run on disk.

    Parameters
    ----------
    path : str or Path
        The folder; made when first written to.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.report = self.path / "report.html"
        self.evaluation = self.path / "evaluation"

    @classmethod
    def existing(cls, path: str | Path) -> "RunFolder":
        """Open a run that must be there.

        Raises
        ------
        InputError
            If the folder holds no run.
        """
        folder = cls(path)
        if not (folder.path / "experiment.toml").is_file():
            raise InputError(f"{path} is no run folder: it holds no experiment.toml")
        if not (folder.path / "provenance.json").is_file():  # written once all has been read
            raise InputError(f"{path} holds no provenance.json: run its experiment again")
        return folder

    def claim(self) -> None:
        """Make the folder, or make sure that a run made it: a run overwrites and clears.

        Raises
        ------
        InputError
            If it is a file, or holds something that is no run.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"--out {self.path} is a file, not a run folder")
        ours = any((self.path / name).exists() for name in (".lock", "provenance.json"))
        if not ours and self.path.is_dir() and any(self.path.iterdir()):
            raise InputError(f"--out {self.path} is not empty and holds no run; give a new folder")
        self.path.mkdir(parents=True, exist_ok=True)

    def row(self, name: str) -> RowFolder:
        """Return a row's folder: absolute, for the process that fits it may stand elsewhere."""
        return RowFolder(self.path.absolute() / "models" / name)

    def open_row(self, name: str, fingerprint: str, *, fresh: bool = False) -> RowFolder:
        """Return the row's folder, as it stands for this fingerprint.

        A row finished with another fingerprint is put on the shelf, and one that was put there
        with this fingerprint comes back: going back and forth between seeds fits nothing twice.

        Parameters
        ----------
        name : str
            The row.
        fingerprint : str
            What the row depends on now.
        fresh : bool, optional
            Empty the folder, also where the fingerprint is the same.
        """
        row = self.row(name)
        if fresh:  # else an older result would stand in for this one, should it not be finished
            shutil.rmtree(self._shelved(name, fingerprint), ignore_errors=True)
        status = row.status
        if status.get("fingerprint") == fingerprint and not fresh:
            return row
        if status.get("state") == "done" and status["fingerprint"] != fingerprint:
            _move(row.path, self._shelved(name, status["fingerprint"]))
        shutil.rmtree(row.path, ignore_errors=True)
        if self._shelved(name, fingerprint).is_dir() and not fresh:
            _move(self._shelved(name, fingerprint), row.path)
        row.path.mkdir(parents=True, exist_ok=True)
        return row

    def adopt(self, name: str, source: RowFolder) -> None:
        """Put a copy of a finished row of another run in this one's place, but for its pictures."""
        arriving = self.path / "arriving"
        shutil.rmtree(arriving, ignore_errors=True)
        leave = shutil.ignore_patterns(source.heatmaps.name, source.unfinished.name)
        shutil.copytree(source.path, arriving, ignore=leave)
        _move(arriving, self.row(name).path)

    def finished(self) -> dict[str, RowFolder]:
        """Return every finished row by its fingerprint, those on the shelf too."""
        here = self.path.absolute()  # as rows are
        folders = (path for place in ("shelf", "models") for path in (here / place).glob("*"))
        known = ((RowFolder(path), RowFolder(path).status) for path in folders)
        return {it["fingerprint"]: row for row, it in known if it.get("state") == "done"}

    def holds(self, name: str, fingerprint: str) -> bool:
        """Whether the row is finished with this fingerprint, in its place or on the shelf."""
        shelved = RowFolder(self._shelved(name, fingerprint))
        return self.row(name).is_done(fingerprint) or shelved.is_done(fingerprint)

    def _shelved(self, name: str, fingerprint: str) -> Path:
        return self.path / "shelf" / f"{name}-{fingerprint}"

    def write_experiment(self, experiment: Experiment) -> None:
        """Write the experiment as it was run, all defaults filled in."""
        write_text(self.path / "experiment.toml", experiment.to_toml())

    def experiment(self) -> Experiment:
        """Return the experiment as it was run."""
        return load(str(self.path / "experiment.toml"))

    def write_split(self, radiographs: Radiographs, split: Split, **more: Any) -> None:
        """Write split.csv: image, patient, part, fold and what the table says of the image.

        Further columns, one value an image, may stand beside them.
        """
        write_csv(self.path / "split.csv", split_table(radiographs, split).assign(**more))

    def split(self) -> pd.DataFrame:
        """Return split.csv, indexed by image."""
        text = {"image": str, "patient": str, "sex": str, "view": str}
        return read_csv(self.path / "split.csv", index_col="image", dtype=text).fillna(
            {"sex": "", "view": ""}
        )

    def write_truth(self, radiographs: Radiographs) -> None:
        """Write truth.csv: image, and 0, 1 or nothing (unknown) a finding."""
        labels = pd.DataFrame(
            radiographs.labels, radiographs.table.index, list(radiographs.findings)
        )
        write_csv(self.path / "truth.csv", labels.astype("Int8"))

    def truth(self) -> pd.DataFrame:
        """Return truth.csv as floats, indexed by image."""
        path = self.path / "truth.csv"
        return read_csv(path, index_col="image", dtype={"image": str}).astype(float)

    def write_second_labels(self, labels: pd.DataFrame | None) -> None:
        """Write second_labels.csv, as truth.csv is; none where there are none."""
        if labels is None:
            self.drop("second_labels.csv")
        else:
            write_csv(self.path / "second_labels.csv", labels.astype("Int8"))

    def second_labels(self) -> pd.DataFrame | None:
        """Return second_labels.csv as floats, indexed by image; None where there is none."""
        path = self.path / "second_labels.csv"
        if not path.is_file():
            return None
        return read_csv(path, index_col="image", dtype={"image": str}).astype(float)

    def write_duplicates(self, duplicates: pd.DataFrame | None) -> None:
        """Write duplicates.csv: pairs of radiographs that are the same, in different parts."""
        if duplicates is None:
            self.drop("duplicates.csv")
        else:
            write_csv(self.path / "duplicates.csv", duplicates, index=False)

    def duplicates(self) -> pd.DataFrame | None:
        """Return duplicates.csv; None where the radiographs were not compared."""
        path = self.path / "duplicates.csv"
        return read_csv(path, dtype={"image": str, "other": str}) if path.is_file() else None

    def write_contact_sheet(self, pictures: list[dict[str, str]]) -> None:
        """Write contact_sheet.json: small pictures of a few radiographs, or none."""
        if pictures:
            write_json(self.path / "contact_sheet.json", pictures)
        else:
            self.drop("contact_sheet.json")

    def contact_sheet(self) -> list[dict[str, str]]:
        """Return them, see `benchmark.contact_sheet`; of radiographs never decoded none."""
        return list(read_json(self.path / "contact_sheet.json"))

    @property
    def provenance(self) -> dict[str, Any]:
        """Data, split, versions, machine, command and times of the run."""
        return read_json(self.path / "provenance.json")

    def write_provenance(self, provenance: dict[str, Any]) -> None:
        """Write where every figure comes from."""
        write_json(self.path / "provenance.json", provenance)

    def drop(self, *names: str) -> None:
        """Remove files that belong to another kind of run."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def write_evaluation(self, tables: Mapping[str, pd.DataFrame]) -> None:
        """Write the tables of an evaluation; see `benchmark.evaluation_files.write_tables`."""
        write_tables(self.evaluation, tables)

    def write_checklist(self, text: str) -> None:
        """Write evaluation/checklist.md: what the run can say to reporting checklists."""
        write_text(self.evaluation / "checklist.md", text)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the evaluation; see `benchmark.evaluation_files.read_table`."""
        return read_table(self.evaluation, name)

    def has(self, name: str) -> bool:
        """Whether there is a table of the evaluation."""
        return table_file(self.evaluation, name).is_file()

    @property
    def has_metrics(self) -> bool:
        """Whether it has been evaluated."""
        return self.has("metrics")

    def metrics(self) -> pd.DataFrame:
        """Return evaluation/metrics.csv."""
        return self.table("metrics")


def split_table(radiographs: Radiographs, split: Split) -> pd.DataFrame:
    """Return a split as split.csv has it: who is where, and what the table says of the image."""
    table = radiographs.table[["patient", "age", "sex", "view", "follow_up"]].copy()
    table.insert(1, "part", split.part)
    table.insert(2, "fold", split.fold)
    return table


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    source.replace(target)
