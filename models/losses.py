"""Losses for several findings at once, from logits; an unknown label (NaN) teaches nothing."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from features.errors import unknown

LossName = Literal["bce", "weighted_bce", "focal"]


@dataclass(frozen=True, eq=False)
class Loss:
    """Binary cross-entropy, weighted by finding and, with `gamma`, turned towards the hard cases.

    A label y with the logit z, p = sigmoid(z), costs
    positive · y · (1 − p)^γ · −log p  +  negative · (1 − y) · p^γ · −log(1 − p).
    Both logarithms are softplus functions of ±z, so no logit overflows.

    Parameters
    ----------
    positive, negative : numpy.ndarray
        Shape (outputs,), floats ≥ 0: what a present and an absent finding weigh.
    gamma : float
        ≥ 0; 0 weighs every case alike.

    References
    ----------
    Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, equation 4.
    """

    positive: np.ndarray
    negative: np.ndarray
    gamma: float = 0.0

    def __call__(self, labels, logits):
        """Return one loss a radiograph, whose mean is the mean over all known labels.

        Parameters
        ----------
        labels : tensor
            Shape (n, outputs): 1 present, 0 absent, NaN unknown.
        logits : tensor
            Shape (n, outputs), any finite floats.

        Returns
        -------
        tensor
            Shape (n,).
        """
        from keras import ops

        logits = ops.convert_to_tensor(logits)
        labels, known = _settled(labels, logits.dtype)
        present = self.positive * labels * self._surprise(logits)
        absent = self.negative * (1 - labels) * self._surprise(-logits)
        return _mean_over_known(present + absent, known)

    def _surprise(self, margin):
        """Return −log sigmoid(margin), times sigmoid(−margin)^γ."""
        from keras import ops

        surprise = ops.softplus(-margin)
        return surprise * ops.exp(-self.gamma * ops.softplus(margin)) if self.gamma else surprise


def accuracy(labels, logits):
    """Return the share of known labels on the right side of p = 0.5, one figure a radiograph.

    Parameters
    ----------
    labels, logits : tensor
        Shape (n, outputs), as `Loss` takes them.

    Returns
    -------
    tensor
        Shape (n,), whose mean is the accuracy over all known labels.
    """
    from keras import ops

    logits = ops.convert_to_tensor(logits)
    labels, known = _settled(labels, logits.dtype)
    right = ops.cast(ops.equal(logits > 0, labels > 0.5), logits.dtype)
    return _mean_over_known(right, known)


def make(name: str, labels: np.ndarray, *, gamma: float = 2.0, balanced: bool = True) -> Loss:
    """Make a loss, its weights taken from the labels of the train part.

    Parameters
    ----------
    name : {"bce", "weighted_bce", "focal"}
        ``weighted_bce`` gives a positive the frequency of the negatives and a negative that of the
        positives, so that both sides of a finding weigh the same in sum.
    labels : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.
    gamma : float, optional
        Of ``focal``.
    balanced : bool, optional
        Whether ``focal`` weighs the classes of each finding by n / (2 · their number), as
        scikit-learn's ``class_weight="balanced"`` does.

    Raises
    ------
    InputError
        If there is no such loss.
    """
    evenly = np.ones(labels.shape[1], "float32")
    if name == "bce":
        return Loss(evenly, evenly)
    if name == "weighted_bce":
        positive, negative = frequencies(labels)
        return Loss(negative, positive)
    if name == "focal":
        return Loss(*(balanced_weights(labels) if balanced else (evenly, evenly)), gamma=gamma)
    raise unknown("loss", name, get_args(LossName))


def frequencies(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of positives and of negatives among the known labels of each finding.

    Parameters
    ----------
    labels : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.

    Returns
    -------
    positive, negative : numpy.ndarray
        Shape (outputs,), float32 in [0, 1]; both 0 where no label is known.
    """
    known = np.maximum((~np.isnan(labels)).sum(0), 1)
    positive, negative = (labels == 1).sum(0) / known, (labels == 0).sum(0) / known
    return positive.astype("float32"), negative.astype("float32")


def balanced_weights(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return weights that make both classes of each finding count the same in sum.

    Parameters
    ----------
    labels : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.

    Returns
    -------
    positive, negative : numpy.ndarray
        Shape (outputs,), float32; 1 where a finding has one class alone.
    """
    both = np.stack(frequencies(labels))
    balanced = 0.5 / np.where(both > 0, both, 1)
    positive, negative = np.where((both > 0).all(0), balanced, 1).astype("float32")
    return positive, negative


def _settled(labels, dtype):
    """Return the labels with 0 for unknown, and 1 or 0 for known or not.

    A product with NaN would be NaN, and so would its gradient, even where it is masked later.
    """
    from keras import ops

    labels = ops.cast(labels, dtype)
    unknown_ones = ops.isnan(labels)
    return ops.where(unknown_ones, 0, labels), 1 - ops.cast(unknown_ones, dtype)


def _mean_over_known(values, known):
    """Return sums by row, scaled so that their mean is the mean of the values that are known."""
    from keras import ops

    rows = ops.cast(ops.shape(values)[0], values.dtype)
    return ops.sum(values * known, axis=-1) * (rows / ops.maximum(ops.sum(known), 1))
