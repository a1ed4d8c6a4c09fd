"""How devices and machines share a batch; with `models.backend`, all that knows an engine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal

from pydantic import PositiveInt

from features.errors import InputError
from models import backend
from models.backend import Scope

#: How many devices share a batch.
Devices = Literal["all"] | PositiveInt


@dataclass(frozen=True)
class Sharing:
    """What a batch is shared out among.

    Parameters
    ----------
    devices : tuple of str
        The engine's names of them; empty for one alone.
    scope : callable
        Opens a context: what is built, trained or asked inside is copied onto them all.
    processes : (int, int)
        Which of how many processes this is, each of which has as many of the devices.
    """

    devices: tuple[str, ...] = ()
    scope: Scope = nullcontext
    processes: tuple[int, int] = (0, 1)

    def __len__(self) -> int:
        return max(1, len(self.devices))


#: One device, with nobody to share with.
ALONE = Sharing()


def shared_by(wanted: Devices) -> Sharing:
    """Choose the devices that share each batch: GPUs or, where there is none, CPUs.

    Where Keras' ``KERAS_DISTRIBUTION_…`` variables name other machines, JAX joins them here: it
    must have computed nothing before.

    Parameters
    ----------
    wanted : "all" or int
        How many; the first ones are taken.

    Raises
    ------
    InputError
        If there are fewer, several machines do not share them all, or the backend cannot share a
        batch.
    """
    check_sharing(wanted)
    if wanted == 1:
        return ALONE
    _join()
    found, processes = _device_names(), _processes()
    if processes[1] > 1 and wanted != "all":
        raise InputError(
            f"devices = {wanted}: {processes[1]} machines train together, and with all their "
            "devices: set devices = 'all'"
        )
    if wanted != "all" and wanted > len(found):
        raise InputError(
            f"devices = {wanted}: {backend.name()} sees {len(found)}: {', '.join(found)}"
        )
    chosen = found if wanted == "all" else found[:wanted]
    return Sharing(tuple(chosen), _scope(chosen), processes) if len(chosen) > 1 else ALONE


def check_sharing(wanted: Devices) -> None:
    """Refuse several devices on a backend that cannot share a batch; imports nothing.

    Raises
    ------
    InputError
        On PyTorch, for anything but one.
    """
    if wanted != 1 and backend.name() == "torch":
        raise InputError(
            f"devices = {wanted!r}: with PyTorch a training has one device; TensorFlow and JAX "
            "share a batch among several"
        )


@cache
def _join() -> None:
    """Join the other machines, once, where Keras' variables name them."""
    if backend.name() == "jax" and "KERAS_DISTRIBUTION_JOB_ADDRESSES" in os.environ:
        from keras import distribution

        distribution.initialize()


def _processes() -> tuple[int, int]:
    if backend.name() != "jax":
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()


def _device_names() -> list[str]:
    if backend.name() == "jax":
        from keras import distribution

        return distribution.list_devices("gpu" if backend.devices() else "cpu")
    import tensorflow as tf

    logical = tf.config.list_logical_devices
    return [device.name for device in logical("GPU") or logical("CPU")]


def _scope(devices: list[str]) -> Scope:
    if backend.name() == "jax":
        return partial(_data_parallel, devices)
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices).scope


@contextmanager
def _data_parallel(devices: list[str]) -> Iterator[None]:
    from keras import distribution

    before, parallel = distribution.distribution(), distribution.DataParallel(devices=devices)
    parallel.auto_shard_dataset = False  # of several processes each brings its own rows
    distribution.set_distribution(parallel)
    try:
        yield
    finally:
        distribution.set_distribution(before)


def synchronise(network) -> None:
    """Let a network see the whole of a batch that devices share, and every process its outputs.

    Parameters
    ----------
    network : keras.Model
        Changed in place, networks inside it included. Its batch normalisations see the whole on
        JAX as they are; with TensorFlow there is one process.
    """
    import keras

    from features.backbones import every_layer

    if backend.name() == "jax":
        _gather_outputs(network)
        return
    for layer in every_layer(network):
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def _gather_outputs(network) -> None:
    """Let a prediction on JAX end with all rows in every process, where several share them."""
    import jax
    from jax.sharding import NamedSharding, PartitionSpec
    from keras import distribution

    if jax.process_count() == 1:
        return
    step, mesh = network.predict_step, distribution.distribution().device_mesh.backend_mesh
    everywhere = NamedSharding(mesh, PartitionSpec())

    def gathered(state: Any, data: Any) -> tuple[Any, Any]:
        outputs, variables = step(state, data)
        return jax.lax.with_sharding_constraint(outputs, everywhere), variables

    network.predict_step = gathered
