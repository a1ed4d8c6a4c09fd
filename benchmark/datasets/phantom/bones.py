"""The bones of a chest: ribs, spine, clavicles and shoulder blades."""

import numpy as np

from benchmark.datasets.phantom.body import SIDES
from benchmark.datasets.phantom.scene import Scene


def bones(scene: Scene, own: np.random.Generator) -> np.ndarray:
    """Return the absorption of all bones; `own` is the patient's, for ribs of unequal strength."""
    return _ribs(scene, own) + _spine(scene) + _clavicles(scene) + _scapulae(scene)


def _ribs(scene: Scene, own: np.random.Generator) -> np.ndarray:
    body, u, v = scene.body, scene.u, scene.v
    width = np.maximum(body.half_width(v) * 1.035, 1e-3).astype(np.float32)
    side_on = np.abs(u - np.float32(0.3 * body.scoliosis)) / width
    bend = np.sqrt(np.clip(1 - side_on**2, 0, 1))
    within = scene.step(1 - side_on, 0.03)
    strength = 1 + 0.12 * own.standard_normal((2, 2, 16), dtype=np.float32)
    offset = 0.06 * own.standard_normal((2, 2, 16), dtype=np.float32)
    back = v - body.rib_drop * (1 - bend) + 0.030 * np.sin(np.pi * np.clip(side_on, 0, 1) ** 0.8)
    front = v - body.rib_drop * (1 + 1.05 * bend)
    left = (u > 0).astype(np.intp)
    spine_on = scene.step(np.abs(u) - 0.03, 0.02)
    layer = _rib_set(scene, back, strength[0], offset[0], left, 11) * spine_on
    ends = scene.step(side_on - 0.42, 0.12)
    layer += 0.55 * _rib_set(scene, front, strength[1], offset[1], left, 8) * ends
    edge = np.clip(1 - np.abs(side_on - 1.0) / 0.03, 0, 1) * scene.step(v - body.apex, 0.1)
    grazing = 1 + 0.4 * np.clip(side_on, 0, 1) ** 6
    return body.bone * (layer * within * grazing + 1.3 * edge)


def _rib_set(
    scene: Scene,
    height: np.ndarray,
    strength: np.ndarray,
    offset: np.ndarray,
    left: np.ndarray,
    count: int,
) -> np.ndarray:
    # All ribs of a set at once: the phase says which rib is nearest and how far its middle is.
    body = scene.body
    phase = (height - body.apex - 0.012) / body.ribs
    index = np.clip(np.rint(phase), 0, 15).astype(np.intp)
    index = np.clip(np.rint(phase - offset[left, index]), 0, 15).astype(np.intp)
    distance = (phase - offset[left, index] - index.astype(np.float32)) * (
        body.ribs / body.rib_width
    )
    across = np.abs(distance)
    shape = scene.step(1 - across, 0.30) * (0.74 + 0.5 * np.minimum(across, 1) ** 4)
    return shape * strength[left, index] * (index < count)


def _spine(scene: Scene) -> np.ndarray:
    body, v = scene.body, scene.v
    bend = body.scoliosis * np.sin(5 * v) - 0.6 * scene.pose.yaw
    u = scene.u - bend.astype(np.float32)
    half = 0.026 + 0.014 * v
    column = np.clip(1 - (np.abs(u) / half) ** 6, 0, 1)
    phase = np.cos(2 * np.pi * (v - body.apex) / (0.052 + 0.016 * v))
    plates = 0.13 * np.clip(phase - 0.5, 0, 1) - 0.08 * np.clip(-phase - 0.6, 0, 1)
    pedicles = _ridge(np.abs(u) - 0.6 * half, 0.015) * np.clip(-phase, 0, 1)
    process = _ridge(u, 0.010) * np.clip(-phase - 0.1, 0, 1)
    return column * (0.09 + plates + 0.05 * pedicles + 0.06 * process)


def _clavicles(scene: Scene) -> np.ndarray:
    body, layer = scene.body, np.zeros_like(scene.u)
    for side in SIDES:
        out = side * (scene.u - np.float32(2.5 * scene.pose.yaw))
        along = (out - 0.03) / 0.36
        curve = body.clavicle + 0.04 - 0.085 * along + 0.016 * np.sin(5.6 * along)
        across = np.abs(scene.v - curve) / (0.0155 - 0.004 * np.sin(np.pi * np.clip(along, 0, 1)))
        ends = scene.step(along, 0.05) * scene.step(1.05 - along, 0.1)
        layer += scene.step(1 - across, 0.4) * (0.55 + 0.6 * np.minimum(across, 1) ** 4) * ends
    return 1.9 * body.bone * layer


def _ridge(distance: np.ndarray, reach: float) -> np.ndarray:
    # A smooth bump: 1 at the distance 0, nothing beyond `reach`.
    bump = np.clip(1 - np.square(distance * np.float32(1 / reach)), 0, 1)
    return bump * bump


def _scapulae(scene: Scene) -> np.ndarray:
    body, layer = scene.body, np.zeros_like(scene.u)
    cover = 0.06 * min(max(body.scapula, -0.5), 1.6)
    for side in SIDES:
        out, down = side * scene.u + cover, scene.v - 0.20
        inner = out - 0.335 - 0.16 * down
        outer = 0.435 - 0.38 * down - out
        blade = scene.step(np.minimum(inner, outer), 0.008) * scene.step(down, 0.03)
        blade = blade * scene.step(0.29 - down, 0.03)
        rim = _ridge(outer, 0.014) + 0.5 * _ridge(inner, 0.010)
        spine = _ridge(scene.v - 0.175 - 0.10 * (0.45 - out), 0.019)
        spine = spine * scene.step(out - 0.33, 0.03) * scene.step(0.47 - out, 0.03)
        head = np.clip(1 - ((out - 0.475) ** 2 + (scene.v - 0.185) ** 2) / 0.045**2, 0, 1)
        rim = rim * scene.step(down, 0.05) * scene.step(0.29 - down, 0.03)
        rim = rim * (np.minimum(inner, outer) > -0.02)
        layer += 0.4 * blade + 0.75 * rim + 0.8 * spine + 1.2 * np.sqrt(head)
    return body.bone * layer
