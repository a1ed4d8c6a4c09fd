"""Embeddings are the pooled activations of a backbone."""

import keras
import numpy as np
import pytest

from features.backbones import BACKBONES, build
from features.embeddings import Embedding, pooled
from features.errors import InputError

SMALL = Embedding(backbone="densenet121", size=32)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype="uint8")


@pytest.fixture(scope="module")
def embedded(pictures) -> np.ndarray:
    return SMALL(pictures)


def test_an_embedding_is_the_mean_of_the_last_feature_map(pictures, embedded):
    backbone = build("densenet121", size=32, weights="random", seed=0)
    colour = np.repeat(pictures[..., None], 3, axis=-1).astype("float32")
    wanted = np.asarray(backbone(colour, training=False)).mean(axis=(1, 2))
    assert embedded.shape == (3, 1024) and embedded.dtype == np.float32
    np.testing.assert_allclose(embedded, wanted, rtol=1e-3, atol=1e-6)


def test_an_embedding_of_several_stages_lays_their_cells_side_by_side(pictures, embedded):
    both = Embedding(backbone="densenet121", size=32, grids=(2, 0, 0, 1))
    found = both(pictures)
    stage = build("densenet121", size=32, weights="random", seed=0)
    stage = keras.Model(stage.input, stage.get_layer("pool2_relu").output)
    colour = np.repeat(pictures[..., None], 3, axis=-1).astype("float32")
    first = np.asarray(stage(colour, training=False))
    cells = first.reshape(3, 2, 4, 2, 4, 256).mean(axis=(2, 4)).reshape(3, -1)
    assert found.shape == (3, both.width) == (3, 2048)
    np.testing.assert_allclose(found[:, :1024], cells, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(found[:, 1024:], embedded, rtol=1e-3, atol=1e-6)


def test_cells_are_read_in_order_and_none_is_empty():
    features = np.arange(9.0, dtype="float32").reshape(1, 3, 3, 1)
    np.testing.assert_allclose(pooled(features, 3)[0], range(9))
    np.testing.assert_allclose(pooled(features, 2)[0], [2, 3, 5, 6])  # they share the middle
    np.testing.assert_allclose(pooled(features[:, :1, :1], 2)[0], [0, 0, 0, 0])


@pytest.mark.parametrize("name", BACKBONES)
def test_the_stages_are_where_the_width_says(name):
    network = build(name, size=64, weights="random", seed=0)
    shapes = [network.get_layer(stage).output.shape for stage in BACKBONES[name].stages]
    assert [shape[-1] for shape in shapes] == list(BACKBONES[name].stages.values())
    assert [shape[1] for shape in shapes] == [16, 8, 4, 2]


@pytest.mark.parametrize("grids", [(0, 0, 0, 0), (4, 1), (-1, 0, 0, 1)])
def test_grids_that_make_no_features_are_refused(grids):
    with pytest.raises(InputError, match="cells along a side for each of the 4 stages"):
        Embedding(grids=grids)


def test_each_picture_is_embedded_by_itself(pictures, embedded):
    np.testing.assert_allclose(SMALL(pictures[1:2]), embedded[1:2], rtol=1e-3, atol=1e-6)


def test_random_weights_come_from_the_embeddings_own_seed(pictures, embedded):
    keras.utils.set_random_seed(3)
    again = Embedding(backbone="densenet121", size=32)
    assert np.array_equal(again(pictures), embedded)


def test_an_embedding_runs_in_the_calling_process():
    assert not SMALL.parallel


def test_a_file_of_weights_counts_by_its_content(tmp_path):
    one, copy = tmp_path / "one.h5", tmp_path / "copy.h5"
    one.write_bytes(b"weights")
    copy.write_bytes(b"weights")
    assert Embedding(weights=str(one)).key() == Embedding(weights=str(copy)).key()
    assert Embedding(weights=str(one)).key() != Embedding().key()
    assert Embedding(seed=1).key() != Embedding().key()
    assert Embedding(grids=(4, 0, 0, 1)).key() != Embedding().key()
