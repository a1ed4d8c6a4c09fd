"""Features are extracted once, and never from half of anything."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import joblib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from features import cache
from features.cache import cached
from features.extractor import Extractor
from features.pixels import PixelArchive
from features.radiographs import Radiographs


@dataclass(frozen=True)
class Brightness(Extractor):
    """The mean and the maximum, times a factor."""

    size: int = 8
    factor: float = 1.0

    name: ClassVar[str] = "brightness"
    calls: ClassVar[list[int]] = []

    def __call__(self, pixels):
        self.calls.append(len(pixels))
        return np.stack([pixels.mean((1, 2)), pixels.max((1, 2))], 1) * self.factor


@dataclass(frozen=True)
class Alone(Brightness):
    """Runs where it is called."""

    name: ClassVar[str] = "alone"
    parallel: ClassVar[bool] = False


@dataclass(frozen=True)
class Fragile(Brightness):
    """Breaks on bright images for as long as it is told to."""

    name: ClassVar[str] = "fragile"
    broken: ClassVar[list[bool]] = []

    def __call__(self, pixels):
        if self.broken and pixels.max() > 60:
            raise KeyboardInterrupt
        return super().__call__(pixels)


@pytest.fixture(autouse=True)
def blocks_of_three(monkeypatch):
    monkeypatch.setattr(cache, "BLOCK", 3)
    Brightness.calls.clear()


@pytest.fixture
def radiographs(tmp_path) -> Radiographs:
    """Eight pictures of one grey value each: 0, 10, … 70."""
    return archived(tmp_path / "images", tmp_path / "cache")


def archived(images: Path, folder: Path, shades=range(0, 80, 10)) -> Radiographs:
    images.mkdir()
    files = [images / f"{shade}.png" for shade in shades]
    for file, shade in zip(files, shades, strict=True):
        Image.new("L", (8, 8), shade).save(file)
    table = pd.DataFrame({"patient": "1"}, index=pd.Index([file.name for file in files]))
    return Radiographs(table, None, archive=PixelArchive(files, folder), rows=np.arange(len(files)))


def test_features_stand_in_the_order_of_the_radiographs(radiographs):
    features = cached(radiographs.take([5, 0, 2]), Brightness())
    assert features.dtype == np.float32
    assert features[:, 0].tolist() == [50, 0, 20]


def test_the_whole_archive_is_extracted_once_for_every_part(radiographs):
    cached(radiographs.take([1, 2]), Brightness())
    cached(radiographs.take([3, 4]), Brightness())
    assert sum(Brightness.calls) == 8


def test_the_same_content_elsewhere_is_extracted_again_only_in_another_cache(radiographs, tmp_path):
    cached(radiographs, Brightness())
    cached(archived(tmp_path / "copy", tmp_path / "cache"), Brightness())
    assert sum(Brightness.calls) == 8
    cached(archived(tmp_path / "other copy", tmp_path / "other cache"), Brightness())
    assert sum(Brightness.calls) == 16


def test_other_content_other_parameters_and_other_sizes_are_told_apart(radiographs, tmp_path):
    cached(radiographs, Brightness())
    assert cached(radiographs, Brightness(factor=2))[7, 0] == 140
    assert cached(radiographs, Brightness(size=4)).shape == (8, 2)
    brighter = archived(tmp_path / "brighter", tmp_path / "cache", shades=range(5, 85, 10))
    assert cached(brighter, Brightness())[0, 0] == 5


def test_another_code_or_library_extracts_again(radiographs, monkeypatch):
    cached(radiographs, Brightness())
    monkeypatch.setattr(cache, "code_digest", lambda module: f"another {module}")
    cached(radiographs, Brightness())
    assert sum(Brightness.calls) == 16
    monkeypatch.setattr(cache, "_version", lambda library: "99.9")
    cached(radiographs, Brightness())
    assert sum(Brightness.calls) == 24


def test_another_way_of_decoding_extracts_again(radiographs, monkeypatch):
    from features import fingerprint

    cached(radiographs, Brightness())
    collect = fingerprint._collect

    def edited(module, file, sources):
        collect(module, file, sources)
        if module == "features.images":
            sources[module] += "# resampled in another way"

    monkeypatch.setattr(fingerprint, "_collect", edited)
    cached(radiographs, Brightness())
    assert sum(Brightness.calls) == 16


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_extraction_resumes_by_blocks(radiographs, workers):
    Fragile.broken.append(True)
    with joblib.parallel_config("threading", n_jobs=workers), pytest.raises(KeyboardInterrupt):
        cached(radiographs, Fragile())
    Fragile.broken.clear()
    before = sum(Brightness.calls)
    assert before >= 3
    assert cached(radiographs, Fragile())[:, 0].tolist() == list(range(0, 80, 10))
    assert sum(Brightness.calls) == 8


def test_nothing_is_left_beside_the_result(radiographs):
    cached(radiographs, Brightness())
    folder = radiographs.archive.folder / "features"
    assert [file.suffix for file in folder.iterdir() if file.suffix != ".lock"] == [".npy"]


def test_workers_extract_what_one_process_extracts(radiographs):
    from features.texture import LBP

    extract = LBP(size=16, radii=(1,), points=(8,), grid=2)
    with joblib.parallel_config("loky", n_jobs=2):
        features = cached(radiographs, extract)
    assert np.array_equal(features, extract(radiographs.pixels(16)[:]))


def test_an_extractor_may_ask_for_the_calling_process(radiographs):
    with joblib.parallel_config("loky", n_jobs=2):
        cached(radiographs, Alone())
    assert sum(Brightness.calls) == 8


def test_progress_ends_where_the_archive_does(radiographs):
    told = []
    cached(radiographs.take([0]), Brightness(), progress=lambda *step: told.append(step))
    assert told[-1] == ("extracting brightness", 8, 8)


def test_features_of_the_wrong_shape_are_refused(radiographs):
    @dataclass(frozen=True)
    class Wrong(Brightness):
        name: ClassVar[str] = "wrong"

        def __call__(self, pixels):
            return np.zeros(len(pixels))

    with pytest.raises(ValueError, match="wrong made an array of shape"):
        cached(radiographs, Wrong())
    assert not list((radiographs.archive.folder / "features").glob("*.npy"))


def test_radiographs_from_tables_alone_have_no_features(radiographs):
    bare = Radiographs(radiographs.table, None)
    with pytest.raises(ValueError, match="no pixels"):
        cached(bare, Brightness())
