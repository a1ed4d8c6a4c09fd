"""The training of a network: compile, fit, keep the best epoch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from features.progress import Progress
from models import backend, losses
from models.training import weights
from models.training.batches import Batches
from models.training.callbacks import Best, Course, History, Validation, patience


@dataclass(frozen=True)
class Part:
    """What a network sees of *train* or *valid*.

    Parameters
    ----------
    inputs : array-like
        Shape (n, …), as `Batches` takes them.
    targets : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.
    """

    inputs: Any
    targets: np.ndarray


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Parameters
    ----------
    epochs, batch_size : int
        The most passes over *train*, the most radiographs of a step.
    learning_rate : float
        Adam's first.
    loss : losses.Loss
        Of the logits.
    findings : int
        The number of outputs, from the first, whose mean AUC is ``val_auc``.
    monitor : {"val_loss", "val_auc"}
        What decides on the best epoch, on stopping and on the learning rate.
    patience : int
        Epochs without a better one before training stops.
    seed : int
        Of the order of the images.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    loss: losses.Loss
    findings: int
    monitor: str
    patience: int
    seed: int


def train(
    network: keras.Model, train: Part, valid: Part, plan: Plan, *, folder: Path, progress: Progress
) -> tuple[list[dict], int]:
    """Train a network and leave it with the weights of its best epoch.

    Parameters
    ----------
    network : keras.Model
        From inputs to logits; changed in place.
    train, valid : Part
        What to learn from and what to choose by.
    plan : Plan
        How.
    folder : Path
        Where the best weights are kept meanwhile.
    progress : callable
        Told of each batch.

    Returns
    -------
    history : list of dict
        One line an epoch.
    best : int
        The best epoch, counted from 1.

    Raises
    ------
    WorkError
        If the loss stops being a number.
    """
    network.compile(
        keras.optimizers.Adam(plan.learning_rate),
        loss=plan.loss,
        metrics=[losses.accuracy],
        jit_compile=backend.jit(),
    )
    # Now, and not in the first step: TensorFlow traces a step that makes variables twice.
    network.optimizer.build(network.trainable_variables)
    batches = Batches(train.inputs, train.targets, batch_size=plan.batch_size, seed=plan.seed)
    unlabelled = Batches(valid.inputs, batch_size=plan.batch_size)
    best, history = Best(plan.monitor, folder / "best.weights.h5"), History()
    callbacks = [  # in this order: each reads what those before it have added to the figures
        Course(batches, f"training {network.name}", progress),
        Validation(unlabelled, valid.targets, plan.loss, plan.findings),
        best,
        history,
        *patience(plan.monitor, plan.patience),
    ]
    network.fit(batches, epochs=plan.epochs, callbacks=callbacks, verbose=0)
    weights.load(network, best.file)
    best.file.unlink()
    return history.lines, best.epoch
