"""The classical road, against the plain scikit-learn and scikit-image way of walking it."""

import shutil
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from joblib import parallel_config
from PIL import Image

from features.cache import cached
from features.pixels import PixelArchive
from features.radiographs import Radiographs
from features.texture import HOG, LBP
from models.one_vs_rest import OneVsRestXGBoost

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SIZE = 128
TREES = {"max_depth": 4, "learning_rate": 0.1, "max_bin": 64}


@pytest.fixture(scope="module")
def table():
    """4,000 × 512 features that say something of 14 findings, from rare to frequent."""
    random = np.random.default_rng(0)
    X = random.normal(size=(4000, 512)).astype("float32")
    shares = np.linspace(0.01, 0.2, 14)
    signs = X[:, :14] + random.normal(size=(4000, 14))
    return X, (signs > np.quantile(signs, 1 - shares, axis=0).diagonal()).astype(int)


@contextmanager
def a_busy_core():
    """Keep one core busy with something else."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def ours(X, y):
    with parallel_config(backend="loky", n_jobs=2):
        return OneVsRestXGBoost(rounds=50, colsample=1.0, **TREES).fit(X, y)


def plain(X, y):
    from sklearn.multiclass import OneVsRestClassifier
    from xgboost import XGBClassifier

    trees = XGBClassifier(n_estimators=50, n_jobs=2, tree_method="hist", **TREES)
    return OneVsRestClassifier(trees).fit(X, y)


def test_one_vs_rest_scores_as_the_plain_way_does(table):
    X, y = table
    gap = np.abs(ours(X, y).predict_proba(X) - plain(X, y).predict_proba(X)).max()
    assert gap <= 1e-6


def test_one_vs_rest_over_the_plain_way(table, side_by_side):
    found = side_by_side(
        "4,000 by 512 by 14 findings, 50 rounds: ours over OneVsRestClassifier(XGBClassifier)",
        lambda: ours(*table),
        lambda: plain(*table),
    )
    assert found >= 1.4


def test_one_vs_rest_over_the_plain_way_beside_other_work(table, side_by_side):
    with a_busy_core():
        found = side_by_side(
            "the same with one core busy", lambda: ours(*table), lambda: plain(*table), rounds=3
        )
    assert found >= 1.5


@pytest.fixture(scope="module")
def files(nih, tmp_path_factory):
    """4,000 PNG files: the real radiographs, as often as it takes."""
    folder = tmp_path_factory.mktemp("png")
    real = sorted((nih / "images_002" / "images").glob("*.png"))
    copies = [folder / f"{k:04}.png" for k in range(4000)]
    for k, copy in enumerate(copies):
        shutil.copyfile(real[k % len(real)], copy)
    return copies


EXTRACTORS = (
    HOG(size=SIZE, orientations=9, cell=16, block=2),
    LBP(size=SIZE, radii=(1, 2, 4), points=(8, 8, 8), grid=4),
)


def from_files(files, cache):
    """Features of files through the store and the cache."""
    archive = PixelArchive(files, cache)
    radiographs = Radiographs(_no_table(files), None, archive=archive, rows=np.arange(len(files)))
    with parallel_config(backend="loky", n_jobs=2):
        return np.hstack([cached(radiographs, extractor) for extractor in EXTRACTORS])


def _no_table(files):
    import pandas as pd

    return pd.DataFrame(index=pd.Index([file.name for file in files], name="image"))


def by_hand(file):
    """Features of one file, as a script has them."""
    from skimage.feature import hog, local_binary_pattern

    image = Image.open(file).convert("L").resize((SIZE, SIZE), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    gradients = hog(pixels, 9, (16, 16), (2, 2), block_norm="L2-Hys")
    cells = []
    for radius in (1, 2, 4):
        patterns = local_binary_pattern(pixels, 8, radius, "uniform")
        for rows in np.split(patterns, 4):
            for cell in np.split(rows, 4, axis=1):
                counts = np.histogram(cell, bins=10, range=(0, 10))[0]
                cells.append(counts / cell.size)
    return np.concatenate([gradients, *cells])


def test_texture_is_what_a_script_computes(files, tmp_path):
    some = files[:200]
    wanted = np.stack([by_hand(file) for file in some])
    assert np.abs(from_files(some, tmp_path) - wanted).max() <= 1e-6


def test_texture_from_files_over_a_plain_loop(files, tmp_path, side_by_side):
    found = side_by_side(
        "HOG + LBP from 4,000 PNG files, cold: two workers over a plain loop",
        lambda: from_files(files, _emptied(tmp_path / "cold")),
        lambda: np.stack([by_hand(file) for file in files]),
        rounds=3,
    )
    assert found >= 1.7


def test_texture_from_the_cache_over_a_plain_loop(files, tmp_path, side_by_side):
    some = files[:1000]
    from_files(some, tmp_path)
    found = side_by_side(
        "HOG + LBP of 1,000 files, warm, over a plain loop",
        lambda: from_files(some, tmp_path),
        lambda: np.stack([by_hand(file) for file in some]),
        rounds=3,
    )
    assert found >= 50


def _emptied(folder):
    shutil.rmtree(folder, ignore_errors=True)
    return folder
