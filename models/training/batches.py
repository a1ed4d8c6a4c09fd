"""Batches gathered from an array as they are needed."""

from typing import Any

import keras
import numpy as np

from models.sharing import ALONE, Sharing
from models.training.orders import Order


class Batches(keras.utils.PyDataset):
    """Rows of `inputs`, and of `targets` where there are any, a batch at a time.

    The rows are spread evenly: 33 rows by 32 make a batch of 17 and one of 16, for a batch
    normalisation learns nothing from a batch of one. Where batches must be of one length, or be
    shared out among devices, the shorter are filled up with rows of their own that weigh nothing.
    Where that may be, or a label is unknown, each row comes with a weight.

    Parameters
    ----------
    inputs : array-like
        Shape (n, …); indexing with an array of positions must read only those rows.
    targets : numpy.ndarray, optional
        Shape (n, outputs).
    batch_size : int
        The most rows of a batch, but for the filling.
    order : callable, optional
        Gives the n positions of an epoch; None keeps the rows' own order.
    sharing : Sharing, optional
        Among what a batch is shared out: its length is a multiple of the devices, and of several
        processes each gathers its own stretch of it alone.
    equal : bool, optional
        Whether all batches have one length, so that a compiler has one shape to compile for.
    """

    def __init__(
        self,
        inputs: Any,
        targets: np.ndarray | None = None,
        *,
        batch_size: int,
        order: Order | None = None,
        sharing: Sharing = ALONE,
        equal: bool = False,
    ) -> None:
        super().__init__()
        self._inputs, self._targets, self._order = inputs, targets, order
        self._places = np.array_split(np.arange(len(inputs)), -(-len(inputs) // batch_size))
        devices = len(sharing)
        longest = len(self._places[0])  # the first of an even spread
        self._lengths = [
            devices * -(-(longest if equal else len(places)) // devices) for places in self._places
        ]
        some_unknown = targets is not None and bool(np.isnan(targets).any())
        self._weighed = equal or devices > 1 or some_unknown
        self._process, self._processes = sharing.processes
        self.start(0)

    def start(self, epoch: int) -> None:
        """Set the order of an epoch, counted from 0."""
        rows = np.arange(len(self._inputs))
        self._rows = rows if self._order is None else self._order(epoch)

    @property
    def real(self) -> np.ndarray:
        """Shape (rows of all batches,): False for what is only there to fill a batch up."""
        pairs = zip(self._lengths, self._places, strict=True)
        return np.concatenate([np.arange(length) < len(places) for length, places in pairs])

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        rows = self._rows[np.resize(self._places[index], self._lengths[index])]
        length = len(rows) // self._processes
        own = slice(self._process * length, (self._process + 1) * length)
        inputs = self._inputs[rows[own]]
        if self._targets is None:
            return (inputs,)
        targets = self._targets[rows]
        if not self._weighed:
            return inputs, targets[own]
        return inputs, targets[own], _weights(targets, filled=len(self._places[index]))[own]


def _weights(targets: np.ndarray, *, filled: int) -> np.ndarray:
    """Return the weight of each row, 0 for what fills the batch up.

    They turn the mean that an engine takes over all labels of the batch, on however many devices,
    into that over the known labels of the real rows.
    """
    known = int((~np.isnan(targets[:filled])).sum())
    weights = np.zeros(len(targets), "float32")
    weights[:filled] = targets.size / max(known, 1)
    return weights


def predict(network: keras.Model, batches: Batches) -> np.ndarray:
    """Return a network's outputs for the rows of batches, what fills them up left out.

    Parameters
    ----------
    network : keras.Model
        From inputs to (n, outputs).
    batches : Batches
        Without targets, in the rows' own order.

    Returns
    -------
    numpy.ndarray
        Shape (n, outputs).
    """
    return network.predict(batches, verbose=0)[batches.real]
