"""Backbones carry their preprocessing and their weights."""

import keras
import numpy as np
import pytest

from features.backbones import BACKBONES, build, caffe, randomise, standardised, weights_digest
from features.errors import InputError, WorkError

RESNET, DENSENET = "resnet50", "densenet121"


def random(name, seed=0, **options):
    return build(name, size=32, weights="random", seed=seed, **options)


def same(one, other) -> bool:
    pairs = zip(one.get_weights(), other.get_weights(), strict=True)
    return all(np.array_equal(mine, yours) for mine, yours in pairs)


def write(network, file) -> str:
    network.save_weights(file) if file.name.endswith(".weights.h5") else network.save(file)
    return str(file)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("float32")


@pytest.fixture(scope="module")
def resnet():
    return random(RESNET)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (caffe, keras.applications.resnet50.preprocess_input),
        (standardised, keras.applications.densenet.preprocess_input),
    ],
)
def test_preprocessing_is_what_keras_says(ours, theirs, pictures):
    np.testing.assert_allclose(np.asarray(ours(pictures)), theirs(pictures.copy()), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "preprocess"),
    [
        (RESNET, keras.applications.resnet50.preprocess_input),
        (DENSENET, keras.applications.densenet.preprocess_input),
    ],
)
def test_a_backbone_preprocesses_by_itself(name, preprocess, pictures):
    network = random(name)
    plain = getattr(keras.applications, BACKBONES[name].builder)(
        include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    plain.set_weights(network.get_weights())
    wanted = np.asarray(plain(preprocess(pictures.copy()), training=False))
    found = np.asarray(network(pictures, training=False))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(("name", "channels"), [(RESNET, 2048), (DENSENET, 1024)])
def test_the_output_is_the_last_feature_map(name, channels):
    assert build(name, size=64, weights="random", seed=0).output.shape == (None, 2, 2, channels)


def test_random_weights_come_from_the_seed_alone(resnet):
    keras.utils.set_random_seed(5)
    assert same(resnet, random(RESNET))
    assert not same(resnet, random(RESNET, seed=1))


def test_random_weights_do_not_depend_on_the_size(resnet):
    assert same(resnet, build(RESNET, size=64, weights="random", seed=0))


def test_random_kernels_have_glorots_variance():
    inputs = keras.Input((8, 8, 64))
    network = keras.Model(inputs, keras.layers.Conv2D(128, 3)(inputs))
    randomise(network, seed=0)
    kernel, bias = network.get_weights()
    assert abs(kernel.mean()) < 1e-3 and not bias.any()
    assert kernel.var() == pytest.approx(2 / (9 * (64 + 128)), rel=0.02)


def test_random_activations_fit_sixteen_bits(resnet):
    white = np.full((1, 32, 32, 3), 255, "float32")
    assert np.abs(np.asarray(resnet(white))).max() < 1000


@pytest.mark.parametrize("momentum", [0.9, 0.99])
def test_batch_norm_keeps_as_much_as_it_is_told(momentum):
    network = random(RESNET, batch_norm_momentum=momentum)
    norms = [it for it in network.layers if isinstance(it, keras.layers.BatchNormalization)]
    assert len(norms) == 53 and {norm.momentum for norm in norms} == {momentum}


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".h5"])
def test_weights_are_read_from_every_kind_of_file(resnet, suffix, tmp_path):
    plain = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(64, 64, 3))
    plain.set_weights(resnet.get_weights())
    file = write(plain, tmp_path / f"resnet{suffix}")
    assert same(resnet, build(RESNET, size=32, weights=file, seed=7))


@pytest.mark.parametrize("name", ["mine.weights.h5", "mine.h5", "mine.keras"])
def test_weights_of_the_wrong_network_name_both(resnet, tmp_path, name):
    file = write(resnet, tmp_path / name)
    with pytest.raises(InputError, match=r"mine\..* holds the weights of resnet50, not of dense"):
        build(DENSENET, size=32, weights=file, seed=0)


def row_with(backbone):
    """A network as a row's: grey images, a backbone as one of its layers, a head."""
    inputs = keras.Input((32, 32, 1))
    x = backbone(keras.layers.Concatenate()([keras.layers.RandomFlip(seed=0)(inputs)] * 3))
    return keras.Model(inputs, keras.layers.Dense(2)(keras.layers.GlobalMaxPooling2D()(x)))


