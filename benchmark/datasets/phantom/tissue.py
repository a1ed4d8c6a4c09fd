"""The soft parts of a chest: trunk and arms, lungs, heart and vessels, windpipe, stomach."""

import numpy as np

from benchmark.datasets.phantom.body import LEFT, RIGHT, SIDES
from benchmark.datasets.phantom.scene import Scene


def soft_tissue(scene: Scene) -> None:
    """Lay trunk, arms and breasts, less the air in windpipe and stomach."""
    scene.soft = _trunk(scene) + _breasts(scene) - _windpipe(scene) - _bubble(scene)


def lungs(scene: Scene) -> None:
    """Lay the lungs' air, and what of it shows behind the domes of the diaphragm."""
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


def mediastinum(scene: Scene) -> None:
    """Put heart and great vessels in the place of air; below the diaphragm everything is soft."""
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
