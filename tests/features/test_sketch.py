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


def test_a_sketch_holds_the_lowest_frequencies_each_times_itself(pictures):
    plane = dctn(pictures[0].astype(float), norm="ortho")[:16, :16]
    expected = plane * np.hypot(*np.mgrid[:16, :16])
    sketch = Sketch(64)(pictures[:1])[0]
    assert sketch.shape == (255,)
    assert np.sort(np.abs(sketch)) == pytest.approx(
        np.sort(np.abs(expected).ravel())[1:] / np.linalg.norm(expected), abs=1e-5
    )
    assert set(np.sign(sketch[:2])) == set(np.sign([plane[0, 1], plane[1, 0]]))


def test_the_product_of_two_sketches_is_the_correlation_of_the_edges_of_both(pictures):
    sketches = Sketch(64)(pictures)
    slopes = [np.stack(np.gradient(picture.astype(float))).ravel() for picture in pictures]
    edges = [slope / np.linalg.norm(slope) for slope in slopes]
    of_sketches = [sketches[0] @ other for other in sketches[1:]]
    of_edges = [edges[0] @ other for other in edges[1:]]
    assert np.corrcoef(of_sketches, of_edges)[0, 1] > 0.95


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
