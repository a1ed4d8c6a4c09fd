"""The training of a network: compile, fit, keep the best epoch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from features.backbones import every_layer
from features.progress import Progress
from models import backend, losses
from models.base import Report, unheard
from models.training import orders
from models.training.batches import Batches
from models.training.callbacks import Course, Record, Validation, patience
from models.training.checkpoints import Checkpoints
from models.training.plan import Phase, Plan


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


class OverKnown(keras.metrics.MeanMetricWrapper):
    """The mean over the known labels of all rows that weigh anything, each alike."""

    def update_state(self, y_true, y_pred, sample_weight=None):  # noqa: D102
        known = keras.ops.cast(~keras.ops.isnan(y_true), "float32")
        if sample_weight is not None:
            known *= keras.ops.cast(sample_weight > 0, "float32")[:, None]
        super().update_state(y_true, y_pred, known)


def train(
    network: keras.Model,
    train: Part,
    valid: Part,
    plan: Plan,
    *,
    folder: Path,
    key: str,
    progress: Progress,
    report: Report = unheard,
) -> tuple[list[dict], int, int]:
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
        Where the training is kept. One that was begun there with the same `key` goes on after its
        last finished epoch.
    key : str
        What tells this training from any other: network, parts and plan.
    progress : callable
        Told of each batch.
    report : callable, optional
        Told each epoch's ``val_auc``, also of those that were finished before.

    Returns
    -------
    history : list of dict
        One line an epoch.
    best : int
        The best epoch, counted from 1.
    before : int
        Epochs that a training which was cut short had finished.

    Raises
    ------
    WorkError
        If the loss stops being a number.
    """
    checkpoints = Checkpoints(folder, plan.monitor, key)
    before = len(checkpoints.lines)
    order = orders.make(plan.sampling, train.targets, plan.seed)
    batches = _batches(train.inputs, train.targets, plan, order)
    epochs = sum(phase.epochs for phase in plan.phases)
    for line in checkpoints.lines:  # who listens now may not have heard those of the process before
        report(line["epoch"], line["val_auc"])
    course = Course(batches, f"training {network.name}", epochs, progress)
    unlabelled = _batches(valid.inputs, None, plan)
    validation = Validation(unlabelled, valid.targets, plan.loss, plan.findings)
    begin, given = 0, _trainable_inside(network)
    for phase in plan.phases:
        end = begin + phase.epochs
        _settle(given, phase)
        if len(checkpoints.lines) < end and not checkpoints.stopped:
            _compile(network, phase, plan)
            followers = patience(plan.monitor, reduce=phase.reduce_patience, stop=phase.patience)
            record = Record(checkpoints, followers, begin, report)
            network.fit(
                batches,
                initial_epoch=max(begin, len(checkpoints.lines)),
                epochs=end,
                # In this order: each reads what those before it have added to the figures.
                callbacks=[course, validation, *followers, record],
                shuffle=False,  # the order is ours; Keras would shuffle the batches once more
                verbose=0,
            )
        begin = end
    course.end()
    checkpoints.load_best(network)
    return checkpoints.lines, checkpoints.best, before


def _batches(
    inputs: Any, targets: np.ndarray | None, plan: Plan, order: orders.Order | None = None
) -> Batches:
    return Batches(
        inputs,
        targets,
        batch_size=plan.batch_size,
        order=order,
        sharing=plan.sharing,
        equal=bool(backend.jit()),
    )


def _trainable_inside(network: keras.Model) -> list[tuple[keras.Layer, bool]]:
    """Return the networks inside a network and their layers, with whether they are to be trained.

    The outer ones come first, for Keras hands what is set on one down to those inside it.
    """
    backbones = [layer for layer in network.layers if isinstance(layer, keras.Model)]
    layers = [layer for backbone in backbones for layer in (backbone, *every_layer(backbone))]
    return [(layer, layer.trainable) for layer in layers]


def _settle(given: list[tuple[keras.Layer, bool]], phase: Phase) -> None:
    """Freeze in a phase what it freezes; what the network's author froze stays frozen in all.

    A batch normalisation that is not trained works as in prediction. `training=False` in a call
    would not hold: Keras hands the outer network's own `training` on to the networks inside it.
    """
    for layer, trainable in given:
        statistics = isinstance(layer, keras.layers.BatchNormalization)
        kept = phase.backbone == "frozen" or (phase.backbone == "tuned" and statistics)
        layer.trainable = trainable and not kept


def _compile(network: keras.Model, phase: Phase, plan: Plan) -> None:
    network.compile(
        keras.optimizers.Adam(phase.learning_rate),
        loss=plan.loss,
        weighted_metrics=[
            OverKnown(plan.loss.each, "mean_loss"),
            OverKnown(losses.rightness, "accuracy"),
        ],
        jit_compile=backend.jit(),
        steps_per_execution=plan.steps,
    )
    # Now, and not in the first step: TensorFlow traces a step that makes variables twice.
    network.optimizer.build(network.trainable_variables)
