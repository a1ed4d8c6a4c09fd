import keras
import numpy as np
import pytest

from models.training.layers import augment, grey, standardise

PLAIN = {"rotation": 0.0, "flip": False, "brightness": 0.0}


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (16, 12, 12), dtype="uint8")


def network(*, seed=0, **changes):
    """A network that augments and does nothing else."""
    given = keras.Input((12, 12), dtype="uint8")
    return keras.Model(given, augment(grey(given), **PLAIN | changes, seed=seed))


def run(network, pixels, training):
    return keras.ops.convert_to_numpy(network(pixels, training=training))[..., 0]


@pytest.mark.parametrize("change", [{"rotation": 30.0}, {"flip": True}, {"brightness": 0.3}])
def test_a_change_acts_in_training_alone(pixels, change):
    varied = network(**change)

    assert np.array_equal(run(varied, pixels, training=False), pixels)
    assert not np.array_equal(run(varied, pixels, training=True), pixels)


@pytest.mark.parametrize(("engine", "compiles"), [("jax", True), ("tensorflow", False)])
def test_augmentation_hinders_compilation_on_no_engine_that_can(engine, compiles, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", engine)

    varied = network(rotation=30.0, flip=True, brightness=0.3)

    assert all(layer.supports_jit for layer in varied.layers) == compiles


def test_nothing_asked_for_changes_nothing(pixels):
    assert np.array_equal(run(network(), pixels, training=True), pixels)


def test_changes_follow_from_the_seed(pixels):
    change = {"rotation": 30.0, "flip": True, "brightness": 0.3}

    first, same, other = (network(**change, seed=seed) for seed in (1, 1, 2))

    once = run(first, pixels, training=True)
    assert np.array_equal(run(same, pixels, training=True), once)
    assert not np.array_equal(run(other, pixels, training=True), once)
    assert not np.array_equal(run(first, pixels, training=True), once)  # nor twice the same


def test_mirroring_is_left_to_right_and_spares_half(pixels):
    many = np.repeat(pixels[:1], 400, axis=0)

    mirrored = run(network(flip=True), many, training=True) == many[:1, :, ::-1]

    assert 0.4 < mirrored.all(axis=(1, 2)).mean() < 0.6


def test_brightness_stays_within_its_share_and_within_grey_values(pixels):
    varied = run(network(brightness=0.1), pixels, training=True)

    assert np.abs(varied - pixels).max() <= 25.5 + 1e-3
    assert varied.min() >= 0
    assert varied.max() <= 255


def test_standardised_images_have_mean_0_and_deviation_1_each(pixels):
    exposed = np.float32(pixels[..., None]) * np.linspace(0.1, 1, 16).reshape(-1, 1, 1, 1)

    images = keras.ops.convert_to_tensor(exposed.astype("float32"))
    even = keras.ops.convert_to_numpy(standardise(images))

    np.testing.assert_allclose(even.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(even.std(axis=(1, 2, 3)), 1, atol=1e-4)


def test_a_blank_image_is_standardised_to_nothing():
    blank = keras.ops.full((1, 8, 8, 1), 255.0)

    assert not keras.ops.convert_to_numpy(standardise(blank)).any()
