"""The run folder: the only reader and writer of ``runs/<name>/``. Plain text, but for models."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.experiment import Experiment, load
from benchmark.splits import Split
from features.errors import InputError
from features.files import read_json, write_json, write_text, write_with
from features.fingerprint import digest
from features.radiographs import Radiographs

#: What a grid has at the top of its folder where a run has `run_tables`.
GRID_TABLES = ("evaluation/cells.csv", "evaluation/grid.csv")

#: Columns of evaluation tables that hold words, also where every cell is empty or a number.
_WORDS = (
    *("row", "other", "part", "finding", "metric", "rule", "note", "verdict", "group", "value"),
    *("code", "text", "link", "method", "labels", "source", "split", "stage", "negatives"),
)

#: Reads numbers to the last bit; pandas does so by itself since 3.1, and deprecates the option.
_EXACT: dict[str, Any] = {"float_precision": "round_trip"}
if tuple(map(int, pd.__version__.split(".")[:2])) >= (3, 1):
    _EXACT = {}


def run_tables() -> tuple[str, ...]:
    """Return what a run has at the top of its folder beside its rows."""
    # Not at the top: a row's process opens its folder, and has no use for the whole evaluation.
    from benchmark.evaluation.tables import TABLES

    inputs = ("split.csv", "truth.csv", "second_labels.csv", "duplicates.csv")
    made = (f"evaluation/{name}.csv" for name in (*TABLES, "auc", "precision", "recall"))
    return (*inputs, *made, "evaluation/checklist.md")


class RowFolder:
    """One row's part of a run folder: status, scores, history, cost and the fitted model.

    Parameters
    ----------
    path : Path
        The folder; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.saved = path / "saved"
        self.log = path / "log.txt"
        self.heatmaps = path / "heatmaps"
        self.unfinished = path / "unfinished"  # what a fit keeps meanwhile; gone once it is done

    @property
    def name(self) -> str:
        """The row's name."""
        return self.path.name

    @property
    def status(self) -> dict[str, Any]:
        """What the runner last wrote: state, fingerprint, reason, …; empty before the first fit.

        A file that cannot be understood says nothing: the row is fitted again.
        """
        try:
            status = read_json(self.path / "status.json")
        except ValueError:
            return {}
        return status if isinstance(status, dict) else {}

    def set_status(self, **status: Any) -> None:
        """Replace the status; ``state="done"`` is written last of all files of a row."""
        write_json(self.path / "status.json", status)

    def is_done(self, fingerprint: str) -> bool:
        """Whether this very row, with these inputs and this code, has been finished."""
        status = self.status
        return status.get("state") == "done" and status.get("fingerprint") == fingerprint

    def write_scores(
        self,
        images: np.ndarray,
        findings: Sequence[str],
        scores: np.ndarray,
        *,
        digits: int | None = 9,
    ) -> None:
        """Write one probability an image and finding.

        Nine digits give float32 back exactly; None writes what gives float64 back.
        """
        table = pd.DataFrame(scores, index=pd.Index(images, name="image"), columns=list(findings))
        form = f"%.{digits}g" if digits else None
        write_csv(self.path / "scores.csv", table, float_format=form)

    def scores(self) -> pd.DataFrame:
        """Return the probabilities, indexed by image, a column a finding."""
        return read_csv(self.path / "scores.csv", index_col="image", dtype={"image": str})

    def scores_cover(self, truth: pd.DataFrame) -> bool:
        """Whether there is a score for each image and finding."""
        try:
            scores = self.scores()
            return bool(scores.loc[truth.index, list(truth.columns)].notna().all(axis=None))
        except (OSError, ValueError, KeyError):
            return False

    @property
    def content(self) -> str:
        """Digest of the scores: what tells one fit from another that had the same fingerprint.

        Empty where there are none.
        """
        file = self.path / "scores.csv"
        return digest(file.read_bytes()) if file.is_file() else ""

    def write_history(self, history: list[dict]) -> None:
        """Write the training history, a line an epoch."""
        if history:
            write_csv(self.path / "history.csv", pd.DataFrame(history).set_index("epoch"))

    def history(self) -> list[dict]:
        """Return the training history; empty where there was none."""
        path = self.path / "history.csv"
        return pd.read_csv(path).to_dict("records") if path.is_file() else []

    def write_localization(self, table: pd.DataFrame, judged: pd.DataFrame) -> None:
        """Write how heat maps stand against boxes: a line a map and finding, and one a pair.

        They lie with the row, so that they go when it is fitted again.
        """
        write_csv(self.path / "localization.csv", table.set_index("row"))
        write_csv(self.path / "localization_pairs.csv", judged.set_index("map"))

    def localization(self) -> pd.DataFrame:
        """Return localization.csv; empty where no heat map was held against a box."""
        path = self.path / "localization.csv"
        text = {"row": str, "layer": str, "method": str}
        table = read_csv(path, dtype=text) if path.is_file() else pd.DataFrame()
        return table.fillna({"layer": ""})

    @property
    def cost(self) -> dict[str, Any]:
        """Seconds, peak memory and the like."""
        return read_json(self.path / "cost.json")

    def write_cost(self, cost: dict[str, Any]) -> None:
        """Write what the row has cost."""
        write_json(self.path / "cost.json", cost)

    @property
    def facts(self) -> dict[str, Any]:
        """What the fitted model says of itself."""
        return read_json(self.saved / "model.json").get("facts", {})


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
        """Write the tables of an evaluation, each to ``evaluation/<name>.csv``.

        A table without lines leaves no file, but for ``checks``, which were made all the same.
        ``auc.csv``, ``precision.csv`` and ``recall.csv`` are ``metrics`` of the test part once
        more, findings down and rows across.
        """
        folder = self.path / "evaluation"
        for name, table in tables.items():
            if len(table) or name in ("metrics", "checks"):  # none is an answer too
                write_csv(folder / f"{name}.csv", table, index=False)
            else:
                (folder / f"{name}.csv").unlink(missing_ok=True)
        test = tables["metrics"].query("part == 'test'")
        for name in ("auc", "precision", "recall"):
            wide = test.set_index(["finding", "row"])[name].unstack()  # noqa: PD010
            ordered = wide.loc[test["finding"].unique(), test["row"].unique()]
            write_csv(folder / f"{name}.csv", ordered, float_format="%.4f")

    def write_checklist(self, text: str) -> None:
        """Write evaluation/checklist.md: what the run can say to reporting checklists."""
        write_text(self.path / "evaluation" / "checklist.md", text)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the evaluation; one without lines or columns where there is none.

        Parameters
        ----------
        name : str
            One of `benchmark.evaluation.tables.TABLES`.
        """
        path = self.path / "evaluation" / f"{name}.csv"
        if not path.is_file():
            return pd.DataFrame()
        table = read_csv(path, dtype=dict.fromkeys(_WORDS, str))
        return table.fillna({name: "" for name in _WORDS if name in table})

    def has(self, name: str) -> bool:
        """Whether there is a table of the evaluation."""
        return (self.path / "evaluation" / f"{name}.csv").is_file()

    @property
    def has_metrics(self) -> bool:
        """Whether it has been evaluated."""
        return self.has("metrics")

    def metrics(self) -> pd.DataFrame:
        """Return evaluation/metrics.csv."""
        return self.table("metrics")


def write_gallery(folder: Path, page: str, pictures: Iterable[tuple[str, bytes]]) -> Path:
    """Write a page and its pictures, in place of what an earlier gallery left in the folder.

    Parameters
    ----------
    folder : Path
        Made where it is missing. Only the pictures of an earlier gallery are removed.
    page : str
        A complete HTML document.
    pictures : iterable of (str, bytes)
        File names and PNG files.

    Returns
    -------
    Path
        Of the page.
    """
    listed = folder / "pictures.json"
    for name in read_json(listed):
        (folder / Path(name).name).unlink(missing_ok=True)
    names = []
    for name, content in pictures:
        write_with(folder / name, partial(Path.write_bytes, data=content))
        names.append(name)
    write_json(listed, names)
    write_text(folder / "gallery.html", page)
    return folder / "gallery.html"


def split_table(radiographs: Radiographs, split: Split) -> pd.DataFrame:
    """Return a split as split.csv has it: who is where, and what the table says of the image."""
    table = radiographs.table[["patient", "age", "sex", "view", "follow_up"]].copy()
    table.insert(1, "part", split.part)
    table.insert(2, "fold", split.fold)
    return table


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table of ours: an empty cell is missing, a patient or a row called NA is not.

    Numbers come back to the last bit, so that a threshold is still the score that it was.
    """
    return pd.read_csv(path, keep_default_na=False, na_values=[""], **_EXACT, **options)


def write_csv(path: Path, table: pd.DataFrame, **options: Any) -> None:
    """Write a table at once, so that nobody reads half of it."""
    write_with(path, lambda temporary: table.to_csv(temporary, **options))


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    source.replace(target)
