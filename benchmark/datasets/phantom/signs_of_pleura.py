"""Findings between lung and ribs: fluid, air, thick pleura."""

import numpy as np

from benchmark.datasets.phantom.body import LEFT, RIGHT, Body
from benchmark.datasets.phantom.scene import Scene
from benchmark.datasets.phantom.sign import Place, Sign


def effusion(body: Body, place: Place) -> Sign:
    """Fill the costophrenic angle: a fluid level that climbs along the ribs as a meniscus."""
    side = place.side(0.45)
    climb = place.between(0.0, 0.24) * place.severity
    floor = body.dome(side) + 0.85 * body.sulcus
    level = floor - 0.022 - climb
    veil = place.between(0.02, 0.10) if place.lying else 0.0

    def paint(scene: Scene) -> None:
        aside = np.clip(side * scene.u / body.half_width(scene.v).clip(0.01), 0, 1)
        surface = level - 0.085 * (aside**5) + 0.035 * (1 - aside) + 0.012
        fluid = scene.step((scene.v - surface).astype(np.float32), 0.030 if place.lying else 0.014)
        fluid = fluid * (side * scene.u > 0)
        fluid = np.clip(fluid + veil * scene.lungs[side], 0, 1)
        scene.air *= 1 - 0.93 * fluid
        scene.markings *= 1 - 0.9 * fluid
        scene.soft += 0.10 * fluid * scene.lungs[side]

    inner, outer = sorted((side * 0.45 * body.width, side * 1.0 * body.width))
    return Sign(body, paint, (inner, level - 0.07, outer, floor + 0.01))


def pneumothorax(body: Body, place: Place) -> Sign:
    """Draw the lung back from the ribs: a thin pleural line, and no markings beyond."""
    side = place.side()
    gap = place.between(0.035, 0.16)
    reach = place.between(0.28, 0.60)

    def paint(scene: Scene) -> None:
        deep = gap * np.clip(1 - (scene.v - body.apex) / reach, 0, 1) ** 0.6
        roof = scene.v - body.apex - 5 * (np.abs(scene.u) - 0.115) ** 2
        inward = np.minimum(body.half_width(scene.v) - np.abs(scene.u), 0.8 * roof) - deep
        beyond = scene.step(-inward.astype(np.float32), 0.004) * scene.lungs[side] * (deep > 0.002)
        line = np.exp(-((inward / 0.0032) ** 2)) * scene.lungs[side] * (deep > 0.006)
        scene.markings *= 1 - beyond
        scene.air *= 1 + 0.18 * beyond
        collapsed = 0.9 * gap * scene.lungs[side] * (1 - beyond)
        scene.soft += (0.075 * line + collapsed).astype(np.float32)

    inner, outer = sorted((side * 0.10, side * body.width))
    return Sign(body, paint, (inner, body.apex, outer, body.apex + 0.8 * reach))


def pleural_thickening(body: Body, place: Place) -> Sign:
    """Lay a band of tissue between lung and ribs: a cap over the apices, or along one side."""
    side, cap = place.side(), place.own.random() < 0.5
    thick = place.between(0.016, 0.055)
    middle = body.apex + (0.05 if cap else place.uniform(0.30, 0.45))
    wavy = place.own.standard_normal((24, 24))

    def paint(scene: Scene) -> None:
        depth = thick * (1 + 0.4 * scene.cloud(wavy)) * scene.glow(0.0, middle, 9.0, 0.13)
        gap = body.half_width(scene.v) - np.abs(scene.u)
        if cap:
            gap = np.minimum(gap, scene.v - body.apex - 5 * (np.abs(scene.u) - 0.115) ** 2)
        lungs = scene.lungs[LEFT] + scene.lungs[RIGHT] if cap else scene.lungs[side]
        band = scene.step(depth - gap, 0.008) * lungs
        scene.soft += (0.75 * scene.air * band + 1.5 * thick * band).astype(np.float32)
        scene.markings *= 1 - band

    return Sign(body, paint)
