"""Embeddings are the pooled activations of a backbone."""

import keras
import numpy as np
import pytest

from features.backbones import build
from features.embeddings import Embedding

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
