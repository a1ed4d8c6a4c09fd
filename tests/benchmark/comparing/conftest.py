"""Run folders as a run leaves them, written by hand: small, and of any scores."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmark.experiment import Experiment
from benchmark.run_folder import RunFolder
from features.findings import FINDINGS

IMAGES = pd.Index([f"{k:03}.png" for k in range(120)], name="image")


class Study:
    """Labels and a split of 120 images of 60 patients, half of them test, and scores of them."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self.truth = pd.DataFrame(
            (random.random((120, 14)) < 0.3).astype(int), IMAGES, list(FINDINGS)
        )
        part = np.where(np.arange(120) < 60, "test", "train")
        patient = [f"p{k // 2}" for k in range(120)]
        self.split = pd.DataFrame({"patient": patient, "part": part, "fold": 0}, IMAGES)
        self.split = self.split.assign(age=50.0, sex="F", view="PA", follow_up=0)
        self.noise = pd.DataFrame(random.normal(size=(120, 14)), IMAGES, list(FINDINGS))

    def scores(self, signal: float) -> pd.DataFrame:
        """Return scores that tell more the stronger the signal."""
        return 1 / (1 + np.exp(-(signal * self.truth + self.noise)))

    def write(
        self,
        folder: Path,
        scores: dict[str, pd.DataFrame],
        *,
        options: dict[str, dict] | None = None,
        failed: tuple[str, ...] = (),
        truth: pd.DataFrame | None = None,
        split: pd.DataFrame | None = None,
        versions: dict[str, str] | None = None,
        **settings: object,
    ) -> Path:
        """Write a run folder in which some rows are done and some have failed."""
        run = RunFolder(folder)
        content = {
            "name": "study",
            "rows": [*scores, *failed],
            "data": {"source": "nih"},
            "evaluation": {"draws": 200},
        }
        experiment = Experiment.parse(content, "study").replace(settings)
        run.write_experiment(experiment)
        (self.split if split is None else split).to_csv(folder / "split.csv")
        (self.truth if truth is None else truth).to_csv(folder / "truth.csv")
        known = {"versions": versions or {}, "split": {"fingerprint": "f" * 16, "kind": "patient"}}
        (folder / "provenance.json").write_text(json.dumps(known))
        for name, table in scores.items():
            row = run.row(name)
            row.path.mkdir(parents=True)
            table.to_csv(row.path / "scores.csv")
            card = {"model": name, "title": name, "kind": "classical"}
            row.set_status(state="done", card=card | {"options": (options or {}).get(name, {})})
        for name in failed:
            run.row(name).set_status(state="failed", reason="out of memory")
        return folder


@pytest.fixture(scope="session")
def study():
    return Study()
