"""Losses for several findings at once, from logits; an unknown label teaches nothing.

Labels are (n, outputs) throughout: 1 present, 0 absent, NaN unknown.
"""

from collections.abc import Callable
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
        """Return the loss of each radiograph: the mean over all outputs.

        Of a batch with unknown labels the mean is too small, by their share; the weights of
        `models.training.batches.Batches` make up for it.

        Parameters
        ----------
        labels, logits : tensor
            Shape (n, outputs); logits are any finite floats.

        Returns
        -------
        tensor
            Shape (n,).
        """
        from keras import ops

        return ops.mean(self.each(labels, logits), axis=-1)

    def each(self, labels, logits):
        """Return what each label costs, shape (n, outputs): 0 where it is unknown."""
        from keras import ops

        logits = ops.convert_to_tensor(logits)
        labels, known = _settled(labels, logits.dtype)
        positive, negative = (ops.cast(w, logits.dtype) for w in (self.positive, self.negative))
        present = positive * labels * self._surprise(logits)
        absent = negative * (1 - labels) * self._surprise(-logits)
        return (present + absent) * known

    def _surprise(self, margin):
        """Return −log sigmoid(margin), times sigmoid(−margin)^γ."""
        from keras import ops

        surprise = ops.softplus(-margin)
        return surprise * ops.exp(-self.gamma * ops.softplus(margin)) if self.gamma else surprise


def rightness(labels, logits):
    """Return which labels lie on the right side of p = 0.5; the mean over known is the accuracy.

    Parameters
    ----------
    labels, logits : tensor
        Shape (n, outputs), as `Loss` takes them.

    Returns
    -------
    tensor
        Shape (n, outputs): 1 or 0; 0 where the label is unknown.
    """
    from keras import ops

    logits = ops.convert_to_tensor(logits)
    labels, known = _settled(labels, logits.dtype)
    return ops.cast(ops.equal(logits > 0, labels > 0.5), logits.dtype) * known


def mean_over_known(values, labels) -> float:
    """Return the mean of what is 0 at unknown labels, (n, outputs), over the known ones."""
    from keras import ops

    return float(ops.sum(values)) / max(int((~np.isnan(labels)).sum()), 1)


def make(name: str, labels: np.ndarray, *, gamma: float = 2.0, balanced: bool = True) -> Loss:
    """Make a loss, its weights taken from the labels of the train part.

    A finding of one class alone weighs 1 under every loss: were its weight the frequency of the
    class that is missing, 0, nothing would be learnt and its score be chance.

    Parameters
    ----------
    name : {"bce", "weighted_bce", "focal"}
        ``weighted_bce`` gives a positive the frequency of the negatives and a negative that of the
        positives, so that both sides of a finding weigh the same in sum.
    labels : numpy.ndarray
        Shape (n, outputs).
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
    if name == "weighted_bce":
        return Loss(*_weights(labels, lambda shares: shares[::-1]))
    if name == "focal" and balanced:
        return Loss(*_weights(labels, lambda shares: 0.5 / shares), gamma=gamma)
    evenly = np.ones(labels.shape[1], "float32")
    if name not in get_args(LossName):
        raise unknown("loss", name, get_args(LossName))
    return Loss(evenly, evenly, gamma=gamma if name == "focal" else 0.0)


def _weights(
    labels: np.ndarray, weigh: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Weigh findings by the shares of positives and negatives, (2, outputs), among known labels."""
    counts = np.stack([labels == 1, labels == 0]).sum(1)
    both = (counts > 0).all(0)
    shares = np.where(both, counts, 1) / np.where(both, counts.sum(0), 1)
    positive, negative = np.where(both, weigh(shares), 1).astype("float32")
    return positive, negative


def _settled(labels, dtype):
    """Return the labels with 0 for unknown, and 1 or 0 for known or not.

    A product with NaN would be NaN, and so would its gradient, even where it is masked later.
    """
    from keras import ops

    labels = ops.cast(labels, dtype)
    unknown_ones = ops.isnan(labels)
    return ops.where(unknown_ones, 0, labels), 1 - ops.cast(unknown_ones, dtype)
