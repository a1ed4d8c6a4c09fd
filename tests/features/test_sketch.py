import numpy as np
import pytest
from scipy.fft import dctn, idctn

from features.sketch import Sketch, close_pairs, hashes


@pytest.fixture
def pictures():
    """Forty smooth pictures of 64 × 64 pixels."""
    waves = np.zeros((40, 64, 64))
    waves[:, :12, :12] = np.random.default_rng(0).normal(size=(40, 12, 12))
    fields = np.array([idctn(plane, norm="ortho") for plane in waves])
    low, high = fields.min((1, 2), keepdims=True), fields.max((1, 2), keepdims=True)
    return (20 + 180 * (fields - low) / (high - low)).astype("uint8")


def test_a_sketch_is_the_start_of_the_cosine_transform_without_the_mean(pictures):
    sketch = Sketch(64)(pictures[:1])[0]
    plane = dctn(pictures[0].astype(float), norm="ortho")
    assert sketch.shape == (255,)
    assert set(np.round(sketch * np.linalg.norm(plane.ravel()[1:]), -1)[:2]) == set(
        np.round([plane[0, 1], plane[1, 0]], -1)
    )


def test_the_product_of_two_sketches_is_the_correlation_of_the_smoothed_pictures(pictures):
    sketches = Sketch(64)(pictures)
    smooth = []
    for picture in pictures[:2]:
        plane = dctn(picture.astype(float), norm="ortho")
        plane[16:], plane[:, 16:] = 0, 0
        smooth.append(idctn(plane, norm="ortho").ravel())
    assert sketches[0] @ sketches[1] == pytest.approx(np.corrcoef(smooth)[0, 1], abs=1e-4)


def test_brightness_and_contrast_leave_a_sketch_as_it_is(pictures):
    paler = (40 + pictures * 0.7).astype("uint8")
    alike = (Sketch(64)(pictures) * Sketch(64)(paler)).sum(axis=1)
    assert alike.min() > 0.999


def test_a_picture_without_contrast_is_like_no_other(pictures):
    flat = np.full((2, 64, 64), 90, "uint8")
    flat[1, 3, 4] = 91
    assert not Sketch(64)(flat).any()


def test_a_hash_is_made_of_signs(pictures):
    sketches = Sketch(64)(pictures)
    one, other = hashes(sketches[:1]), hashes(-sketches[:1])
    assert one.dtype == np.uint64
    assert int(one[0] ^ other[0]).bit_count() == 64


@pytest.mark.parametrize("within", [0, 3, 8, 15])
def test_close_pairs_are_all_those_that_comparing_each_with_each_finds(within):
    random = np.random.default_rng(within)
    drawn = random.integers(0, 1 << 63, 300, dtype="uint64")
    for place in range(0, 200, 2):  # neighbours with up to 16 other bits
        flips = random.choice(64, size=random.integers(17), replace=False)
        drawn[place + 1] = drawn[place] ^ np.uint64(sum(1 << int(bit) for bit in flips))
    expected = {
        (i, j, apart)
        for i in range(300)
        for j in range(i + 1, 300)
        if (apart := int(drawn[i] ^ drawn[j]).bit_count()) <= within
    }
    found = {tuple(map(int, line)) for pairs in close_pairs(drawn, within=within) for line in pairs}
    assert found == expected
    assert len(expected) > 0
