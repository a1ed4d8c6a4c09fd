"""A study in which there is nothing to remark, and what makes of it one that deserves a remark."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmark.checks.registry import available
from benchmark.duplicates import COLUMNS
from benchmark.evaluation.evidence import Evidence
from benchmark.settings import Evaluation
from features.findings import FINDINGS

#: Patients of each part; each has two radiographs.
PATIENTS = {"train": 240, "valid": 120, "test": 200}

#: How far the scores of each row part positives from negatives, in standard deviations.
ROWS = {"floor": 0.4, "strong": 1.0, "other": 0.9}


@pytest.fixture(scope="session")
def study() -> Evidence:
    """560 patients with two radiographs each, two models and a floor: all in order."""
    random = np.random.default_rng(0)
    patients = np.repeat(np.arange(sum(PATIENTS.values())), 2)
    images = pd.Index([f"{p:08d}_{k % 2:03d}.png" for k, p in enumerate(patients)], name="image")
    ill = random.random((sum(PATIENTS.values()), 14)) < 0.35  # on both radiographs
    truth = pd.DataFrame(ill[patients].astype(float), images, list(FINDINGS))
    part = np.repeat(list(PATIENTS), [2 * count for count in PATIENTS.values()])
    scores = {
        row: 1 / (1 + np.exp(1 - strength * truth - random.normal(size=truth.shape)))
        for row, strength in ROWS.items()
    }
    about = {row: {"kind": "deep", "versions": {"keras": "3.15.0"}} for row in ROWS}
    about["floor"]["kind"] = "floor"
    return Evidence(
        truth=truth,
        split=pd.DataFrame({"patient": patients.astype(str), "part": part}, images),
        scores=scores,
        settings=Evaluation(draws=200),
        about=about,
        duplicates=pd.DataFrame(columns=list(COLUMNS)),
        source="nih",
    )


@pytest.fixture
def with_labels(study):
    """Return what gives a part other labels of a finding."""

    def change(part, finding, labels) -> Evidence:
        truth = study.truth.copy()
        truth.loc[study.split["part"] == part, finding] = np.asarray(labels, float)
        return replace(study, truth=truth)

    return change


@pytest.fixture
def with_scores(study):
    """Return what gives a row other scores, all of them or those of a finding."""

    def change(row, scores=None, **of_findings) -> Evidence:
        table = study.scores[row] if scores is None else scores
        return replace(study, scores={**study.scores, row: table.assign(**of_findings)})

    return change


@pytest.fixture
def remarks():
    """Return what a check says of evidence, as lines: rows, findings, text."""

    def look(code, evidence) -> list[str]:
        made = [it for it in available()[code](evidence) if it.judged]
        return [" | ".join(["+".join(it.rows), "+".join(it.findings), it.text]) for it in made]

    return look


@pytest.fixture
def reasons():
    """Return why a check could not be made."""

    def look(code, evidence) -> list[str]:
        return [it.text for it in available()[code](evidence) if not it.judged]

    return look