@pytest.mark.parametrize(("name", "suffix"), [(RESNET, ".weights.h5"), (DENSENET, ".keras")])
def test_a_backbone_is_read_out_of_a_rows_network(name, suffix, tmp_path):
    backbone = random(name, seed=3)
    file = write(row_with(backbone), tmp_path / f"network{suffix}")
    assert same(backbone, build(name, size=64, weights=file, seed=7))


def test_a_rows_network_with_another_backbone_names_both(tmp_path):
    file = write(row_with(random(DENSENET)), tmp_path / "network.weights.h5")
    with pytest.raises(
        InputError, match=r"network\..* holds the weights of densenet121, not of res"
    ):
        build(RESNET, size=32, weights=file, seed=0)


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".h5"])
def test_a_network_with_its_top_is_read_or_asked_for_without(suffix, tmp_path):
    whole = keras.applications.ResNet50(weights=None, classes=2)
    file = write(whole, tmp_path / f"whole{suffix}")
    if suffix != ".h5":
        found = build(RESNET, size=32, weights=file, seed=0).get_weights()
        assert all(map(np.array_equal, found, whole.get_weights()))
        return
    with pytest.raises(InputError) as told:
        build(RESNET, size=32, weights=file, seed=0)
    assert str(told.value) == (
        f"{file} holds resnet50 among further layers or in another order: give a file "
        "(.h5, .weights.h5 or .keras) of the backbone alone, saved with include_top=False"
    )


@pytest.mark.parametrize(
    ("suffix", "named"),
    [
        (".weights.h5", "another network"),
        (".keras", "a network named 'vgg16'"),
        (".h5", "a network named 'vgg16'"),
    ],
)
def test_weights_of_a_network_that_is_none_of_ours_name_both(suffix, named, tmp_path):
    file = write(
        keras.applications.VGG16(weights=None, include_top=False), tmp_path / f"it{suffix}"
    )
    with pytest.raises(InputError) as told:
        build(RESNET, size=32, weights=file, seed=0)
    assert str(told.value) == (
        f"{file} holds the weights of {named} (13 convolutions, 14,714,688 parameters), "
        "not of resnet50 (53 convolutions, 23,587,712 parameters)"
    )


def test_a_network_with_the_very_kernels_of_ours_is_not_taken_for_it(tmp_path):
    other = keras.applications.ResNet50V2(weights=None, include_top=False)
    with pytest.raises(InputError, match=r"'resnet50v2' \(53 conv.*, not of resnet50 \(53 conv"):
        build(RESNET, size=32, weights=write(other, tmp_path / "it.keras"), seed=0)


@pytest.mark.parametrize(
    ("file", "kind"),
    [("broken.h5", "HDF5"), ("broken.weights.h5", "HDF5"), ("broken.keras", "a .keras archive")],
)
def test_a_file_that_holds_no_weights_is_refused(file, kind, tmp_path):
    (tmp_path / file).write_bytes(b"no weights at all")
    with pytest.raises(InputError) as told:
        build(RESNET, size=32, weights=str(tmp_path / file), seed=0)
    line = f"{file} does not hold the weights of resnet50: it cannot be read as {kind} ("
    assert line in str(told.value) and "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "resnet5"}, "unknown backbone 'resnet5'; did you mean 'resnet50'"),
        ({"size": 31}, "at least 32 pixels; size is 31"),
        ({"weights": "/nowhere/mine.h5"}, "no file of weights at /nowhere/mine.h5"),
        (
            {"weights": "imagnet"},
            "unknown weights 'imagnet'; did you mean 'imagenet'",
        ),
    ],
)
def test_what_cannot_be_built_is_told_in_a_line(options, message):
    given = {"name": RESNET, "size": 32, "weights": "random", "seed": 0} | options
    with pytest.raises(InputError, match=message):
        build(**given)


def test_imagenet_weights_that_cannot_be_had_say_what_to_do(monkeypatch, tmp_path):
    def offline(**options):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(WorkError) as told:
        build(RESNET, size=32, weights="imagenet", seed=0)
    for part in (BACKBONES[RESNET].file, str(tmp_path / "models"), 'weights = "random"'):
        assert part in str(told.value)


def test_weights_are_told_apart_by_their_content(tmp_path):
    one, copy, other = (tmp_path / name for name in ("one.h5", "copy.h5", "other.h5"))
    one.write_bytes(b"weights")
    copy.write_bytes(b"weights")
    other.write_bytes(b"other weights")
    assert weights_digest("random") == "random"
    assert weights_digest(str(one)) == weights_digest(str(copy)) != weights_digest(str(other))
    with pytest.raises(InputError, match="no file of weights"):
        weights_digest(str(tmp_path / "none.h5"))
