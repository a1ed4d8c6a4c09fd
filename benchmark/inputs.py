"""What all rows of a run share: radiographs that can be read, and their split."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from benchmark.console import Console
from benchmark.csv_files import write_csv
from benchmark.datasets.loading import load_radiographs
from benchmark.duplicates import duplicates_between
from benchmark.experiment import Experiment
from benchmark.run_folder import split_table
from benchmark.second_labels import second_labels_of
from benchmark.split_file import PARTS
from benchmark.splits import Split, make_split
from features.fingerprint import digest
from features.radiographs import Radiographs


@dataclass(frozen=True)
class Inputs:
    """What all rows of a run share: the radiographs that can be read, and their split.

    Parameters
    ----------
    radiographs : Radiographs
        With labels, boxes and an archive.
    split : Split
        The part of each.
    reading : dict
        What the reader has to report; JSON-able.
    duplicates : pandas.DataFrame or None
        Pairs of radiographs that are the same, in different parts; None before they are decoded.
    second : pandas.DataFrame or None
        The labels of a second file, as truth.csv has its own; None where none is given.
    """

    radiographs: Radiographs
    split: Split
    reading: dict[str, Any]
    duplicates: pd.DataFrame | None = None
    second: pd.DataFrame | None = None

    def part(self, name: str) -> Radiographs:
        """Return the radiographs of one part."""
        return self.radiographs.take(self.split.part == name)

    def without_damaged(self) -> Self:
        """Leave out the images that cannot be read, for all models alike; name them with reasons.

        Only once the patients are parted: the split follows from the tables alone.
        """
        radiographs = self.radiographs
        assert radiographs.archive is not None and radiographs.rows is not None
        reasons, files = radiographs.archive.damaged, radiographs.archive.files
        kept = ~np.isin(radiographs.rows, list(reasons))
        names = [f"{files[row].name} ({why})" for row, why in reasons.items()]
        if not kept.all():
            radiographs = radiographs.take(kept)
        reading = self.reading | {"damaged": names}
        split = self.split.take(kept)
        return replace(self, radiographs=radiographs, split=split, reading=reading)

    def shares(self) -> str:
        """Say how many images and patients each part has."""
        table = pd.DataFrame({"part": self.split.part, "patient": self.radiographs.patients})
        counts = table.groupby("part", sort=False)["patient"].agg(["size", "nunique"])
        return ", ".join(
            f"{part} {images} images of {patients} patients"
            for part, images, patients in counts.loc[list(PARTS)].itertuples()
        )

    def digest(self) -> str:
        """Digest all that a fit or a prediction may read, and who is in which part."""
        radiographs = self.radiographs
        assert radiographs.archive is not None and radiographs.labels is not None
        return digest(
            radiographs.archive.fingerprint,
            radiographs.table.to_csv().encode(),
            radiographs.labels,
            list(radiographs.findings),
            list(self.split.part),
        )


def read_inputs(experiment: Experiment, console: Console) -> Inputs:
    """Read the data set, decode its pixels, leave damaged images out, part the patients."""
    inputs = decoded(parted(experiment, *read_data(experiment, console)), experiment, console)
    tell(console, inputs)
    return inputs


def read_data(experiment: Experiment, console: Console) -> tuple[Radiographs, dict[str, Any]]:
    """Read the tables of the data set, and say what was found."""
    radiographs, reading = load_radiographs(experiment.data, progress=console.progress)
    console.say(reading["summary"])
    console.warn(*reading["warnings"])
    return radiographs, reading


def parted(experiment: Experiment, radiographs: Radiographs, reading: dict[str, Any]) -> Inputs:
    """Part the patients of what was read, and read what a second label file says of them."""
    split = split_of(experiment, radiographs, reading["folder"])
    second, told = second_labels_of(experiment.evaluation.labels, radiographs)
    return Inputs(radiographs, split, reading | told, second=second)


def decoded(inputs: Inputs, experiment: Experiment, console: Console) -> Inputs:
    """Decode the pixels, leave out the images that are damaged, compare the others."""
    size = experiment.data.size
    inputs.radiographs.pixels(size, console.progress)
    inputs = inputs.without_damaged()
    part = np.asarray(inputs.split.part)
    return replace(
        inputs,
        duplicates=duplicates_between(inputs.radiographs, part, size, console.progress),
    )


def tell(console: Console, *inputs: Inputs) -> None:
    """Warn of damaged images and say the splits, each once however many share it."""
    damaged = [it.reading["damaged"] for it in inputs]
    told = (f"{len(d)} damaged images are left out: {'; '.join(d)}" for d in damaged if d)
    console.warn(*dict.fromkeys(told))
    for line in dict.fromkeys(it.reading.get("second_labels") for it in inputs):
        if line:
            console.say(line)
    for line in dict.fromkeys(f"split {it.split.fingerprint}: {it.shares()}" for it in inputs):
        console.say(line)


def split_of(experiment: Experiment, radiographs: Radiographs, folder: str) -> Split:
    """Part the patients as ``[split]`` says; official lists lie in the data's folder."""
    return make_split(radiographs, **experiment.split.model_dump(), folder=folder)


def split_from_tables(experiment: Experiment, out: Path) -> Split:
    """Write the split of everything the tables name, without an image; return it."""
    radiographs, reading = load_radiographs(experiment.data, need_images=False)
    split = split_of(experiment, radiographs, reading["folder"])
    write_csv(out, split_table(radiographs, split))
    return split
