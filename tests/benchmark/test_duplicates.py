import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy.fft import idctn

from benchmark.duplicates import duplicates_between
from features.pixels import PixelArchive
from features.radiographs import Radiographs

NAMES = ["one.png", "copy.png", "smaller.png", "paler.jpg", "two.png", "three.png"]


def draw(seed):
    waves = np.zeros((256, 256))
    waves[:40, :40] = np.random.default_rng(seed).normal(size=(40, 40)) / (1 + np.arange(40))
    field = idctn(waves, norm="ortho")
    grey = 20 + 200 * (field - field.min()) / np.ptp(field)
    return Image.fromarray(grey.astype("uint8"))


@pytest.fixture
def radiographs(tmp_path):
    """Six files: one picture four times over, as copy, smaller, and paler as JPEG; two others."""
    one = draw(0)
    made = dict(zip(NAMES, [one, one, one.resize((150, 150)), None, draw(1), draw(2)], strict=True))
    made["paler.jpg"] = one.point(lambda grey: 30 + 0.8 * grey)
    for name, picture in made.items():
        picture.save(tmp_path / name)
    table = pd.DataFrame({"patient": list("aabcde")}, pd.Index(NAMES, name="image"))
    archive = PixelArchive([tmp_path / name for name in NAMES], tmp_path / "cache")
    return Radiographs(table, None, archive=archive, rows=np.arange(6))


def test_copies_in_another_part_are_found_whatever_their_size_format_and_brightness(radiographs):
    part = np.array(["train", "train", "test", "valid", "test", "test"])
    found = duplicates_between(radiographs, part, 64)
    pairs = {frozenset(pair) for pair in zip(found["image"], found["other"], strict=True)}
    ones = ("one.png", "copy.png")
    expected = {frozenset([a, b]) for a in ones for b in ("smaller.png", "paler.jpg")}
    assert pairs == expected | {frozenset(["smaller.png", "paler.jpg"])}
    assert not found["same_patient"].any()
    assert not found["exact"].any()
    assert found["correlation"].is_monotonic_decreasing


def test_equal_pixels_are_called_exact_and_an_own_radiograph_the_same_patients(radiographs):
    part = np.array(["train", "test", "train", "train", "test", "test"])
    found = duplicates_between(radiographs, part, 64).set_index(["image", "other"])
    line = found.loc[("one.png", "copy.png")]
    assert line["exact"] and line["same_patient"] and line["distance"] == 0
    assert (line["part"], line["other_part"]) == ("train", "test")


def test_copies_within_a_part_are_no_concern(radiographs):
    part = np.array(["train"] * 4 + ["test"] * 2)
    assert duplicates_between(radiographs, part, 64).empty


def test_another_split_compares_nothing_anew(radiographs, monkeypatch):
    duplicates_between(radiographs, np.array(["train", "test"] * 3), 64)
    monkeypatch.setattr("benchmark.duplicates.close_pairs", None)
    assert len(duplicates_between(radiographs, np.array(["test", "train"] * 3), 64)) == 4
