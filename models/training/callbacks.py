"""What happens between batches and epochs."""

import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from features.errors import WorkError
from features.progress import Progress
from models import losses
from models.training import weights
from models.training.batches import Batches


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
    progress : callable
        Told of each batch.
    """

    def __init__(self, batches: Batches, stage: str, progress: Progress) -> None:
        super().__init__()
        self._batches, self._stage, self._progress = batches, stage, progress
        self._before = 0

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102
        self._batches.start(epoch)
        self._before = epoch * len(self._batches)

    def on_train_batch_begin(self, batch, logs=None):  # noqa: D102
        self._progress(self._stage, self._before + batch, self._total)

    def on_train_end(self, logs=None):  # noqa: D102
        self._progress(self._stage, self._total, self._total)

    @property
    def _total(self) -> int:
        return self.params["epochs"] * len(self._batches)


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
        if not math.isfinite(logs["loss"]):
            raise WorkError(
                f"training diverged: the loss of epoch {epoch + 1} is {logs['loss']}; "
                "a smaller learning_rate may help"
            )
        logits = self.model.predict(self._batches, verbose=0)
        logs["val_loss"] = float(ops.mean(self._loss(self._labels, logits)))
        logs["val_accuracy"] = float(ops.mean(losses.accuracy(self._labels, logits)))
        logs["val_auc"] = macro_auc(self._labels, logits, self._findings)


class Best(keras.callbacks.Callback):
    """Keeps the weights of the best epoch in a file.

    Parameters
    ----------
    monitor : {"val_loss", "val_auc"}
        The figure that decides; the earlier of two equals wins.
    file : Path
        Ends in ``.weights.h5``.

    Attributes
    ----------
    epoch : int
        The best so far, counted from 1.
    """

    def __init__(self, monitor: str, file: Path) -> None:
        super().__init__()
        self._monitor, self.file = monitor, file
        self._figure = math.inf
        self.epoch = 0

    def on_epoch_end(self, epoch, logs: Any = None):  # noqa: D102
        figure = logs[self._monitor] * (-1 if self._monitor == "val_auc" else 1)
        if figure < self._figure:
            self._figure, self.epoch = figure, epoch + 1
            weights.save(self.model, self.file)


class History(keras.callbacks.Callback):
    """Collects one line an epoch: figures, learning rate and seconds.

    Attributes
    ----------
    lines : list of dict
        The epochs so far.
    """

    figures = ("loss", "accuracy", "val_loss", "val_accuracy", "val_auc")

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[dict] = []

    def on_epoch_begin(self, epoch, logs=None):  # noqa: D102
        self._rate = float(self.model.optimizer.learning_rate)
        self._begun = time.perf_counter()

    def on_epoch_end(self, epoch, logs: Any = None):  # noqa: D102
        figures = {name: float(logs[name]) for name in self.figures}
        seconds = time.perf_counter() - self._begun
        line = {"epoch": epoch + 1, **figures, "learning_rate": self._rate, "seconds": seconds}
        self.lines.append(line)


def patience(monitor: str, epochs: int) -> list[keras.callbacks.Callback]:
    """Return what halves the learning rate where a figure stands still, and then stops.

    Parameters
    ----------
    monitor : {"val_loss", "val_auc"}
        The figure.
    epochs : int
        How many without a better one end the training; half as many halve the learning rate.
    """
    watch = {"monitor": monitor, "mode": "max" if monitor == "val_auc" else "min"}
    return [
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=max(1, epochs // 2), **watch),
        keras.callbacks.EarlyStopping(patience=epochs, **watch),
    ]


def macro_auc(labels: np.ndarray, scores: np.ndarray, findings: int) -> float:
    """Return the mean area under the ROC curve of the findings that have both classes.

    Parameters
    ----------
    labels, scores : numpy.ndarray
        Shape (n, outputs); labels are 1, 0 or NaN, which is left out.
    findings : int
        The number of outputs, from the first, that count.

    Returns
    -------
    float
        In [0, 1]; NaN where no finding has both classes.
    """
    from sklearn.metrics import roc_auc_score

    areas = []
    for truth, score in zip(labels.T[:findings], scores.T, strict=False):
        known = ~np.isnan(truth)
        if {0, 1} <= set(truth[known]):
            areas.append(roc_auc_score(truth[known], score[known]))
    return float(np.mean(areas)) if areas else math.nan
