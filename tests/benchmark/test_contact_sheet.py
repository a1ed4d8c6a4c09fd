"""The contact sheet of a run: which radiographs are on it, and how it reaches the report."""

import base64
import io
import json

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.api import open_run
from benchmark.console import Console
from benchmark.contact_sheet import SIDE, choose, contact_sheet
from benchmark.runner import run_experiment
from features.findings import FINDINGS
from features.pixels import PixelArchive
from features.radiographs import Radiographs


def radiographs(labels, patients=None, **more):
    """Without pixels: a line of labels a radiograph, the rest of the findings absent."""
    table = pd.DataFrame(index=pd.Index([f"{k}.png" for k in range(len(labels))], name="image"))
    table["patient"] = [str(k) for k in range(len(labels))] if patients is None else patients
    full = np.zeros((len(labels), len(FINDINGS)), "float32")
    for line, found in zip(full, labels, strict=True):
        line[[FINDINGS.index(name) for name in found]] = 1
    return Radiographs(table, full, **more)


def test_normals_come_first_then_each_finding_where_it_comes_with_the_fewest_others():
    some = radiographs([["Mass", "Hernia"], [], ["Mass"], [], ["Hernia", "Edema", "Mass"]])
    chosen = choose(some)
    assert chosen[:2] == [3, 1] and chosen[2] == 2  # Mass alone
    assert chosen[3:] == [4, 0]  # Edema has no other; Hernia comes with one other at least


def test_each_is_of_another_patient_while_there_are_enough():
    some = radiographs([[], [], [], ["Mass"], ["Mass"]], patients=["1", "1", "2", "2", "3"])
    assert choose(some) == [1, 2, 4]


def test_nothing_is_shown_twice_and_what_is_not_there_is_left_out():
    assert choose(radiographs([["Mass"]])) == [0]
    assert choose(radiographs([[], ["Mass", "Edema"]], patients=["1", "1"])) == [0, 1]
    unknown = radiographs([[]])
    unknown.labels[:] = np.nan
    assert choose(unknown) == []


def test_the_middle_of_the_table_is_taken_the_same_each_time():
    some = radiographs([["Mass"]] * 9)
    assert choose(some) == choose(some) == [4]


def test_pictures_are_small_jpegs_of_the_radiographs(tmp_path):
    file = tmp_path / "0.png"
    Image.fromarray(np.tile(np.arange(256, dtype="uint8"), (256, 1))).save(file)
    archive = PixelArchive([file], tmp_path / "cache")
    some = radiographs([["Mass"]], archive=archive, rows=np.array([0]))
    (picture,) = contact_sheet(some, 256)
    shown = Image.open(io.BytesIO(base64.b64decode(picture["jpeg"])))
    assert (picture["image"], shown.format, shown.size) == ("0.png", "JPEG", (SIDE, SIDE))
    assert np.asarray(shown).astype(int)[SIDE // 2, [0, -1]] == pytest.approx([0, 255], abs=8)


def test_a_run_keeps_its_sheet_of_train_and_can_be_told_not_to(small, tmp_path, counter):
    folder = tmp_path / "run"
    run_experiment(small, folder, console=Console(quiet=True))
    run = open_run(folder)
    pictures = run.summary["data"]["pictures"]
    assert 0 < len(pictures) <= 16
    assert {run.split["part"][it["image"]] for it in pictures} == {"train"}
    for it in pictures:
        assert len(it["findings"]) == (run.truth.loc[it["image"]] == 1).sum()
    page = run.write_report().read_text()
    assert all(f"data:image/jpeg;base64,{it['jpeg']}" in page for it in pictures)
    assert "Data provider: NIH Clinical Center" in page
    assert len(json.dumps(pictures)) < 100_000

    run_experiment(
        small.replace({"data.contact_sheet": False}), folder, console=Console(quiet=True)
    )

    assert len(counter.read_text().splitlines()) == 1  # no row depends on it
    bare = open_run(folder)
    assert bare.summary["data"]["pictures"] == []
    assert 'class="contacts"' not in bare.write_report().read_text()
