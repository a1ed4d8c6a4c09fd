"""Weights in a file: those of the layers alone."""

from pathlib import Path

import keras


def save(network: keras.Model, file: Path) -> None:
    """Write the weights of a network's layers.

    Keras would write the optimiser's state with those of a network that was compiled, and triple
    the file.

    Parameters
    ----------
    network : keras.Model
        Compiled or not.
    file : Path
        Ends in ``.weights.h5``.
    """
    _layers(network).save_weights(file)


def load(network: keras.Model, file: Path) -> None:
    """Read what `save` wrote into a network of the same layers."""
    _layers(network).load_weights(file)


def _layers(network: keras.Model) -> keras.Model:
    """Return a network of the very same layers that knows no optimiser."""
    return keras.Model(network.inputs, network.outputs)
