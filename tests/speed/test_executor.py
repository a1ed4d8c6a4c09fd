"""Feature extraction on a cluster: two workers over one."""

import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from benchmark.executors.executor import Executor
from features.cache import cached
from features.pixels import PixelArchive
from features.radiographs import Radiographs
from features.texture import HOG, LBP

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

IMAGES = 2000


@pytest.fixture(scope="module")
def radiographs(tmp_path_factory) -> Radiographs:
    """Noise, decoded: what extraction costs does not depend on what is seen."""
    folder, random = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    files = [folder / f"{k:04}.png" for k in range(IMAGES)]
    for file in files:
        picture = Image.fromarray(random.integers(0, 256, (128, 128), np.uint8))
        picture.save(file, compress_level=0)
    archive = PixelArchive(files, tmp_path_factory.mktemp("cache"))
    archive.store(128)
    table = pd.DataFrame({"patient": "1"}, index=pd.Index([file.name for file in files]))
    return Radiographs(table, None, archive=archive, rows=np.arange(IMAGES))


def test_two_dask_workers_over_one(start_cluster, radiographs, tmp_path, side_by_side):
    def extracting(workers):
        cluster = start_cluster()
        cluster.hold(workers)
        executor = Executor.parse(f"dask://{cluster.address}")

        def extract():
            shutil.rmtree(radiographs.archive.folder / "features", ignore_errors=True)
            with executor.ambient(tmp_path, checked=True):
                return [cached(radiographs, it) for it in (HOG(size=128), LBP(size=128))]

        return extract

    two, one = extracting(2), extracting(1)
    for ours, theirs in zip(two(), one(), strict=True):
        assert np.array_equal(ours, theirs)
    title = f"HOG + LBP of {IMAGES} images at 128 px, two Dask workers over one"
    assert side_by_side(title, two, one, rounds=3) >= 1.6
