"""What lies on or in patients who are X-rayed in bed: electrodes, wires, catheters, tubes.

Whether they are there depends on the view alone, never on a finding.
"""

import numpy as np

from benchmark.datasets.phantom.scene import Scene
from benchmark.datasets.phantom.vessels import splat


def attach(scene: Scene, view: str, rng: np.random.Generator) -> None:
    """Lay electrodes, catheters and tubes over an AP image; each is there or not by chance."""
    electrodes, catheter, tube = rng.random(3) < (0.55, 0.30, 0.25)
    if view != "AP":
        return
    if electrodes:
        for _ in range(rng.integers(2, 5)):
            _electrode(scene, rng)
    if catheter:
        _catheter(scene, rng)
    if tube:
        _tube(scene, rng)


def _electrode(scene: Scene, rng: np.random.Generator) -> None:
    u, v = rng.uniform(-0.30, 0.30), rng.uniform(0.15, 0.80)
    scene.bone += 0.10 * scene.ball(u, v, 0.011) + 0.10 * scene.ball(u, v, 0.005)
    disc, away = (
        np.array([u, v]),
        np.array([np.sign(u) * rng.uniform(0.3, 0.6), rng.uniform(0.0, 0.5)]),
    )
    middle = disc + 0.5 * away + rng.normal(0, 0.06, 2)
    _wire(scene, np.stack([disc, middle, disc + away]), 0.0016)


def _catheter(scene: Scene, rng: np.random.Generator) -> None:
    body, side = scene.body, rng.choice((-1, 1))
    tip = [body.shift - 0.035, body.apex + rng.uniform(0.22, 0.34)]
    bend = [body.shift - 0.04, body.apex + 0.06]
    _wire(scene, np.array([[side * rng.uniform(0.10, 0.25), body.apex - 0.02], bend, tip]), 0.0020)


def _tube(scene: Scene, rng: np.random.Generator) -> None:
    body = scene.body
    sway = rng.normal(0, 0.006)
    end = [body.shift + 0.10, max(body.domes) + 0.10]
    _wire(scene, np.array([[sway, -0.1], [body.shift + sway, 0.75 * end[1]], end]), 0.0022)


def _wire(scene: Scene, corners: np.ndarray, radius: float) -> None:
    # A quadratic Bézier curve through three control points, dense enough to leave no gaps.
    t = np.linspace(0, 1, 220)[:, None]
    curve = (1 - t) ** 2 * corners[0] + 2 * t * (1 - t) * corners[1] + t**2 * corners[2]
    length = np.abs(np.diff(curve, axis=0)).sum()
    strength = 2.2 * length / 220 / 0.0055
    scene.bone += splat(scene, (curve[:, 0], curve[:, 1]), np.full(220, radius), strength)
