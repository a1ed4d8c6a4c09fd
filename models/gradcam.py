"""Grad-CAM: where in a radiograph a network's evidence for a finding lies."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from features.backbones import every_layer
from features.errors import InputError, unknown
from models import backend

if TYPE_CHECKING:
    import keras

METHODS = ("grad-cam", "hirescam")

#: A map of fewer cells a side can hardly say where: layers of coarser ones are not chosen unasked.
FEWEST_CELLS = 4

#: Images whose activations are held at a time, at most.
MOST_IMAGES = 16

#: Gradients are computed so many times larger, lest they vanish in 16 bits. A power of two: in 32
#: bits it changes no digit.
SCALE = 1024


def heatmaps(
    network: "keras.Model",
    images: Any,
    output: int,
    *,
    layer: str = "",
    method: str = "grad-cam",
    batch_size: int = 16,
) -> np.ndarray:
    """Return where the evidence for an output lies, image by image.

    The activations A of a layer are summed over its channels c, weighted with the gradient G of
    the output's logit: ``relu(Σ_c mean(G_c) A_c)`` is Grad-CAM, ``relu(Σ_c G_c A_c)`` HiResCAM.
    They are one where nothing but a global mean and a linear layer follow. Elsewhere, Grad-CAM's
    mean mixes places where a channel speaks for the finding with places where it speaks against it.

    The network is not cut at the layer, which a connection past the layer forbids. Something is
    added to what the layer returns, and the gradient is taken with respect to that, at zero.

    Parameters
    ----------
    network : keras.Model
        From images to logits, (n, outputs).
    images : array-like
        Shape (n, …), indexed by slices.
    output : int
        Which logit.
    layer : str, optional
        One of `layers_with_maps`; by default that of `best_layer`.
    method : {"grad-cam", "hirescam"}, optional
        How gradients weigh activations.
    batch_size : int, optional
        Images at a time, no more than `MOST_IMAGES`.

    Returns
    -------
    numpy.ndarray
        Shape (n, h, w), float32, at least 0.

    Raises
    ------
    InputError
        If there is no such layer or method.

    References
    ----------
    Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
    localization", ICCV 2017, equations 1 and 2.

    Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional
    neural networks", arXiv:2011.08891, 2020.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS)
    looked = _find(network, layer)
    step = min(batch_size, MOST_IMAGES)
    parts = [
        _batch(network, looked, images[start : start + step], output, method)
        for start in range(0, len(images), step)
    ]
    return np.concatenate(parts or [np.zeros((0, *looked.output.shape[1:3]), "float32")])


def layers_with_maps(network: "keras.Model") -> dict[str, "keras.Layer"]:
    """Return the layers whose output is a map with channels, those of networks inside it too.

    Parameters
    ----------
    network : keras.Model
        Built of layers that are called once each.

    Returns
    -------
    dict of str to keras.Layer
        By name, from the image to the logits.
    """
    import keras

    return {
        layer.name: layer
        for layer in every_layer(network)
        if _side(layer) and not isinstance(layer, keras.layers.InputLayer)
    }


def best_layer(network: "keras.Model") -> str:
    """Name the last layer that still says where, after its activation function if it has one.

    Of the layers whose map has at least `FEWEST_CELLS` cells a side, the last; where all are
    coarser, the last of the finest. Poolings and dropouts do not count: they repeat what stands
    before them. If another of the same grid is rectified, the last such, as in the paper: a sum of
    channels that may be negative says little.

    Raises
    ------
    InputError
        If no layer has a map.
    """
    known = {
        name: layer
        for name, layer in layers_with_maps(network).items()
        if not any(word in type(layer).__name__ for word in ("Pooling", "Dropout"))
        and not hasattr(layer, "layers")
    }
    if not known:
        raise InputError(f"{network.name} has no layer whose output is a map: it cannot be drawn")
    sides = {name: _side(layer) for name, layer in known.items()}
    enough = min(FEWEST_CELLS, max(sides.values()))
    last = [name for name, side in sides.items() if side >= enough][-1]
    rectified = [name for name in known if sides[name] == sides[last] and _is_active(known[name])]
    return (rectified or [last])[-1]


def _is_active(layer: "keras.Layer") -> bool:
    """Whether a layer is an activation function, or ends in one."""
    function = getattr(layer, "activation", None)
    return type(layer).__name__.endswith("LU") or getattr(function, "__name__", "") not in (
        "",
        "linear",
    )


def _find(network: "keras.Model", layer: str) -> "keras.Layer":
    known = layers_with_maps(network)
    chosen = layer or best_layer(network)
    if chosen not in known:
        raise unknown("layer", chosen, known, where=network.name)
    return known[chosen]


def _side(layer: "keras.Layer") -> int:
    """Return the cells a side of a layer's map; 0 where its output is no map."""
    try:
        shape = layer.output.shape
    except (AttributeError, ValueError):  # called never, more than once, or to several outputs
        return 0
    return min(shape[1:3]) if len(shape) == 4 and None not in shape[1:] else 0


def _batch(
    network: "keras.Model", layer: "keras.Layer", images: np.ndarray, output: int, method: str
) -> np.ndarray:
    from keras import ops

    def logit(nudge: Any) -> tuple[Any, Any]:
        with _nudged(layer, nudge) as seen:
            logits = network(images, training=False)
        return SCALE * ops.sum(logits[:, output]), seen[0]

    nothing = ops.zeros((len(images), *layer.output.shape[1:]), "float32")
    slopes, activations = backend.gradient(logit, nothing)
    weights = slopes / SCALE
    if method == "grad-cam":
        weights = ops.mean(weights, axis=(1, 2), keepdims=True)
    maps = ops.relu(ops.sum(weights * ops.cast(activations, "float32"), axis=-1))
    return ops.convert_to_numpy(maps)


@contextmanager
def _nudged(layer: "keras.Layer", nudge: Any) -> Iterator[list]:
    """Add something to what a layer returns, and note what it was."""
    from keras import ops

    seen = []
    call = layer.call

    def nudged(*given: Any, **options: Any) -> Any:
        activations = call(*given, **options)
        seen.append(activations)
        return activations + ops.cast(nudge, activations.dtype)

    vars(layer)["call"] = nudged  # on the instance: nothing of Keras has to know
    try:
        yield seen
    finally:
        del vars(layer)["call"]
