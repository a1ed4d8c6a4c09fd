"""One row's part of a run folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.csv_files import read_csv, write_csv
from benchmark.plain import records
from features.files import read_json, write_json
from features.fingerprint import digest


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
        except (OSError, ValueError, KeyError, TypeError):  # TypeError: no table at all
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
        """Return the training history, a plain line an epoch; empty where there was none."""
        path = self.path / "history.csv"
        return records(read_csv(path)) if path.is_file() else []

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

    def write_looks(self, looks: dict[str, Any]) -> None:
        """Write looks.json: the few heat maps that a report shows; see `reports.gallery`.

        It goes with the row too, when that is fitted again.
        """
        write_json(self.path / "looks.json", looks)

    def looks(self) -> dict[str, Any]:
        """Return looks.json; empty where the row was never explained."""
        return read_json(self.path / "looks.json")

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
