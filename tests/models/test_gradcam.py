import keras
import numpy as np
import pytest
from keras import layers, ops

from features.errors import InputError
from features.findings import FINDINGS
from models import backend, gradcam
from models.base import Job
from models.cnn6 import CNN6
from models.densenet121 import DenseNet121
from models.keras_model import KerasModel
from models.prevalence import Prevalence
from models.resnet50 import ResNet50
from models.resnet50_frozen import FrozenResNet50


class Spotter(KerasModel):
    """Two convolutions and a mean: its Grad-CAM is a CAM."""

    size = 32
    epochs = 30
    patience = 30
    batch_size = 16
    learning_rate = 1e-2

    def network(self, images):
        x = layers.Rescaling(1 / 128, offset=-1)(images)
        for filters in (8, 16):
            x = layers.Conv2D(filters, 5, strides=2, padding="same", activation="relu")(x)
        return layers.GlobalAveragePooling2D()(x)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (5, 32, 32), dtype="uint8")


def wired(*, skip=False, dtype=None):
    """A network on (n, 32, 32) whose inner layers the tests know by name."""
    keras.utils.set_random_seed(0)
    given = keras.Input((32, 32), dtype="uint8")
    x = layers.Rescaling(1 / 255, dtype=dtype, name="scaled")(ops.expand_dims(given, -1))
    x = first = layers.Conv2D(4, 3, strides=2, padding="same", name="first", dtype=dtype)(x)
    x = layers.Conv2D(4, 3, padding="same", activation="relu", name="second", dtype=dtype)(x)
    x = layers.Add(name="sum", dtype=dtype)([x, first]) if skip else x
    x = layers.Dropout(0.5, name="dropped", dtype=dtype)(x)
    x = layers.GlobalAveragePooling2D(name="mean", dtype=dtype)(x)
    return keras.Model(given, layers.Dense(3, name="logits", dtype="float32")(x), name="wired")


def test_on_a_mean_and_one_dense_layer_it_is_the_class_activation_map(pictures):
    network = wired()
    maps = gradcam.heatmaps(network, pictures, 1, layer="second", batch_size=2)

    inner = keras.Model(network.input, network.get_layer("second").output)
    activations = ops.convert_to_numpy(inner(pictures))
    weights = ops.convert_to_numpy(network.get_layer("logits").kernel)[:, 1]
    closed_form = np.maximum(activations @ weights, 0) / (16 * 16)
    assert maps.shape == (5, 16, 16)
    assert closed_form.max() > 0
    assert np.allclose(maps, closed_form, atol=1e-4 * closed_form.max())


def test_a_connection_past_the_layer_changes_only_what_passes_through_it(pictures):
    network = wired(skip=True)
    maps = gradcam.heatmaps(network, pictures, 0, layer="second")

    inner = keras.Model(network.input, network.get_layer("second").output)
    activations = ops.convert_to_numpy(inner(pictures))
    weights = ops.convert_to_numpy(network.get_layer("logits").kernel)[:, 0]
    assert np.allclose(maps, np.maximum(activations @ weights, 0) / (16 * 16), atol=1e-6)


def test_hirescam_is_grad_cam_before_a_mean_and_weighs_place_by_place_elsewhere(pictures):
    network = wired()
    both = [
        gradcam.heatmaps(network, pictures, 2, layer="second", method=method)
        for method in gradcam.METHODS
    ]
    assert np.allclose(*both, atol=1e-6)

    def slope(at):
        x = network.get_layer("second")(at)
        return ops.sum(network.get_layer("logits")(ops.mean(x, axis=(1, 2)))[:, 2]), None

    inner = keras.Model(network.input, network.get_layer("first").output)
    activations = inner(pictures)
    slopes, _ = backend.gradient(slope, activations)
    expected = np.maximum(ops.convert_to_numpy(ops.sum(slopes * activations, axis=-1)), 0)
    maps = gradcam.heatmaps(network, pictures, 2, layer="first", method="hirescam")
    assert expected.max() > 0
    assert np.allclose(maps, expected, atol=1e-4 * expected.max())


def test_the_gradient_of_a_small_head_is_that_of_finite_differences():
    keras.utils.set_random_seed(1)
    head = keras.Sequential([layers.Dense(6, activation="tanh"), layers.Dense(2)])
    at = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")

    def value(x):
        return ops.sum(head(x)[:, 1]), x

    slope, _ = backend.gradient(value, ops.convert_to_tensor(at))

    step = 1e-2
    for place in np.ndindex(at.shape):
        nudge = np.zeros_like(at)
        nudge[place] = step
        ends = [value(ops.convert_to_tensor(at + sign * nudge))[0] for sign in (1, -1)]
        high, low = map(ops.convert_to_numpy, ends)
        assert np.isclose(ops.convert_to_numpy(slope)[place], (high - low) / (2 * step), atol=2e-3)


def test_the_gradient_of_what_does_not_depend_is_zero():
    free = keras.Variable(3.0)
    slope, more = backend.gradient(lambda x: (free * 2.0, "more"), ops.ones((2, 2)))

    assert np.array_equal(ops.convert_to_numpy(slope), np.zeros((2, 2)))
    assert more == "more"


def test_a_planted_square_is_found(spotted, tmp_path):
    model = Spotter().fit(spotted(80, seed=1), spotted(40, seed=2), Job(tmp_path))
    test = spotted(60, seed=3)

    maps = model.heatmaps(test.without_truth(), "Mass")

    assert maps.shape == (60, 8, 8) and maps.dtype == np.float32 and maps.min() >= 0
    squares = test.pixels(32)[:] == 240
    hits = 0
    present = np.flatnonzero(test.labels[:, 0])
    for heat, square in zip(maps[present], squares[present], strict=True):
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        hits += square[row * 4 : row * 4 + 4, column * 4 : column * 4 + 4].any()
    assert hits / len(present) > 0.8


