"""A chest as layers of absorption: what a ray meets on its way through a posed body.

The unit is the absorption of a chest's soft tissue from front to back, about 22 cm of water.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from benchmark.datasets.phantom.body import LEFT, RIGHT, Body, Pose
from benchmark.datasets.phantom.vessels import Vessels, splat

SIDES = (RIGHT, LEFT)


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
    blur : float
        Standard deviation, in pixels, of one hundredth of a frame.
    """

    body: Body
    pose: Pose
    u: np.ndarray
    v: np.ndarray
    lungs: dict[int, np.ndarray] = field(default_factory=dict)
    air: np.ndarray = field(default_factory=lambda: np.zeros(0))
    soft: np.ndarray = field(default_factory=lambda: np.zeros(0))
    bone: np.ndarray = field(default_factory=lambda: np.zeros(0))
    markings: np.ndarray = field(default_factory=lambda: np.zeros(0))

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


def build(body: Body, pose: Pose, size: int, own: np.random.Generator) -> Scene:
    """Lay a posed body's layers.

    Parameters
    ----------
    body, pose : Body, Pose
        The geometry.
    size : int
        Side of the image in pixels.
    own : Generator
        The patient's own, for textures and vessels: the same on every visit.
    """
    u, v = pose.grid(size)
    scene = Scene(body, pose, u, v)
    _lungs(scene)
    scene.soft = _trunk(scene) + _breasts(scene) - _windpipe(scene) - _bubble(scene)
    _mediastinum(scene)
    scene.bone = _ribs(scene, own) + _spine(scene) + _clavicles(scene) + _scapulae(scene)
    scene.markings = _markings(scene, own)
    scene.air *= 1 + 0.06 * scene.cloud(own.standard_normal((60, 60), dtype=np.float32))
    scene.air *= 1 + 0.05 * scene.cloud(own.standard_normal((120, 120), dtype=np.float32))
    scene.soft *= 1 + 0.012 * scene.cloud(own.standard_normal((40, 40), dtype=np.float32))
    return scene


def _lungs(scene: Scene) -> None:
    body, u, v = scene.body, scene.u, scene.v
    width = np.maximum(body.half_width(v), 1e-3).astype(np.float32)
    side_on = np.clip(np.abs(u) / width, 0, 1)
    roof = body.apex + 5 * (np.abs(u) - 0.115) ** 2
    cage = scene.step(width - np.abs(u)) * scene.step(v - roof)
    scene.air = np.zeros_like(u)
    depth = body.air * np.sqrt(1 - side_on**2 + 1e-6) ** 0.9
    for side in SIDES:
        floor = body.diaphragm(u, side).astype(np.float32)
        inner = 0.045 + 0.25 * np.clip(roof + 0.05 - v, 0, None)
        half = scene.step(side * (u - np.float32(body.shift)) - inner, 0.05) * cage
        lung = half * scene.step(floor - v)
        behind = half * np.clip(1 - (v - floor) / 0.07, 0, 1) * (1 - scene.step(floor - v))
        narrow = np.clip((v - roof) / 0.10, 0, 1) * 0.45 + 0.55
        scene.lungs[side] = lung
        scene.air += depth * narrow * (lung + 0.16 * behind)


def _trunk(scene: Scene) -> np.ndarray:
    body, u, v = scene.body, np.abs(scene.u), scene.v
    waist = body.width + 0.065 + 0.11 * body.fat + 0.03 * (scene.v - 0.6) ** 2
    armpit = np.clip((0.45 - v) / 0.25, 0, 1)
    side = waist + (0.62 - waist) * armpit**2 * (3 - 2 * armpit)
    neck = 0.085 + 0.02 * body.muscle
    slope = 0.115 - 0.05 * body.muscle
    shoulder = slope + 0.036 * np.log(np.clip((u - neck) / 0.30, 1e-6, 2))
    inside = scene.step(side - u, 0.006) * scene.step(v - shoulder, 0.02)
    across = np.clip(u / side, 0, 1)
    depth = (1 - across**2 + 1e-4) ** (0.30 + 0.1 * body.fat)
    thin = 0.50 + 0.50 * np.clip((v - shoulder) / 0.16, 0, 1) ** 0.6
    weight = 0.97 + 0.16 * body.fat + 0.06 * np.clip((v - 0.6) / 0.3, 0, 1)
    arm_at = waist + 0.035 + body.arm * np.clip(v - 0.22, 0, 1)
    across_arm = np.clip(np.abs(u - arm_at) / (0.055 + 0.02 * body.fat), 0, 1)
    arm = 0.40 * np.sqrt(1 - across_arm**2) * scene.step(v - 0.26, 0.12)
    return np.maximum(inside * depth * thin * weight, arm)


