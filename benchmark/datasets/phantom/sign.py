"""What a sign is: where and how plainly a finding shows, and what it changes."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmark.datasets.phantom.body import LEFT, RIGHT, Body
from benchmark.datasets.phantom.scene import Scene

#: Left, top, right and bottom, in body coordinates.
Box = tuple[float, float, float, float]

Paint = Callable[[Scene], None]


@dataclass(frozen=True)
class Place:
    """What decides how one visit shows a finding.

    Parameters
    ----------
    severity : float
        0 (hardly to be seen) to 1 (plain).
    lying : bool
        Whether the patient lies, as on AP images.
    own : Generator
        The patient's: a nodule is found again in the same place.
    visit : Generator
        The visit's own chance.
    """

    severity: float
    lying: bool
    own: np.random.Generator
    visit: np.random.Generator

    def between(self, subtle: float, plain: float) -> float:
        """Return a quantity that grows with the severity, with some chance of the visit's."""
        wobble = 1 + 0.10 * float(np.clip(self.visit.standard_normal(), -2, 2))
        return (subtle + (plain - subtle) * self.severity) * wobble

    def side(self, left: float = 0.5) -> int:
        """Return the patient's affected side; `left` is the left one's probability."""
        return LEFT if self.own.random() < left else RIGHT

    def uniform(self, low: float, high: float) -> float:
        """Return a number of the patient's, between `low` and `high`."""
        return float(low + (high - low) * self.own.random())


@dataclass(frozen=True)
class Sign:
    """What a finding changes.

    Parameters
    ----------
    body : Body
        The geometry, changed or not.
    paint : callable or None
        Changes a scene's layers.
    box : tuple or None
        Extent in body coordinates.
    """

    body: Body
    paint: Paint | None = None
    box: Box | None = None


def around(u: float, v: float, wide: float, high: float) -> Box:
    """Return the box that reaches `wide` and `high` to either side of a point."""
    return (u - wide, v - high, u + wide, v + high)


def patchy(scene: Scene, values: np.ndarray, contrast: float) -> np.ndarray:
    """Return a cloudy pattern round 1, never below 0."""
    return np.clip(1 + 2 * contrast * scene.cloud(values), 0, 2.5)
