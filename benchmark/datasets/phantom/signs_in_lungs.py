"""Findings in the lungs themselves: haze, fillings, nets, nodules and masses."""

from dataclasses import replace

import numpy as np

from benchmark.datasets.phantom.body import LEFT, RIGHT, SIDES, Body
from benchmark.datasets.phantom.scene import Scene
from benchmark.datasets.phantom.sign import Place, Sign, around, patchy
from benchmark.datasets.phantom.vessels import splat


def infiltration(body: Body, place: Place) -> Sign:
    """Cast patches of ill-defined haze."""
    side = place.side()
    dense = place.between(0.07, 0.22)
    patches = [
        (side, place.uniform(0.2, 0.65), place.uniform(0.5, 0.9), place.uniform(0.055, 0.09)),
        (-side, place.uniform(0.2, 0.65), place.uniform(0.5, 0.9), place.uniform(0.045, 0.075)),
    ][: 1 + (place.own.random() < 0.35 + 0.3 * place.severity)]
    values = place.visit.standard_normal((26, 26))
    where = [(*body.inside(s, out, down), wide) for s, out, down, wide in patches]

    def paint(scene: Scene) -> None:
        cloudy = patchy(scene, values, 0.45)
        for (u, v, wide), (s, *_) in zip(where, patches, strict=True):
            haze = scene.glow(u, v, wide, 1.2 * wide) * cloudy
            scene.soft += dense * haze * scene.lungs[s]

    u, v, wide = where[0]
    return Sign(body, paint, around(u, v, 1.6 * wide, 1.9 * wide))


def pneumonia(body: Body, place: Place) -> Sign:
    """Fill part of a lobe patchily, with a sharp edge where a fissure bounds it."""
    side, upper = place.side(), place.own.random() < 0.3
    down = place.uniform(0.25, 0.4) if upper else place.uniform(0.65, 0.9)
    u, v = body.inside(side, place.uniform(0.3, 0.7), down)
    wide = place.between(0.060, 0.095)
    dense = place.between(0.12, 0.32)
    tilt = place.uniform(-0.3, 0.3)
    values = place.visit.standard_normal((34, 34))

    def paint(scene: Scene) -> None:
        beyond = (scene.v - v - tilt * (scene.u - u)) * (1 if upper else -1) - 0.5 * wide
        lobe = scene.glow(u, v, wide, 1.1 * wide) * scene.step(-beyond, 0.012)
        scene.soft += dense * lobe * patchy(scene, values, 0.6) * scene.lungs[side]

    return Sign(body, paint, around(u, v, 1.5 * wide, 1.5 * wide))


def consolidation(body: Body, place: Place) -> Sign:
    """Fill a region densely and evenly; the bronchi within stay open and dark."""
    side, down = place.side(), place.uniform(0.3, 0.95)
    u, v = body.inside(side, place.uniform(0.25, 0.6), down)
    wide = place.between(0.05, 0.105)
    dense = place.between(0.15, 0.38)
    edge = place.visit.standard_normal((18, 18))
    twigs = place.own.uniform(-0.8, 0.8, (6, 1)) + (0.0 if side == LEFT else np.pi)

    def paint(scene: Scene) -> None:
        apart = np.hypot((scene.u - u) / wide, (scene.v - v) / (1.15 * wide))
        area = np.clip((1.25 - apart + 0.35 * scene.cloud(edge)) / 0.7, 0, 1)
        area = area * scene.lungs[side]
        steps = np.linspace(0.0, 1.7 * wide, 40)
        start = u - side * 0.9 * wide
        us, vs = start + steps * np.cos(twigs), v + steps * np.sin(twigs)
        tubes = splat(scene, (us.ravel(), vs.ravel()), np.full(us.size, 0.0045), 1.0)
        scene.markings *= 1 - 0.8 * area
        scene.soft += dense * area - np.minimum(tubes, 0.6 * dense) * area

    return Sign(body, paint)


