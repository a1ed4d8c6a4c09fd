"""Batches gathered from an array as they are needed, each image once an epoch."""

from typing import Any

import keras
import numpy as np


class Batches(keras.utils.PyDataset):
    """Rows of `inputs`, and of `targets` where there are any, a batch at a time.

    The rows are spread evenly: 33 rows by 32 make a batch of 17 and one of 16, for a batch
    normalisation learns nothing from a batch of one.

    Parameters
    ----------
    inputs : array-like
        Shape (n, …); indexing with an array of positions must read only those rows.
    targets : numpy.ndarray, optional
        Shape (n, outputs).
    batch_size : int
        The most rows of a batch.
    seed : int, optional
        Shuffles by (seed, epoch) alone, so that a resumed training meets the same order. None
        keeps the order.
    """

    def __init__(
        self,
        inputs: Any,
        targets: np.ndarray | None = None,
        *,
        batch_size: int,
        seed: int | None = None,
    ) -> None:
        super().__init__()
        self._inputs, self._targets = inputs, targets
        self._number = -(-len(inputs) // batch_size)
        self._seed = seed
        self.start(0)

    def start(self, epoch: int) -> None:
        """Set the order of an epoch, counted from 0."""
        order = np.arange(len(self._inputs))
        if self._seed is not None:
            np.random.default_rng((self._seed, epoch)).shuffle(order)
        self._batches = np.array_split(order, self._number)

    def __len__(self) -> int:
        return self._number

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        rows = self._batches[index]
        if self._targets is None:
            return (self._inputs[rows],)
        return self._inputs[rows], self._targets[rows]
