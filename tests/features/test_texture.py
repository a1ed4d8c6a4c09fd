"""HOG and LBP are scikit-image's, on a grid."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.feature import hog, local_binary_pattern

from features.texture import HOG, LBP

SMALL_LBP = LBP(size=24, radii=(1, 2), points=(8, 12), grid=3)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 24, 24), dtype="uint8")


def test_hog_is_that_of_scikit_image(pictures):
    features = HOG(size=24, cell=6, orientations=8)(pictures)
    wanted = [
        hog(picture, orientations=8, pixels_per_cell=(6, 6), cells_per_block=(2, 2))
        for picture in pictures
    ]
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, wanted, atol=1e-6)


def test_hog_tells_how_edges_run():
    upright = np.zeros((1, 32, 32), "uint8")
    upright[:, :, 16:] = 255
    extract = HOG(size=32, cell=16, block=1, orientations=2)
    assert not np.allclose(extract(upright), extract(upright.transpose(0, 2, 1)))


def test_lbp_counts_the_patterns_of_scikit_image_cell_by_cell(pictures):
    histograms = replace(SMALL_LBP, radii=(2,), points=(12,))(pictures)
    for picture, histogram in zip(pictures, histograms.reshape(3, 3, 3, 14), strict=True):
        codes = local_binary_pattern(picture, 12, 2, "uniform")
        corner = np.bincount(codes[:8, 16:].astype(int).ravel(), minlength=14) / 64
        np.testing.assert_allclose(histogram[0, 2], corner, atol=1e-6)


def test_lbp_puts_its_scales_side_by_side(pictures):
    both = SMALL_LBP(pictures)
    single = [replace(SMALL_LBP, radii=(r,), points=(p,))(pictures) for r, p in ((1, 8), (2, 12))]
    assert np.array_equal(both, np.hstack(single))


@settings(max_examples=20, deadline=None)
@given(size=st.integers(16, 40), grid=st.integers(1, 5), seed=st.integers(0, 9))
def test_every_cell_of_lbp_sums_to_one_whatever_the_grid(size, grid, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (1, size, size), dtype="uint8")
    cells = LBP(size=size, radii=(1,), points=(8,), grid=grid)(picture).reshape(grid**2, 10)
    np.testing.assert_allclose(cells.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("extract", [HOG(size=24, cell=6), SMALL_LBP])
def test_each_picture_is_looked_at_by_itself(pictures, extract):
    assert np.array_equal(extract(pictures)[1:2], extract(pictures[1:2]))


def test_black_pictures_have_features():
    black = np.zeros((1, 24, 24), "uint8")
    assert np.isfinite(HOG(size=24, cell=6)(black)).all()
    assert np.isfinite(SMALL_LBP(black)).all()


def test_each_parameter_is_in_the_key():
    assert HOG().key() != HOG(cell=8).key()
    assert LBP().key() != LBP(grid=3).key()