def _mediastinum(scene: Scene) -> None:
    # Heart and great vessels take the place of air; below the diaphragm everything is soft.
    body, v = scene.body, scene.v
    u = scene.u - np.float32(body.shift + scene.pose.yaw)
    heights = np.linspace(-0.2, 1.2, 281)
    right, left = (border(heights) for border in body.silhouette())
    right, left = (np.interp(v, heights, side).astype(np.float32) for side in (right, left))
    across = np.clip((2 * u - left + right) / (left + right), -1, 1)
    heart_top = max(body.domes) - 1.9 * body.heart
    share = 0.38 + 0.42 * np.clip((v - heart_top) / (0.9 * body.heart), 0, 1)
    scene.air *= 1 - share * np.sqrt(1 - across**4)
    floor = np.where(scene.u < 0, body.diaphragm(scene.u, RIGHT), body.diaphragm(scene.u, LEFT))
    belly = scene.step(v - floor.astype(np.float32), 0.012)
    belly = belly * scene.step(body.width + 0.03 - np.abs(u), 0.06)
    knob_v = body.apex + 0.165
    knob = scene.ball(body.shift + body.trunk - 0.012, knob_v, body.aorta)
    line = (u - body.trunk + 0.012 + 0.05 * (v - knob_v)) / 0.024
    aorta = np.sqrt(np.clip(1 - line**2, 0, 1)) * scene.step(v - knob_v, 0.03)
    aorta = aorta * scene.step(0.95 - v, 0.3)
    scene.soft += 0.10 * belly + 0.05 * knob + 0.06 * aorta


def _breasts(scene: Scene) -> np.ndarray:
    body = scene.body
    if body.breast < 0.06:
        return np.zeros_like(scene.u)
    both = [scene.ball(s * 0.20, body.domes[0] - 0.03, body.breast, 1.05) for s in SIDES]
    lower = scene.step(scene.v - body.domes[0] + body.breast, 2.2 * body.breast)
    return 1.5 * body.breast * (both[0] + both[1]) * lower


def _windpipe(scene: Scene) -> np.ndarray:
    body, u, v = scene.body, scene.u, scene.v
    fork = body.apex + 0.21
    middle = body.shift - 0.004 + 0.4 * scene.pose.yaw
    tube = np.sqrt(np.clip(1 - ((u - middle) / 0.021) ** 2, 0, 1)) * scene.step(fork - v, 0.02)
    for side, slope in ((RIGHT, 0.75), (LEFT, 1.25)):
        line = middle + side * slope * (v - fork + 0.012)
        part = np.sqrt(np.clip(1 - ((u - line) / 0.017) ** 2, 0, 1))
        length = scene.step(v - fork, 0.03) * scene.step(fork + 0.07 - v, 0.05)
        tube = tube + 0.8 * part * length
    return 0.15 * tube


def _bubble(scene: Scene) -> np.ndarray:
    body = scene.body
    size = max(body.bubble, 0.004)
    level = body.domes[1] + 0.022
    gas = scene.ball(0.15, level + 0.55 * size, size * 1.35, 0.62)
    return 5.0 * size * gas * scene.step(level + 0.85 * size - scene.v, 0.004)


def _ribs(scene: Scene, own: np.random.Generator) -> np.ndarray:
    body, u, v = scene.body, scene.u, scene.v
    width = np.maximum(body.half_width(v) * 1.035, 1e-3).astype(np.float32)
    side_on = np.abs(u - np.float32(0.3 * body.scoliosis)) / width
    bend = np.sqrt(np.clip(1 - side_on**2, 0, 1))
    within = scene.step(1 - side_on, 0.03)
    strength = 1 + 0.12 * own.standard_normal((2, 2, 16))
    offset = 0.06 * own.standard_normal((2, 2, 16))
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


def _rib_set(scene, height, strength, offset, left, count) -> np.ndarray:
    # All ribs of a set at once: the phase says which rib is nearest and how far its middle is.
    body = scene.body
    phase = (height - body.apex - 0.012) / body.ribs
    index = np.clip(np.rint(phase), 0, 15).astype(np.intp)
    index = np.clip(np.rint(phase - offset[left, index]), 0, 15).astype(np.intp)
    distance = (phase - offset[left, index] - index) * (body.ribs / body.rib_width)
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
    cover = 0.06 * np.clip(body.scapula, -0.5, 1.6)
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


def _markings(scene: Scene, own: np.random.Generator) -> np.ndarray:
    body = scene.body
    layer = np.zeros_like(scene.u)
    for side in SIDES:
        vessels = Vessels.grow(own, side)
        points = vessels.placed(body, side)
        strength = body.vessels * (1 + body.upper_vessels * (points[1] < body.hilum(side)[1]))
        layer += splat(scene, points, vessels.radius, strength)
        hilum_u, hilum_v = body.hilum(side)
        layer += 0.09 * body.vessels * scene.glow(hilum_u, hilum_v + 0.012, 0.018, 0.042)
    return layer * (0.2 + 0.8 * np.clip(scene.air / body.air, 0, 1))