def test_sixteen_bits_change_little_and_come_back_as_thirty_two(pictures):
    half = gradcam.heatmaps(wired(dtype="mixed_float16"), pictures, 1)
    full = gradcam.heatmaps(wired(), pictures, 1)

    assert half.dtype == np.float32
    assert np.allclose(half, full, atol=0.02 * full.max())


def test_the_last_map_is_looked_at_and_no_pooling_dropout_or_map_too_coarse():
    assert gradcam.best_layer(wired()) == "second"
    assert gradcam.best_layer(wired(skip=True)) == "second"  # the sum has no activation function

    given = keras.Input((32, 32, 1))
    x = layers.Conv2D(2, 3, strides=4, padding="same", name="eight")(given)
    x = layers.Conv2D(2, 3, strides=2, padding="same", name="four")(x)
    x = layers.Conv2D(2, 3, strides=2, padding="same", name="two")(x)
    deep = keras.Model(given, layers.Flatten()(x))
    assert gradcam.best_layer(deep) == "four"
    coarse = keras.Model(deep.get_layer("four").output, x)
    assert gradcam.best_layer(coarse) == "two"


@pytest.mark.parametrize(
    ("row", "size", "layer"),
    [
        (CNN6, 128, "relu5"),
        (CNN6, 64, "relu4"),
        (ResNet50, 128, "conv5_block3_out"),
        (DenseNet121, 128, "relu"),
    ],
)
def test_the_rows_are_looked_at_where_their_maps_are_fine_enough(row, size, layer):
    options = {} if row is CNN6 else {"weights": "random"}
    model = row(size=size, **options)
    model.findings = FINDINGS

    assert gradcam.best_layer(model.build((size, size), "uint8", seed=0)) == layer


def test_layers_inside_a_network_inside_are_found(pictures):
    inside = keras.Input((32, 32, 1))
    x = layers.Conv2D(3, 3, strides=4, padding="same", name="inner")(inside)
    nested = keras.Model(inside, layers.ReLU(name="shown")(x), name="nested")
    given = keras.Input((32, 32), dtype="uint8")
    x = nested(ops.expand_dims(ops.cast(given, "float32"), -1))
    network = keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))

    assert {"nested", "inner", "shown"} <= set(gradcam.layers_with_maps(network))
    assert gradcam.best_layer(network) == "shown"
    outer = gradcam.heatmaps(network, pictures, 0, layer="nested")
    assert np.array_equal(outer, gradcam.heatmaps(network, pictures, 0, layer="shown"))
    assert not np.array_equal(outer, gradcam.heatmaps(network, pictures, 0, layer="inner"))


def test_a_frozen_backbone_is_looked_through(spotted, tmp_path):
    options = {"size": 64, "weights": "random", "epochs": 2, "batch_size": 8}
    train, valid = spotted(24, size=64, seed=1), spotted(16, size=64, seed=2)
    model = FrozenResNet50(**options).fit(train, valid, Job(tmp_path))
    model.save(tmp_path)
    loaded = FrozenResNet50.load(tmp_path)

    maps = loaded.heatmaps(valid, "Mass", layer="conv5_block3_out")

    whole = loaded.from_pixels()
    logits = ops.convert_to_numpy(whole(valid.pixels(64)[:], training=False))
    assert np.allclose(1 / (1 + np.exp(-logits)), loaded.predict(valid), atol=1e-4)
    assert maps.shape == (16, 2, 2)
    assert loaded.heatmaps(valid.take([0]), "Mass").shape == (1, 4, 4)


def test_nothing_is_left_changed(pictures):
    network = wired()
    before = ops.convert_to_numpy(network(pictures))

    gradcam.heatmaps(network, pictures, 0, layer="second")

    assert "call" not in vars(network.get_layer("second"))
    assert np.array_equal(ops.convert_to_numpy(network(pictures)), before)


def test_no_images_have_no_maps(pictures):
    assert gradcam.heatmaps(wired(), pictures[:0], 0).shape == (0, 16, 16)


def test_an_unknown_method_is_told_with_the_nearest_name(pictures):
    with pytest.raises(InputError, match=r"unknown method 'grad_cam'; did you mean 'grad-cam'\?"):
        gradcam.heatmaps(wired(), pictures, 0, method="grad_cam")


@pytest.mark.parametrize("layer", ["seconds", "mean", "logits"])
def test_a_layer_without_a_map_is_told_with_the_nearest_name(pictures, layer):
    with pytest.raises(InputError, match=r"unknown layer .* in wired.*Available: dropped, first"):
        gradcam.heatmaps(wired(), pictures, 0, layer=layer)


def test_a_model_that_cannot_say_where_it_looks_says_so(spotted):
    assert Prevalence().why_no_heatmaps and not Spotter().why_no_heatmaps
    with pytest.raises(InputError, match="prevalence has no heat maps: its model does not say"):
        Prevalence().heatmaps(spotted(2), "Mass")


def test_an_unknown_finding_is_told_with_the_nearest_name(spotted):
    model = Spotter()
    model.findings = ("Mass", "Emphysema")
    with pytest.raises(InputError, match=r"unknown finding 'Mas'.*did you mean 'Mass'"):
        model.heatmaps(spotted(2), "Mas")
