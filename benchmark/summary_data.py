"""What a report shows of the data: counts by part, which findings come together, a few pictures."""

from typing import Any

import pandas as pd

from benchmark.contact_sheet import CREDITS
from benchmark.counting import count_labels
from benchmark.experiment import Experiment
from benchmark.run_folder import RunFolder
from benchmark.split_file import PARTS
from features.findings import FINDINGS, display


def data_of(
    run: RunFolder, experiment: Experiment, truth: pd.DataFrame, split: pd.DataFrame
) -> dict[str, Any]:
    """Say what was read and what was left out of it, count each part, and show a few pictures."""
    counts = {name: count_labels(truth[split["part"] == name], split["patient"]) for name in PARTS}
    return run.provenance["data"] | {
        "size": None if experiment.predictions else experiment.data.size,
        "images": len(truth),
        "patients": int(split["patient"].nunique()),
        "parts": [{"part": name, **part} for name, part in counts.items() if part["images"]],
        "pictures": [_picture(it, truth) for it in run.contact_sheet()],
        "credit": CREDITS[experiment.data.source],
    }


def _picture(picture: dict[str, str], truth: pd.DataFrame) -> dict[str, Any]:
    """Return a picture of the contact sheet with the findings that its labels name."""
    (present,) = (truth.loc[[picture["image"]]] == 1).to_numpy()
    named = [display(name) for name in truth.columns[present] if name in FINDINGS]
    return picture | {"findings": named}


def cooccurrence(truth: pd.DataFrame) -> list[list[int]]:
    """Count the images that show two findings, for each pair; the diagonal has one alone."""
    present = (truth.to_numpy() == 1).astype(int)
    return (present.T @ present).tolist()
