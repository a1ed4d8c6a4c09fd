"""Where features of texture lie: in the cells whose pixels change them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.embeddings import Embedding
from features.places import folded
from features.texture import HOG, LBP

SIZES = st.integers(24, 40)
# Not L2-Hys: it clips most bins of noise to one value, and small changes are lost.
HOGS = st.builds(
    HOG, size=SIZES, cell=st.integers(4, 8), block=st.integers(1, 3), block_norm=st.just("L2")
)
LBPS = st.builds(
    LBP, size=SIZES, radii=st.just((1, 2)), points=st.just((8, 6)), grid=st.integers(1, 4)
)


def noise(size, seed, *, images=1):
    return np.random.default_rng(seed).integers(0, 256, (images, size, size), dtype="uint8")


@settings(max_examples=30)
@given(hog=HOGS, lbp=LBPS, side=st.integers(0, 50), seed=st.integers(0, 9))
def test_what_features_are_worth_is_kept(hog, lbp, side, seed):
    worth = [extract(noise(extract.size, seed, images=2)) for extract in (hog, lbp)]
    maps = folded(list(zip((hog, lbp), worth, strict=True)), side=side)
    assert maps.min() >= 0
    wanted = sum(part.sum(axis=1, dtype=float) for part in worth)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)), wanted, rtol=1e-9)


def seen_by(extract, place):
    """Return three squares of pixels: inside a cell, the cell, and the cells of its blocks.

    What changes inside is seen by no feature beyond: neither as a gradient nor as a neighbour.
    """
    if isinstance(extract, HOG):
        edges = np.arange(extract.size // extract.cell + 1) * extract.cell
        margin, reach = 1, extract.block - 1
    else:
        edges = np.ceil(np.arange(extract.grid + 1) * extract.size / extract.grid).astype(int)
        margin, reach = max(extract.radii), 0
    last = len(edges) - 1
    cells = [at % last for at in place]
    return (
        tuple(slice(edges[at] + margin, edges[at + 1] - margin) for at in cells),
        tuple(slice(edges[at], edges[at + 1]) for at in cells),
        tuple(slice(edges[max(at - reach, 0)], edges[min(at + reach + 1, last)]) for at in cells),
    )


@settings(max_examples=30)
@given(
    extract=st.one_of(HOGS, LBPS),
    place=st.tuples(st.integers(0, 9), st.integers(0, 9)),
    seed=st.integers(0, 9),
)
def test_features_lie_where_changed_pixels_change_them(extract, place, seed):
    inside, cell, near = seen_by(extract, place)
    before = noise(extract.size, seed)
    after = before.copy()
    after[0][inside] = 255 - after[0][inside]

    changed = np.abs(extract(before) - extract(after)) > 1e-6
    (heat,) = folded([(extract, changed)], side=extract.size)

    assert (heat[cell] > 1e-6).all()
    heat[near] = 0
    assert heat.max() < 1e-6


def test_a_border_that_no_cell_covers_has_nothing():
    (heat,) = folded([(hog := HOG(size=20, cell=6), hog(noise(20, 0)))], side=20)
    assert (heat[:18, :18] > 0).all()
    assert heat.sum() == pytest.approx(heat[:18, :18].sum())


def test_a_map_has_as_many_cells_as_the_finest_features():
    coarse, fine = LBP(size=32, grid=2), HOG(size=32, cell=4)
    parts = [(extract, extract(noise(32, 0))) for extract in (coarse, fine)]
    assert folded(parts).shape == (1, 8, 8)
    assert folded(parts[:1]).shape == (1, 2, 2)
    np.testing.assert_allclose(folded(parts), folded(parts[:1], side=8) + folded(parts[1:]))


def test_a_hog_feature_lies_in_its_cell_and_not_in_its_block():
    extract = HOG(size=32, cell=8, block=2, orientations=3)
    feature = np.zeros((3, 3, 2, 2, 3))
    feature[1, 0, 0, 1, 2] = 7  # of the block in the second row, its upper right cell
    (heat,) = folded([(extract, feature.reshape(1, -1))])
    assert heat[1, 1] == heat.sum() == 7


def test_an_embedding_has_no_place():
    with pytest.raises(TypeError, match="the features of embedding have no place"):
        folded([(Embedding(), np.zeros((1, 2048)))])
