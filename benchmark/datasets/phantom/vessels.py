"""The lungs' vessels: two trees of ever thinner branches, the patient's own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from benchmark.datasets.phantom.body import SIDES, Body
from benchmark.datasets.phantom.scene import Scene

_ROOTS = 8
_GENERATIONS = 5
_STEPS = 14


@dataclass(frozen=True)
class Vessels:
    """Points along the branches of one lung.

    Parameters
    ----------
    out, down : ndarray, shape (points,)
        Place relative to the hilum: towards the ribs, and towards the diaphragm, in frames of
        a lung at full breath.
    radius : ndarray, shape (points,)
        Half the vessel's width there, in frames.
    """

    out: np.ndarray
    down: np.ndarray
    radius: np.ndarray

    @classmethod
    def grow(cls, rng: np.random.Generator) -> Vessels:
        """Grow a tree: roots fan out from the hilum, each branch forks in two."""
        angle = np.linspace(-1.35, 1.45, _ROOTS) + 0.2 * rng.standard_normal(_ROOTS)
        out, down = 0.012 * rng.standard_normal(_ROOTS) - 0.008, np.linspace(-0.035, 0.055, _ROOTS)
        radius = 0.0050 * (1 + 0.2 * rng.standard_normal(_ROOTS))
        parts = []
        for generation in range(_GENERATIONS):
            length = 0.078 * 0.86**generation * (1 + 0.25 * rng.standard_normal(len(angle)))
            bend = 0.25 * rng.standard_normal(len(angle))
            t = np.linspace(0, 1, _STEPS)[:, None]
            path = angle + bend * t
            outs = out + np.cumsum(np.cos(path), axis=0) / _STEPS * length
            downs = down + np.cumsum(np.sin(path), axis=0) / _STEPS * length
            widths = radius * (1 - 0.25 * t)
            parts.append(np.stack([outs, downs, widths]).reshape(3, -1))
            spread = 0.20 + 0.30 * rng.random((2, len(angle)))
            angle = np.concatenate([path[-1] - spread[0], path[-1] + spread[1]])
            out, down = np.tile(outs[-1], 2), np.tile(downs[-1], 2)
            radius = np.tile(widths[-1], 2) * (0.72 + 0.22 * rng.random(len(angle)))
        return cls(*np.concatenate(parts, axis=1))

    def placed(self, body: Body, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Return body coordinates `u` and `v` of the points: a lung at less breath is shorter."""
        hilum_u, hilum_v = body.hilum(side)
        above, below = hilum_v - body.apex, body.dome(side) - hilum_v
        stretch = np.where(self.down < 0, above / 0.31, below / 0.25)
        return hilum_u + side * self.out * body.width / 0.35, hilum_v + self.down * stretch


def markings(scene: Scene, own: np.random.Generator) -> np.ndarray:
    """Return the absorption of vessels and hila; they show as far as air is round them."""
    body = scene.body
    trees = [(side, Vessels.grow(own)) for side in SIDES]
    places = [tree.placed(body, side) for side, tree in trees]
    strength = [
        body.vessels * (1 + body.upper_vessels * (v < body.hilum(side)[1]))
        for side, (_, v) in zip(SIDES, places, strict=True)
    ]
    points = (np.concatenate([u for u, _ in places]), np.concatenate([v for _, v in places]))
    radius = np.concatenate([tree.radius for _, tree in trees])
    layer = splat(scene, points, radius, np.concatenate(strength))
    for side in SIDES:
        u, v = body.hilum(side)
        layer += 0.09 * body.vessels * scene.glow(u, v + 0.012, 0.018, 0.042)
    return layer * (0.2 + 0.8 * np.clip(scene.air / body.air, 0, 1))


#: Radius classes, in frames: up to which a vessel is drawn with which blur.
_CLASSES = ((0.0, 0.0021, 0.0016), (0.0021, 0.0040, 0.0028), (0.0040, 1.0, 0.0046))


def splat(
    scene: Scene,
    points: tuple[np.ndarray, np.ndarray],
    radius: np.ndarray,
    strength: np.ndarray | float,
) -> np.ndarray:
    """Draw points as round tubes: their volume falls on the pixels and is blurred to their width.

    Returns
    -------
    ndarray, shape (size, size), float32
        Absorption.
    """
    layer = np.zeros_like(scene.u)
    volume = 42 * radius**2 * 0.0055 * strength
    for low, high, blur in _CLASSES:
        some = (radius >= low) & (radius < high)
        if some.any():
            dots = _dots(scene, points[0][some], points[1][some], volume[some])
            layer += ndimage.gaussian_filter(dots, blur * scene.size, truncate=3)
    return layer


def _dots(scene: Scene, u: np.ndarray, v: np.ndarray, volume: np.ndarray) -> np.ndarray:
    # Each point's volume is shared between the four pixels round it.
    size = scene.size
    x, y = (p * size - 0.5 for p in scene.pose.to_frame(u, v))
    left, top = np.floor(x), np.floor(y)
    seen = (left >= 0) & (top >= 0) & (left < size - 1) & (top < size - 1)
    x, y, left, top, volume = (a[seen] for a in (x, y, left, top, volume))
    fx, fy = x - left, y - top
    at = (top * size + left).astype(np.intp)
    shares = (
        (0, (1 - fx) * (1 - fy)),
        (1, fx * (1 - fy)),
        (size, (1 - fx) * fy),
        (size + 1, fx * fy),
    )
    parts = [np.bincount(at + k, volume * share, size * size) for k, share in shares]
    return (np.sum(parts, axis=0) * size * size).reshape(size, size).astype(np.float32)
