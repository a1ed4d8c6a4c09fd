import json
from collections import Counter
from zipfile import ZipFile

import h5py
import keras
import pytest

from features.weight_files import Held, held_by, held_in


@pytest.fixture(scope="module")
def small():
    inputs = keras.Input((8, 8, 1))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(2, 3)(inputs))
    return keras.Model(inputs, x, name="small")


def within(network, *more):
    """A compiled network with this one as a layer, which holds states that are no parameters."""
    inputs = keras.Input((8, 8, 1))
    x = network(inputs)
    for layer in (*more, keras.layers.Dropout(0.5, seed=1), keras.layers.Dense(3)):
        x = layer(x)
    whole = keras.Model(inputs, x)
    whole.compile("adam", "mse")
    whole.optimizer.build(whole.trainable_variables)
    return whole


def write(network, file):
    network.save_weights(file) if file.name.endswith(".weights.h5") else network.save(file)
    return file


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".h5"])
def test_a_file_holds_the_parameters_of_its_network(small, suffix, tmp_path):
    whole = within(small)

    held = held_in(write(whole, tmp_path / f"mine{suffix}"))

    assert held.shapes == held_by(whole).shapes
    assert held.name == ("" if suffix == ".weights.h5" else whole.name)
    assert str(held) == f"1 convolution, {whole.count_params()} parameters"


def test_layers_that_do_not_convolve_may_surround_a_network(small):
    held = held_by(small)

    assert held.surrounds(held)
    assert held_by(within(small)).surrounds(held)
    assert not held_by(within(small, keras.layers.Conv2D(2, 3))).surrounds(held)


def test_the_same_kernels_alone_do_not_make_the_same_network(small):
    kernels = held_by(small).convolutions

    assert not Held(kernels + Counter({(2,): 1})).surrounds(held_by(small))


@pytest.mark.parametrize(
    "description",
    [None, b"\xff", "no JSON", "[]", "{}", '{"config": []}', '{"config": {}}', "[" * 100_000],
)
def test_a_description_may_be_anything(description, tmp_path):
    with h5py.File(tmp_path / "model.weights.h5", "w") as content:
        content["kernel"] = [[1.0]]
    file = tmp_path / "mine.keras"
    with ZipFile(file, "w") as archive:
        archive.write(tmp_path / "model.weights.h5", "model.weights.h5")
        if description is not None:
            archive.writestr("config.json", description)

    assert held_in(file) == Held(Counter({(1, 1): 1}))


def test_a_name_cannot_break_the_line(tmp_path):
    file = tmp_path / "mine.h5"
    with h5py.File(file, "w") as content:
        content.attrs["model_config"] = json.dumps({"config": {"name": "a\n\x1b[2Jb"}})

    assert held_in(file).name == "a  [2Jb"