def edema(body: Body, place: Place) -> Sign:
    """Spread haze from both hila like wings, widen the upper vessels, add lines at the bases."""
    dense = place.between(0.07, 0.26)
    body = replace(
        body,
        upper_vessels=body.upper_vessels + place.between(0.3, 0.9),
        vessels=body.vessels * (1 + 0.25 * place.severity),
    )
    values = place.visit.standard_normal((30, 30))

    def paint(scene: Scene) -> None:
        cloudy = patchy(scene, values, 0.35)
        for side in SIDES:
            u, v = body.hilum(side)
            wing = scene.glow(u + side * 0.055, v + 0.045, 0.075, 0.105)
            scene.soft += dense * wing * cloudy * scene.lungs[side]
            rows = body.dome(side) + np.arange(-4, 4)[:, None] * 0.016
            edge = side * (body.half_width(rows) - np.linspace(0.012, 0.045, 12))
            rows = np.broadcast_to(rows, edge.shape)
            lines = splat(scene, (edge.ravel(), rows.ravel()), np.full(edge.size, 0.0018), 2.5)
            scene.soft += 5 * dense * lines * scene.lungs[side]

    return Sign(body, paint)


def fibrosis(body: Body, place: Place) -> Sign:
    """Lay a net of fine lines over the lungs' bases and edges, and shrink the lungs a little."""
    dense = place.between(0.06, 0.22)
    reach = place.between(0.5, 1.0)
    shrunk = 0.03 * place.severity
    body = replace(body, domes=(body.domes[0] - shrunk, body.domes[1] - shrunk))
    nets = place.own.standard_normal((2, 90, 90))

    def paint(scene: Scene) -> None:
        lines = sum(np.exp(-((scene.cloud(net) / 0.16) ** 2)) for net in nets)
        low = (scene.v - body.apex) / (max(body.domes) - body.apex)
        aside = np.clip(np.abs(scene.u) / body.half_width(scene.v).clip(0.01), 0, 1)
        where = np.clip(1.5 * (low - 1.05 + 0.5 * reach) + 1.3 * (aside - 0.75), 0, 1)
        inside = scene.lungs[LEFT] + scene.lungs[RIGHT]
        scene.soft += dense * (lines * 0.8 + 0.15) * where.astype(np.float32) * inside

    return Sign(body, paint)


def nodule(body: Body, place: Place) -> Sign:
    """Draw one to five round opacities of less than 3 cm."""
    spots = []
    chances = place.own.random(4) < 0.15 + 0.5 * place.severity
    for _ in range(1 + int(chances.sum())):
        u, v = body.inside(place.side(), place.uniform(0.35, 0.9), place.uniform(0.12, 0.75))
        spots.append((u, v, min(place.between(0.019, 0.035) * place.uniform(0.9, 1.1), 0.037)))

    def paint(scene: Scene) -> None:
        for u, v, radius in spots:
            scene.soft += (0.11 + 3.4 * radius) * scene.smooth(scene.ball(u, v, radius), 0.003)

    u, v, radius = max(spots, key=lambda spot: spot[2])
    return Sign(body, paint, around(u, v, 1.15 * radius, 1.15 * radius))


def mass(body: Body, place: Place) -> Sign:
    """Draw one lobed opacity of more than 3 cm; the hilum of a large one swells."""
    side = place.side()
    u, v = body.inside(side, place.uniform(0.3, 0.7), place.uniform(0.2, 0.7))
    radius = max(place.between(0.048, 0.100), 0.040)
    lobes = place.own.uniform(0, 2 * np.pi, 3)
    swollen = 0.14 * place.severity

    def paint(scene: Scene) -> None:
        angle = np.arctan2(scene.v - v, scene.u - u)
        waves = zip((2, 3, 5), lobes, strict=True)
        rim = 1 + sum(0.06 * np.sin(k * angle + phase) for k, phase in waves)
        apart = np.hypot(scene.u - u, scene.v - v) / (radius * rim)
        lump = (np.clip(1 - apart**2, 0, 1) ** 0.6).astype(np.float32)
        scene.soft += (0.15 + 2.2 * radius) * scene.smooth(lump, 0.004)
        scene.soft += swollen * scene.glow(*body.hilum(side), 0.028, 0.04)

    return Sign(body, paint, around(u, v, 1.08 * radius, 1.08 * radius))
