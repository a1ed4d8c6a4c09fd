"""Metrics with their uncertainty: value, bootstrap draws and influences travel together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np


@dataclass(frozen=True, eq=False)
class Estimates:
    """An array of metrics, each with its draws and with the influence of every patient on it.

    All that is linear in the metrics (a mean over findings, the difference of two rows) is done
    to the draws and the influences alike, so that an interval can be had of any of them.

    Parameters
    ----------
    value : numpy.ndarray
        Shape (...): NaN where the metric is not defined.
    draws : numpy.ndarray
        Shape (..., draws): its value in each bootstrap draw, the same draws for all.
    influence : numpy.ndarray
        Shape (..., patients): its derivative with respect to each patient's weight.
    """

    value: np.ndarray
    draws: np.ndarray
    influence: np.ndarray

    def __getitem__(self, place: object) -> Self:
        """Choose among the metrics; `place` indexes their shape, not draws or patients."""
        place = place if isinstance(place, tuple) else (place,)
        return self._each(lambda array: array[place])  # type: ignore[index]

    def __sub__(self, other: Self) -> Self:
        return type(self)(
            self.value - other.value, self.draws - other.draws, self.influence - other.influence
        )

    def mean(self) -> Self:
        """Average over the last axis of the metrics, without those that are not defined.

        What is defined, but not in some draw, has its value there: a finding that a draw has no
        positive of would else be missing from that draw's mean, and the interval be one of
        another mean than the one that it stands beside.
        """
        axis = self.value.ndim - 1
        defined = ~np.isnan(self.value)
        drawn = ~np.isnan(self.draws)
        draws = _nanmean(np.where(drawn, self.draws, self.value[..., None]), axis)
        influence = np.where(defined[..., None], self.influence, 0).sum(axis)
        with np.errstate(invalid="ignore"):
            return type(self)(
                _nanmean(self.value, axis),
                np.where(drawn.any(axis), draws, np.nan),
                influence / defined.sum(axis)[..., None],
            )

    @classmethod
    def stack(cls, parts: Sequence[Self], axis: int = 0) -> Self:
        """Put metrics of one shape beside each other along a new axis of their shape."""
        return cls(
            *(
                np.stack([getattr(part, name) for part in parts], axis)
                for name in ("value", "draws", "influence")
            )
        )

    def _each(self, change: Callable[[np.ndarray], np.ndarray]) -> Self:
        return type(self)(change(self.value), change(self.draws), change(self.influence))

    @property
    def standard_error(self) -> np.ndarray:
        """Shape (...): the standard deviation over the draws; NaN where there are none."""
        finite = np.isfinite(self.draws)
        with np.errstate(invalid="ignore", divide="ignore"):
            centred = np.where(finite, self.draws - _nanmean(self.draws, -1)[..., None], 0)
            return np.sqrt((centred**2).sum(-1) / np.maximum(finite.sum(-1) - 1, 0))


def ratio(top: np.ndarray, bottom: np.ndarray, weights: np.ndarray) -> Estimates:
    """Estimate ratios of sums over images: a precision, a recall, a mean squared error.

    Parameters
    ----------
    top, bottom : numpy.ndarray
        Shape (patients, ...): the sums over each patient's images.
    weights : numpy.ndarray
        Shape (patients, draws): how often each patient is drawn.

    Returns
    -------
    Estimates
        Of shape (...). A ratio to which fewer than two patients contribute has no draws: it
        would be the same in each of them, and an interval of no width is no interval.
    """
    above, below = top.sum(axis=0), bottom.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = above / below
        draws = np.tensordot(top, weights, (0, 0)) / np.tensordot(bottom, weights, (0, 0))
        influence = (top - value * bottom) / below
    few = (bottom != 0).sum(axis=0) < 2
    draws[few] = np.nan
    return Estimates(value, draws, np.moveaxis(influence, 0, -1))


def _nanmean(values: np.ndarray, axis: int) -> np.ndarray:
    """Average what is defined; NaN where nothing is, without a warning."""
    defined = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(defined, values, 0).sum(axis) / defined.sum(axis)
