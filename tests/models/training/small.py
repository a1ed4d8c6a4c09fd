"""A small training in a process of its own.

The process can be killed in the middle, and has as many devices as it is told to.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np

from features.radiographs import Radiographs
from models import backend
from models.base import Job
from models.keras_model import KerasModel


class Small(KerasModel):
    """A convolution on sixteen pixels."""

    size = 16
    batch_size = 16
    learning_rate = 1e-2
    dropout: float = 0.0
    batch_norm: bool = False

    def inputs(self, radiographs, progress=None):
        """Bright images where the first finding is."""
        labels = radiographs.labels
        noise = np.random.default_rng(len(labels)).normal(100, 20, (len(labels), 16, 16))
        return (noise + 60 * labels[:, :1, None]).clip(0, 255).astype("uint8")

    def network(self, images):
        """From pixels to eight numbers."""
        from keras import layers

        x = layers.Rescaling(1 / 128, offset=-1)(images)
        x = layers.Conv2D(8, 3, strides=2, use_bias=False)(x)
        if self.batch_norm:
            x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.GlobalAveragePooling2D()(layers.ReLU()(x))
        return layers.Dropout(self.dropout)(x)


def radiographs(n, unknown=0.0):
    """Make labels of two findings for so many images, a share of the second's unknown."""
    import pandas as pd

    rng = np.random.default_rng(n)
    labels = (rng.random((n, 2)) < 0.4).astype("float32")
    labels[rng.random(n) < unknown, 1] = np.nan
    table = pd.DataFrame(index=pd.Index([f"{i}.png" for i in range(n)], name="image"))
    return Radiographs(table, labels, ("Mass", "Edema"))


def make_devices(number):
    """Part the CPU before the engine meets it."""
    if backend.name() == "jax":
        os.environ["XLA_FLAGS"] = f"--xla_force_host_platform_device_count={number}"
    elif backend.name() == "tensorflow":
        import tensorflow as tf

        cpu = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration()] * number
        tf.config.set_logical_device_configuration(cpu, parts)


def main(folder: Path, told: dict[str, Any], said: Path) -> None:
    """Train as told, and write what came of it, or why nothing did, into a file."""
    try:
        said.write_text(json.dumps(train(folder, **told)))
    except BaseException:
        said.write_text(traceback.format_exc())
        raise


def join(port, process, processes):
    """Name the machines that train together, as a user would."""
    os.environ["KERAS_DISTRIBUTION_JOB_ADDRESSES"] = f"localhost:{port}"
    os.environ["KERAS_DISTRIBUTION_NUM_PROCESSES"] = str(processes)
    os.environ["KERAS_DISTRIBUTION_PROCESS_ID"] = str(process)


def train(folder, *, cpus=1, images=64, unknown=0.0, dies=None, among=None, **options):
    """Train, and return what came of it."""
    make_devices(cpus)
    if among:
        join(*among)

    def progress(stage, done, total):
        if done == dies:
            os.kill(os.getpid(), signal.SIGKILL)

    model = Small(**options)
    labelled = radiographs(images, unknown)
    model.fit(labelled, radiographs(31), Job(folder, seed=0, progress=progress))
    weights = [np.asarray(weight).tolist() for weight in model.trained.weights]
    scores = model.predict(radiographs(31)).tolist()
    said = {"history": model.history, "weights": weights, "scores": scores, "facts": model.facts}
    return said | {"modules": sorted(name for name in sys.modules if name.startswith("models."))}
