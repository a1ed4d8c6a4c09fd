"""A chest as layers of absorption: what a ray meets on its way through a posed body.

The unit is the absorption of a chest's soft tissue from front to back, about 22 cm of water.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from benchmark.datasets.phantom.body import Body, Pose


def _no_layer() -> np.ndarray:
    return np.zeros((0, 0), dtype=np.float32)


@dataclass
class Scene:
    """One visit's layers; signs change them before they are added up.

    Parameters
    ----------
    body, pose : Body, Pose
        The geometry, as signs left it.
    u, v : ndarray, shape (size, size), float32
        Body coordinates of the pixels.
    lungs : dict of int to ndarray
        Per side, the share of each pixel that shows lung, 0 to 1.
    air : ndarray
        Absorption that the lungs' air takes away.
    soft, bone : ndarray
        Absorption of soft tissue and of bone.
    markings : ndarray
        Absorption of the lungs' vessels.
    """

    body: Body
    pose: Pose
    u: np.ndarray
    v: np.ndarray
    lungs: dict[int, np.ndarray] = field(default_factory=dict)
    air: np.ndarray = field(default_factory=_no_layer)
    soft: np.ndarray = field(default_factory=_no_layer)
    bone: np.ndarray = field(default_factory=_no_layer)
    markings: np.ndarray = field(default_factory=_no_layer)

    @property
    def size(self) -> int:
        """Side of the image in pixels."""
        return self.u.shape[0]

    def step(self, distance: np.ndarray, width: float = 0.004) -> np.ndarray:
        """Return 0 before an edge and 1 behind it, rising over `width` frames."""
        return np.clip(distance / np.float32(width) + 0.5, 0, 1)

    def smooth(self, layer: np.ndarray, frames: float) -> np.ndarray:
        """Blur a layer by a Gaussian whose standard deviation is given in frames."""
        return ndimage.gaussian_filter(layer, frames * self.size, truncate=3)

    def cloud(self, values: np.ndarray, span: float = 1.1) -> np.ndarray:
        """Spread a coarse square of numbers over the body, smoothly.

        It moves with the body's place and magnification, so that a patient's own texture is
        found again on the next image.
        """
        steps = (np.arange(self.size) + 0.5) / self.size
        us = (steps - self.pose.at[0]) / self.pose.zoom
        vs = (steps - self.pose.at[1]) / self.pose.zoom + 0.45 - 0.5
        down, across = (_spline(values.shape[0], s / span + 0.5) for s in (vs, us))
        values = values.astype(np.float32)
        rows = sum(weight[:, None] * values[knot] for knot, weight in down)
        return sum(weight * rows[:, knot] for knot, weight in across)

    def ball(self, u: float, v: float, radius: float, flat: float = 1.0) -> np.ndarray:
        """Return how much of a ball each ray crosses: 1 through the middle, 0 outside."""
        du, dv = (self.u - np.float32(u)) / radius, (self.v - np.float32(v)) / (radius * flat)
        return np.sqrt(np.clip(1 - du * du - dv * dv, 0, 1))

    def glow(self, u: float, v: float, wide: float, high: float) -> np.ndarray:
        """Return a bell-shaped blob of height 1 with the standard deviations `wide` and `high`."""
        du, dv = (self.u - np.float32(u)) / wide, (self.v - np.float32(v)) / high
        return np.exp(-0.5 * (du * du + dv * dv))

    def total(self) -> np.ndarray:
        """Return what a ray meets in all."""
        return np.maximum(self.soft - self.air + self.bone + self.markings, 0)


def _spline(knots: int, at: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    # A cubic B-spline of equally spaced values at positions in 0..1: the four values that count
    # and their weights.
    at = np.clip(at * (knots - 1), 0, knots - 1)
    left = np.floor(at)
    t = (at - left).astype(np.float32)
    weights = (1 - t) ** 3 / 6, 2 / 3 - t**2 * (1 - t / 2), None, t**3 / 6
    middle = 1 - weights[0] - weights[1] - weights[3]
    first = left.astype(np.intp)
    return [
        (np.clip(first + k - 1, 0, knots - 1), middle if weight is None else weight)
        for k, weight in enumerate(weights)
    ]
