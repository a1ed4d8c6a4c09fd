"""Findings that bend the chest: heart, diaphragm, volume of the lungs."""

from dataclasses import replace

import numpy as np

from benchmark.datasets.phantom.body import RIGHT, Body
from benchmark.datasets.phantom.scene import Scene
from benchmark.datasets.phantom.sign import Place, Sign


def cardiomegaly(body: Body, place: Place) -> Sign:
    """Widen the heart, and the vessels above the hila a little."""
    larger = place.between(1.08, 1.36)
    heart = min(body.heart * larger, 0.245)
    body = replace(body, heart=heart, upper_vessels=body.upper_vessels + 0.15 * place.severity)
    return Sign(body, box=body.heart_box())


def emphysema(body: Body, place: Place) -> Sign:
    """Hyperinflate: low and flat diaphragm, dark lungs with few vessels, narrow upright heart."""
    amount = place.between(0.35, 1.0)
    return Sign(
        replace(
            body,
            domes=(body.domes[0] + 0.055 * amount, body.domes[1] + 0.050 * amount),
            sulcus=body.sulcus * (1 - 0.55 * amount),
            heart=body.heart * (1 - 0.16 * amount),
            heart_tilt=body.heart_tilt * (1 - 0.5 * amount),
            air=body.air * (1 + 0.10 * amount),
            vessels=body.vessels * (1 - 0.45 * amount),
            ribs=body.ribs * (1 + 0.06 * amount),
        )
    )


def atelectasis(body: Body, place: Place) -> Sign:
    """Lose volume: plates of airless lung, a raised hemidiaphragm, the mediastinum drawn over."""
    side = place.side(0.5)
    rise = place.between(0.005, 0.045)
    right, left = body.domes
    domes = (right - rise, left) if side == RIGHT else (right, left - rise)
    body = replace(body, domes=domes, shift=body.shift + side * place.between(0.0, 0.022))
    plates = []
    for _ in range(1 + int(2 * place.severity + place.own.random())):
        out, down = place.uniform(0.25, 0.6), place.uniform(0.72, 0.95)
        plates.append((*body.inside(side, out, down), place.uniform(-0.35, 0.35)))
    long, thick = place.between(0.045, 0.085), place.between(0.0045, 0.010)
    dense = place.between(0.10, 0.24)

    def paint(scene: Scene) -> None:
        for u, v, slope in plates:
            across = scene.v - v - slope * (scene.u - u)
            plate = scene.glow(u, v, long, 0.2) * np.exp(-((across / thick) ** 2))
            scene.soft += dense * plate * scene.lungs[side]
        u, v = body.inside(side, 0.3, 1.0)
        scene.soft += 0.5 * dense * scene.glow(u, v, 0.10, 0.05) * scene.lungs[side]

    us, vs = [p[0] for p in plates], [p[1] for p in plates]
    reach, high = 1.3 * long, 0.3 * long + 2 * thick
    return Sign(body, paint, (min(us) - reach, min(vs) - high, max(us) + reach, max(vs) + high))


def hernia(body: Body, place: Place) -> Sign:
    """Put a round stomach behind the heart, with air above a fluid level."""
    radius = place.between(0.055, 0.115)
    u, v = body.shift + place.uniform(-0.005, 0.05), max(body.domes) - 0.75 * radius
    dense = place.between(0.18, 0.38)

    def paint(scene: Scene) -> None:
        whole = scene.ball(u, v, radius) ** 0.6
        gas = scene.ball(u, v - 0.12 * radius, 0.80 * radius) * scene.step(v - scene.v, 0.005)
        scene.soft += dense * whole - 1.1 * dense * gas

    return Sign(body, paint)
