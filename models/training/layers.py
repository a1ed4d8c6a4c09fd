"""Steps of a network that concern radiographs; those that are random act in training only."""

import numpy as np
from keras import layers, ops

from models import backend


def grey(pixels):
    """Give grey values of (n, h, w), 0..255, a channel and a floating type: (n, h, w, 1)."""
    return ops.expand_dims(ops.cast(pixels, "float32"), -1)


def augment(images, *, rotation: float, flip: bool, brightness: float, seed: int):
    """Vary radiographs as positioning and exposure would; only what is asked for costs time.

    Parameters
    ----------
    images : tensor
        Shape (n, h, w, 1), floats in 0..255.
    rotation : float
        The largest angle, in degrees, either way.
    flip : bool
        Whether half of the images are mirrored, left to right.
    brightness : float
        The largest change of all grey values, as a share of 255, either way.
    seed : int
        The one source of randomness.
    """
    seeds = np.random.default_rng(seed).integers(2**31, size=3).tolist()
    if flip:
        images = layers.RandomFlip("horizontal", seed=seeds[0])(images)
    if rotation:
        rotate = layers.RandomRotation(rotation / 360, fill_mode="constant", seed=seeds[1])
        # Keras rules compilation out on every engine because XLA lacks one of TensorFlow's
        # operations. JAX would then run whole networks operation by operation.
        rotate.supports_jit = backend.name() != "tensorflow"
        images = rotate(images)
    if brightness:
        images = layers.RandomBrightness(brightness, seed=seeds[2])(images)
    return images


def standardise(images):
    """Scale each image to mean 0 and standard deviation 1.

    Parameters
    ----------
    images : tensor
        Shape (n, h, w, channels), floats.
    """
    mean, variance = ops.moments(images, axes=(1, 2, 3), keepdims=True)
    return (images - mean) / ops.sqrt(variance + 1e-3)
