"""Backbones: networks without a top, their preprocessing and their weights bound to them."""

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from features.errors import InputError, WorkError, unknown
from features.weight_files import Held, held_by, held_in

#: The smallest side, in pixels, that these networks can shrink to a feature map.
SMALLEST = 32

#: What a file of weights may end in; ``.weights.h5`` ends in the first.
WEIGHT_SUFFIXES = (".h5", ".keras")

#: Mean and standard deviation of ImageNet's red, green and blue, for values in 0..1.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

#: Mean of ImageNet's blue, green and red, for values in 0..255, as Caffe's models were trained.
CAFFE_MEAN = (103.939, 116.779, 123.68)


def caffe(pixels):
    """Turn RGB into BGR and subtract ImageNet's mean; the scale stays 0..255.

    Parameters
    ----------
    pixels : tensor
        Shape (n, h, w, 3), floats in 0..255.
    """
    from keras import ops

    return ops.flip(pixels, axis=-1) - np.array(CAFFE_MEAN, "float32")


def standardised(pixels):
    """Scale to 0..1, then by ImageNet's mean and standard deviation, as PyTorch's models expect.

    Parameters
    ----------
    pixels : tensor
        Shape (n, h, w, 3), floats in 0..255.
    """
    mean, std = np.array(IMAGENET_MEAN, "float32"), np.array(IMAGENET_STD, "float32")
    return (pixels / np.float32(255) - mean) / std


@dataclass(frozen=True)
class Backbone:
    """A network of `keras.applications`.

    Parameters
    ----------
    builder : str
        Its name there.
    preprocess : callable
        Turns a tensor of (n, h, w, 3) floats in 0..255 into what the weights were trained on.
    file : str
        The name under which Keras keeps the ImageNet weights.
    stages : dict of str to int
        The last rectified layer of each of its four stages, shallow first, and its channels.
    """

    builder: str
    preprocess: Callable
    file: str
    stages: dict[str, int]


BACKBONES = {
    "resnet50": Backbone(
        "ResNet50",
        caffe,
        "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        {
            "conv2_block3_out": 256,
            "conv3_block4_out": 512,
            "conv4_block6_out": 1024,
            "conv5_block3_out": 2048,
        },
    ),
    "densenet121": Backbone(
        "DenseNet121",
        standardised,
        "densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        {"pool2_relu": 256, "pool3_relu": 512, "pool4_relu": 1024, "relu": 1024},
    ),
}


def build(name: str, *, size: int, weights: str, seed: int, batch_norm_momentum: float = 0.99):
    """Build a backbone that takes plain grey values and returns its last feature map.

    Parameters
    ----------
    name : str
        One of `BACKBONES`.
    size : int
        Side of the images, in pixels, at least `SMALLEST`.
    weights : str
        ``"imagenet"``, ``"random"`` or the path of a file of weights (``.h5``, ``.weights.h5`` or
        ``.keras``), as written by `keras.applications`, by the network this function returns or,
        but for a plain ``.h5``, by a network that has that one as a layer.
    seed : int
        Where random weights come from; nothing else has a part in them, not even the Keras backend.
    batch_norm_momentum : float, optional
        How much of a moving statistic one step keeps, in [0, 1). At Keras' own .99 the statistics
        need some 500 steps to forget where random weights began.

    Returns
    -------
    keras.Model
        From (n, size, size, 3) floats in 0..255 to (n, h, w, channels). Preprocessing is its first
        step.

    Raises
    ------
    InputError
        If the backbone is unknown, `size` is too small, or `weights` are no file or do not fit.
    WorkError
        If ImageNet weights are neither on disk nor to be had.
    """
    import keras

    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    check_size(name, size)
    load = _loader(name, weights, seed)
    inputs = keras.Input((size, size, 3), name="pixels")
    outputs = _network(name, inputs, weights)
    # Built anew because keras.applications wraps the inputs of its own model into a list.
    network = keras.Model(inputs, outputs, name=name)
    load(network)
    set_batch_norm_momentum(network, batch_norm_momentum)
    return network


def check_size(name: str, size: int) -> None:
    """Refuse images that a backbone cannot shrink to a feature map.

    Raises
    ------
    InputError
        If `size` is below `SMALLEST`.
    """
    if size < SMALLEST:
        raise InputError(f"{name} needs images of at least {SMALLEST} pixels; size is {size}")


def weights_digest(weights: str) -> str:
    """Return what tells two sets of weights apart: the word, or the digest of the file's bytes.

    Parameters
    ----------
    weights : str
        As `build` takes them.

    Raises
    ------
    InputError
        If `weights` are neither ``"imagenet"`` nor ``"random"`` nor a file of weights.
    """
    from hashlib import file_digest

    if weights in ("imagenet", "random"):
        return weights
    with _weights_file(weights).open("rb") as file:
        return file_digest(file, "blake2b").hexdigest()[:16]


