"""A row's network as features for another row."""

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from features.errors import InputError
from models.base import Job
from models.feature_model import FeatureModel
from models.keras_model import KerasModel
from models.prevalence import Prevalence
from models.resnet50_frozen import FrozenResNet50


class Small(KerasModel):
    """A convolution with global pooling."""

    size = 32
    epochs = 1

    def network(self, images):
        x = layers.Conv2D(6, 5, strides=2, activation="relu")(layers.Rescaling(1 / 255)(images))
        return layers.GlobalAveragePooling2D()(x)


class OnRow(FeatureModel):
    """A linear classifier on what a network makes of an image."""

    features = ("row:small",)

    def estimator(self, seed):
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression()


@dataclass
class Row:
    """A finished row."""

    fitted: object

    def scores(self):
        return pd.DataFrame()

    def model(self):
        return self.fitted


@pytest.fixture(scope="module")
def train(spotted):
    return spotted(48, seed=1)


@pytest.fixture(scope="module")
def small(train, spotted, tmp_path_factory):
    return Small().fit(train, spotted(32, seed=2), Job(tmp_path_factory.mktemp("small")))


def test_the_last_layer_on_the_embedding_gives_the_logits(small, train):
    pixels = train.pixels(32)[:]
    kernel, bias = small.trained.get_layer("logits").get_weights()
    embedded = small.embedding()(pixels)
    assert embedded.shape == (48, 6)
    assert embedded.dtype == np.float32
    wanted = small.trained.predict(pixels, verbose=0)
    np.testing.assert_allclose(embedded @ kernel + bias, wanted, rtol=1e-4, atol=1e-5)


def test_a_network_is_traced_once_for_all_blocks(train, spotted, tmp_path, monkeypatch):
    built = []
    whole = Small.from_pixels
    small = Small().fit(train, spotted(32, seed=2), Job(tmp_path))
    monkeypatch.setattr(Small, "from_pixels", lambda *it: built.append(it) or whole(*it))
    extractor, pixels = small.embedding(), train.pixels(32)[:]
    together = extractor(pixels)
    blocks = np.concatenate([extractor(block) for block in np.split(pixels, 3)])
    np.testing.assert_allclose(blocks, together, rtol=1e-5, atol=1e-6)
    assert len(built) == 1


def test_features_are_known_by_the_network_that_made_them(small, train, tmp_path):
    small.save(tmp_path)
    again = Small.load(tmp_path)
    assert again.embedding().key() == small.embedding().key()
    kernel, bias = again.trained.get_layer("logits").get_weights()
    again.trained.get_layer("logits").set_weights([kernel + 1, bias])
    assert again.embedding().key() != small.embedding().key()


def test_a_network_on_a_frozen_backbone_takes_pixels_too(train, spotted, tmp_path):
    options = {"size": 32, "weights": "random", "epochs": 1}
    model = FrozenResNet50(**options).fit(train, spotted(16, seed=2), Job(tmp_path))
    embedded = model.embedding()(train.pixels(32)[:5])
    kernel, bias = model.trained.get_layer("logits").get_weights()
    wanted = model.predict(train.take(range(5)))
    scores = keras.ops.convert_to_numpy(keras.ops.sigmoid(embedded @ kernel + bias))
    np.testing.assert_allclose(scores, wanted, atol=1e-5)


def test_a_second_fit_takes_the_network_that_it_is_given(train, small, spotted, tmp_path):
    model = OnRow().fit(train, train, Job(tmp_path, rows={"small": Row(small)}))
    (tmp_path / "other").mkdir()
    other = Small(epochs=2).fit(train, spotted(32, seed=4), Job(tmp_path / "other", seed=1))
    again = model.fit(train, train, Job(tmp_path, rows={"small": Row(other)}))
    assert again._extractors["row:small"].key() == other.embedding().key()


def test_a_classifier_learns_on_another_rows_network(small, train, spotted, tmp_path):
    rows = {"small": Row(small)}
    model = OnRow().fit(train, spotted(32, seed=2), Job(tmp_path, rows=rows))
    assert model.builds_on == ("small",)
    assert model.facts["dimensions"] == 6
    model.save(tmp_path)
    test = spotted(20, seed=3)
    loaded = OnRow.load(tmp_path, rows)
    assert np.array_equal(loaded.predict(test), model.predict(test))


class OneName(OnRow):
    """A student's way of writing it."""

    features = "row:small"


@pytest.mark.parametrize("model", [OnRow(features="row:small"), OneName(), OneName(size=64)])
def test_one_feature_needs_no_list(model):
    assert model.features == ("row:small",) and model.builds_on == ("small",)
    assert type(model)(**model.options).builds_on == ("small",)


def test_a_row_that_is_no_network_has_no_embedding(train, tmp_path):
    rows = {"small": Row(Prevalence())}
    with pytest.raises(InputError, match="prevalence is no network"):
        OnRow().fit(train, train, Job(tmp_path, rows=rows))


def test_a_row_needs_a_feature():
    with pytest.raises(InputError, match="features is empty: name any of hog, lbp"):
        OnRow(features=[])
