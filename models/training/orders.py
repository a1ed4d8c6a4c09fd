"""In which order a training meets the images: by (seed, epoch) alone, so that it can be resumed."""

from collections.abc import Callable
from typing import Literal

import numpy as np

#: Every image once an epoch, or every class as often as any other.
Sampling = Literal["shuffled", "balanced"]

#: Gives the positions of an epoch, counted from 0.
Order = Callable[[int], np.ndarray]


def make(sampling: Sampling, targets: np.ndarray, seed: int) -> Order:
    """Make an order for the radiographs whose targets are given.

    Parameters
    ----------
    sampling : {"shuffled", "balanced"}
        See `shuffled` and `balanced`.
    targets : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.
    seed : int
        The one source of randomness, with the epoch.
    """
    draw = {"shuffled": shuffled, "balanced": balanced}[sampling]
    return lambda epoch: draw(targets, np.random.default_rng((seed, epoch)))


def shuffled(targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return every position once.

    Parameters
    ----------
    targets : numpy.ndarray
        Shape (n, outputs).
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n,), integers.
    """
    order = np.arange(len(targets))
    rng.shuffle(order)
    return order


def balanced(targets: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return positions among which every class has been drawn as often, spread over the epoch.

    A class is an output that is present somewhere, or none being present. Its images are drawn
    without a repetition until all have come, so that a common class shows as many as it can and a
    rare one shows each about as often. An image with several findings may come by each of them.

    Parameters
    ----------
    targets : numpy.ndarray
        Shape (n, outputs): 1 present, 0 absent, NaN unknown.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    numpy.ndarray
        Shape (n,), integers; some come more than once and some not at all.
    """
    present = targets == 1
    classes = np.column_stack([present, ~present.any(axis=1)]).T
    members = [np.flatnonzero(one) for one in classes if one.any()]
    turns = rng.permutation(np.arange(len(targets)) % len(members))
    order = np.empty(len(targets), np.intp)
    for number, positions in enumerate(members):
        mine = turns == number
        order[mine] = _in_rounds(positions, mine.sum(), rng)
    return order


def _in_rounds(positions: np.ndarray, wanted: int, rng: np.random.Generator) -> np.ndarray:
    """Return so many positions, each round a shuffle of all."""
    rounds = -(-wanted // len(positions))
    drawn = [rng.permutation(positions) for _ in range(rounds)]
    return np.concatenate([*drawn, positions[:0]])[:wanted]