def set_batch_norm_momentum(network, momentum: float) -> None:
    """Set how much of its moving statistics every batch normalisation keeps at a step.

    Parameters
    ----------
    network : keras.Model
        Changed in place, networks inside it included.
    momentum : float
        In [0, 1).
    """
    import keras

    for layer in every_layer(network):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = momentum


def randomise(network, seed: int) -> None:
    """Draw every kernel anew from a seed, uniformly, with variance 2 / (fan-in + fan-out).

    NumPy draws, so that the weights are the same under every Keras backend. Biases and batch
    normalisations keep what they start with, which is constant.

    Parameters
    ----------
    network : keras.Model
        Changed in place, networks inside it included.
    seed : int
        The one source of randomness.

    References
    ----------
    Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, equation 16. Not He's larger variance: with it a ResNet50 whose batch
    normalisations have seen no image yet reaches activations beyond float16's range.
    """
    rng = np.random.default_rng(seed)
    for layer in every_layer(network):
        kernel = getattr(layer, "kernel", None)
        if kernel is not None:
            *window, inward, outward = kernel.shape
            limit = np.sqrt(6 / (np.prod(window) * (inward + outward)))
            draws = rng.random(kernel.shape, dtype="float32")
            kernel.assign((2 * draws - 1) * np.float32(limit))


def every_layer(network) -> Iterator:
    """Yield every layer, those of networks inside the network too."""
    for layer in network.layers:
        yield layer
        if hasattr(layer, "layers"):
            yield from every_layer(layer)


def _loader(name: str, weights: str, seed: int) -> Callable:
    """Choose how a network just built gets its weights; a wrong path is told before building."""
    if weights == "imagenet":
        return lambda network: None
    if weights == "random":
        return partial(randomise, seed=seed)
    return partial(_load, name=name, file=_weights_file(weights))


def _network(name: str, inputs, weights: str):
    """Return the last feature map of the network on preprocessed inputs."""
    import keras

    backbone = BACKBONES[name]
    make = getattr(keras.applications, backbone.builder)
    options = {"include_top": False, "input_tensor": backbone.preprocess(inputs)}
    if weights != "imagenet":
        return make(**options, weights=None).output
    try:
        with redirect_stdout(sys.stderr):  # Keras says there how a download goes
            return make(**options, weights="imagenet").output
    except Exception as error:  # Keras raises a bare Exception where a download fails
        raise _no_imagenet(backbone) from error


def _no_imagenet(backbone: Backbone) -> WorkError:
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models"
    return WorkError(
        f"the ImageNet weights of {backbone.builder} cannot be had: put {backbone.file} into "
        f'{home}, or give its path as weights, or set weights = "random"'
    )


def _weights_file(weights: str) -> Path:
    path = Path(weights).expanduser()
    if path.suffix not in WEIGHT_SUFFIXES:
        words = ("imagenet", "random", *(f"a file that ends in {end}" for end in WEIGHT_SUFFIXES))
        raise unknown("weights", weights, words)
    if not path.is_file():
        raise InputError(f"no file of weights at {path}")
    return path


def _load(network, name: str, file: Path) -> None:
    """Load weights alone: a ``.keras`` file's own description of a network is not built."""
    try:
        _read(network, file)
    except Exception:  # h5py, zipfile and Keras each raise their own
        try:
            _read(_nest(network), file)
        except Exception as error:
            raise InputError(_misfit(held_by(network), name, file)) from error


def _read(network, file: Path) -> None:
    with warnings.catch_warnings(action="ignore"):  # one for each layer that does not fit
        network.load_weights(file)


def _nest(network):
    """Return a network that has this one as a layer, as those of rows have their backbone.

    Keras finds weights by their place and passes over what else a file holds.
    """
    import keras

    inside = keras.Model(network.inputs, network.outputs)  # the call leaves no trace on `network`
    inputs = keras.Input(network.input_shape[1:])
    return keras.Model(inputs, inside(inputs))


def _misfit(wanted: Held, name: str, file: Path) -> str:
    """Say what a file holds instead of the weights of a backbone."""
    try:
        held = held_in(file)
    except Exception as error:  # as above
        kind = "a .keras archive" if file.suffix == ".keras" else "HDF5"
        return (
            f"{file} does not hold the weights of {name}: "
            f"it cannot be read as {kind} ({_first(error)})"
        )
    owner = _owner(held)
    if owner == name:
        return (
            f"{file} holds {name} among further layers or in another order: give a file "
            "(.h5, .weights.h5 or .keras) of the backbone alone, saved with include_top=False"
        )
    if owner:
        return f"{file} holds the weights of {owner}, not of {name}"
    theirs = f"a network named '{held.name}'" if held.name else "another network"
    return f"{file} holds the weights of {theirs} ({held}), not of {name} ({wanted})"


def _owner(held: Held) -> str | None:
    """Return the backbone that is held, alone or among further layers, if it is one of ours."""
    import keras

    for name, backbone in BACKBONES.items():
        network = getattr(keras.applications, backbone.builder)(include_top=False, weights=None)
        if held.surrounds(held_by(network)):
            return name
    return None


def _first(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
