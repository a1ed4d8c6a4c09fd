"""The values that tuning may give to a model's options: ranges and choices."""

import math
from dataclasses import dataclass, replace
from typing import Self

from features.errors import InputError

#: What an option may be set to.
Value = bool | int | float | str


@dataclass(frozen=True)
class _Span:
    """Every value between two bounds.

    Parameters
    ----------
    low, high : int or float
        The bounds; both belong to it.
    log : bool, optional
        Whether to search on a logarithmic scale, evenly over orders of magnitude.

    Raises
    ------
    InputError
        If the bounds are not finite, stand the wrong way round, or have no logarithm where one is
        needed.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        finite = all(map(math.isfinite, (self.low, self.high)))
        if not finite or self.low >= self.high or (self.log and self.low <= 0):
            allowed = "0 < low < high" if self.log else "low < high"
            raise InputError(f"{self}; finite bounds are wanted, {allowed}")

    @property
    def ends(self) -> tuple[Value, ...]:
        """The outermost values, which an option's type must take."""
        return (self.low, self.high)

    def including(self, value: Value) -> Self:
        """Return the span, widened where it does not hold a value.

        Raises
        ------
        InputError
            If it cannot hold the value: no number, or none that has a logarithm.
        """
        if not isinstance(value, int | float):  # a word, or None for "not set"
            raise InputError(f"{value!r} is no number, as {self} wants it")
        return replace(self, low=min(self.low, value), high=max(self.high, value))


@dataclass(frozen=True)
class Float(_Span):
    """Every number between two bounds, as ``Float(1e-5, 1e-2, log=True)``; see `_Span`."""


@dataclass(frozen=True)
class Int(_Span):
    """Every whole number between two bounds, as ``Int(2, 8)``; see `_Span`."""

    low: int
    high: int

    def including(self, value: Value) -> Self:
        """Return the span, widened where it does not hold a value; see `_Span.including`."""
        if not isinstance(value, int):
            raise InputError(f"{value!r} is no whole number, as {self} wants it")
        return super().including(value)


@dataclass(frozen=True, init=False)
class Choice:
    """A few values of no order, as ``Choice("bce", "focal")``.

    Parameters
    ----------
    *values : bool, int, float or str
        Two or more.

    Raises
    ------
    InputError
        If there are fewer, or one is neither a number nor a word.
    """

    values: tuple[Value, ...]

    def __init__(self, *values: Value) -> None:
        object.__setattr__(self, "values", values)
        if not all(isinstance(value, Value) for value in values) or len(set(values)) < 2:
            raise InputError(f"{self}; two or more numbers, words or truth values are wanted")

    @property
    def ends(self) -> tuple[Value, ...]:
        """All values, which an option's type must take."""
        return self.values

    def including(self, value: Value) -> "Choice":
        """Return the choice, with a value among the others."""
        return self if value in self.values else Choice(*self.values, value)


Range = Float | Int | Choice
