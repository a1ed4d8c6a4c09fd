import keras
import numpy as np
import pytest
from keras import layers

from features.findings import FINDINGS
from models.base import Job
from models.cnn6 import CNN6
from models.densenet121 import DenseNet121
from models.keras_model import MOMENTUM_FROM_RANDOM
from models.resnet50 import ResNet50
from models.resnet50_frozen import FrozenResNet50
from models.training import weights


def built(model, shape=(64, 64), dtype="uint8"):
    model.findings = FINDINGS
    return model.build(shape, dtype, seed=0)


def nested_in(network):
    return (layer for layer in network.layers if isinstance(layer, keras.Model))


def all_of(kind, network):
    """Every layer of a kind, those of networks inside the network too."""
    for layer in network.layers:
        if isinstance(layer, kind):
            yield layer
        elif isinstance(layer, keras.Model):
            yield from all_of(kind, layer)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (CNN6, {"loss": "bce", "no_finding": True, "rotation": 10.0}),
        (ResNet50, {"loss": "bce", "weights": "imagenet", "size": 224, "dropout": 0.5}),
        (
            DenseNet121,
            {"loss": "focal", "gamma": 2.0, "balanced": True, "learning_rate": 1e-4, "flip": True},
        ),
        (FrozenResNet50, {"loss": "weighted_bce", "dropout": 0.3, "size": 224}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_row_keeps_to_its_recipe(row, said):
    options = row().options

    assert {name: options[name] for name in said} == said


def test_cnn6_has_six_convolutions_each_pooled_and_fifteen_outputs():
    network = built(CNN6(), (128, 128))

    convolutions = list(all_of(layers.Conv2D, network))
    assert [layer.filters for layer in convolutions] == [32, 64, 128, 128, 256, 256]
    assert {layer.kernel_size for layer in convolutions} == {(3, 3)}
    assert len(list(all_of(layers.MaxPooling2D, network))) == 6
    assert network.output_shape == (None, 15)


def test_resnet50_has_its_own_dense_layer_and_fourteen_outputs():
    network = built(ResNet50(size=64, weights="random"))

    assert [layer.units for layer in all_of(layers.Dense, network)] == [256, 14]
    assert network.count_params() == 23_587_712 + (2048 + 1) * 256 + (256 + 1) * 14


def test_densenet121_goes_from_its_pooled_features_to_fourteen_outputs():
    network = built(DenseNet121(size=64, weights="random"))

    assert [layer.units for layer in all_of(layers.Dense, network)] == [14]
    assert network.count_params() == 7_037_504 + (1024 + 1) * 14


def test_a_frozen_backbone_is_no_part_of_what_is_trained():
    network = built(FrozenResNet50(), (2048,), "float32")

    assert network.count_params() == 2 * 2048 + (2048 + 1) * 512 + (512 + 1) * 14


def test_statistics_that_start_from_nothing_are_forgotten_sooner():
    networks = built(CNN6()), built(ResNet50(size=64, weights="random"))

    for network in networks:
        momenta = {layer.momentum for layer in all_of(layers.BatchNormalization, network)}
        assert momenta == {MOMENTUM_FROM_RANDOM}


def test_a_row_may_start_from_the_backbone_that_another_has_saved(tmp_path):
    file = tmp_path / "network.weights.h5"
    first = built(ResNet50(size=32, weights="random"), (32, 32))
    weights.save(first, file)

    second = built(ResNet50(size=64, weights=str(file), flip=True))

    mine, theirs = (next(nested_in(network)).get_weights() for network in (first, second))
    assert all(map(np.array_equal, mine, theirs))


@pytest.mark.parametrize(
    "model",
    [
        CNN6(size=32, epochs=1, batch_size=8),
        FrozenResNet50(size=32, epochs=1, batch_size=8, weights="random"),
    ],
    ids=["cnn6", "resnet50_frozen"],
)
def test_a_row_trains_saves_and_predicts_the_same_once_loaded(model, spotted, tmp_path):
    train, valid = spotted(16, seed=1), spotted(12, seed=2)
    saved = tmp_path / "saved"
    saved.mkdir()

    model.fit(train, valid, Job(tmp_path, seed=4)).save(saved)
    scores = model.predict(valid.without_truth())

    assert scores.shape == (12, 2)
    assert np.array_equal(type(model).load(saved).predict(valid.without_truth()), scores)
