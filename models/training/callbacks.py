"""What happens between batches and epochs."""

import math
import time
from typing import Any

import keras
import numpy as np
from keras import ops

from features.errors import WorkError
from features.progress import Progress
from models import losses
from models.auc import macro_auc
from models.base import Report, unheard
from models.training.batches import Batches, predict
from models.training.checkpoints import Checkpoints


class Course(keras.callbacks.Callback):
    """Gives each epoch its order of images, and tells how far the training is.

    It speaks when a batch begins, not when one ends: Keras would wait there for the device, to
    hand over figures that nobody reads.

    Parameters
    ----------
    batches : Batches
        The train part.
    stage : str
        What `progress` is told.
    epochs : int
        How many there may be in all.
    progress : callable
        Told of each batch.
    """

    def __init__(self, batches: Batches, stage: str, epochs: int, progress: Progress) -> None:
        super().__init__()
        self._batches, self._stage, self._progress = batches, stage, progress
        self._total = epochs * len(batches)
        self._before = 0

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102
        self._batches.start(epoch)
        self._before = epoch * len(self._batches)

    def on_train_batch_begin(self, batch, logs=None):  # noqa: D102
        self._progress(self._stage, self._before + batch, self._total)

    def end(self) -> None:
        """Tell that the training is over, however many epochs it took."""
        self._progress(self._stage, self._total, self._total)


class Validation(keras.callbacks.Callback):
    """Adds ``val_loss``, ``val_accuracy`` and the exact macro ``val_auc`` to an epoch's figures.

    One pass over *valid* gives all three, and no training step has to feed a metric whose
    thresholds would only approximate the AUC.

    Parameters
    ----------
    batches : Batches
        The valid part, without labels.
    labels : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.
    loss : losses.Loss
        The loss that is trained on.
    findings : int
        The number of outputs, from the first, that `val_auc` is the mean of.
    """

    def __init__(
        self, batches: Batches, labels: np.ndarray, loss: losses.Loss, findings: int
    ) -> None:
        super().__init__()
        self._batches, self._labels, self._loss, self._findings = batches, labels, loss, findings

    def on_epoch_end(self, epoch, logs: Any = None):  # noqa: D102
        logs["loss"] = logs.pop("mean_loss")  # Keras' own counts what only fills a batch up
        if not math.isfinite(logs["loss"]):
            raise WorkError(
                f"training diverged: the loss of epoch {epoch + 1} is {logs['loss']}; "
                "a smaller learning_rate may help"
            )
        logits = predict(self.model, self._batches)
        if not np.isfinite(logits).all():
            raise WorkError(
                f"training diverged: after epoch {epoch + 1} scores of valid are no numbers; "
                "a smaller learning_rate may help, or mixed_precision = false"
            )
        costs, right = self._loss.each(self._labels, logits), losses.rightness(self._labels, logits)
        logs["val_loss"] = losses.mean_over_known(costs, self._labels)
        logs["val_accuracy"] = losses.mean_over_known(right, self._labels)
        logs["val_auc"] = macro_auc(self._labels, logits, self._findings)


class Record(keras.callbacks.Callback):
    """Hands each finished epoch to the checkpoints; on going on, tells the others what has been.

    It comes last: patience has then changed the learning rate, or decided to stop.

    Parameters
    ----------
    checkpoints : Checkpoints
        Where the training is kept.
    followers : list of keras.callbacks.Callback
        What counts epochs, and must have seen those before this process as well.
    since : int
        The first epoch that concerns them, counted from 0.
    report : callable, optional
        Told each epoch's ``val_auc``, once it is kept.
    """

    figures = ("loss", "accuracy", "val_loss", "val_accuracy", "val_auc")

    def __init__(
        self,
        checkpoints: Checkpoints,
        followers: list[keras.callbacks.Callback],
        since: int,
        report: Report = unheard,
    ) -> None:
        super().__init__()
        self._checkpoints, self._followers, self._since = checkpoints, followers, since
        self._report = report

    def on_train_begin(self, logs=None):  # noqa: D102
        before = self._checkpoints.lines[self._since :]
        for line in before:
            for follower in self._followers:
                follower.on_epoch_end(line["epoch"] - 1, dict(line))
        if self._checkpoints.lines:
            self._checkpoints.restore(self.model, optimizer=bool(before))

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102
        self._rate = float(ops.convert_to_numpy(self.model.optimizer.learning_rate))
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs: Any = None):  # noqa: D102
        figures = {name: float(logs[name]) for name in self.figures}
        seconds = time.perf_counter() - self._begun
        line = {"epoch": epoch + 1, **figures, "learning_rate": self._rate, "seconds": seconds}
        self._checkpoints.save(self.model, line, stopped=bool(self.model.stop_training))
        self._report(epoch + 1, line["val_auc"])


def patience(monitor: str, *, reduce: int, stop: int) -> list[keras.callbacks.Callback]:
    """Return what halves the learning rate where a figure stands still, and what then stops.

    Parameters
    ----------
    monitor : {"val_loss", "val_auc"}
        The figure.
    reduce, stop : int
        How many epochs without a better one halve the learning rate, and how many end the
        training; 0 for never.
    """
    watch = {"monitor": monitor, "mode": "max" if monitor == "val_auc" else "min"}
    halving = [keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=reduce, **watch)]
    stopping = [keras.callbacks.EarlyStopping(patience=stop, **watch)]
    return halving * bool(reduce) + stopping * bool(stop)
