"""The 14 findings: one small function each, that draws its sign where it belongs.

A sign takes the body and a `Place`, and returns what it changes: the body's geometry before the
layers are laid, the layers afterwards, or both, and the box round it where NIH boxes the finding.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmark.datasets.phantom.anatomy import SIDES, Scene
from benchmark.datasets.phantom.body import LEFT, RIGHT, Body
from benchmark.datasets.phantom.vessels import splat

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


SignOf = Callable[[Body, Place], Sign]

#: Finding → its sign, in the order in which they are drawn: what bends the body comes first.
SIGNS: dict[str, SignOf] = {}

#: The findings that NIH boxes, and their spelling in the file of boxes.
BOXED = {
    "Atelectasis": "Atelectasis",
    "Cardiomegaly": "Cardiomegaly",
    "Effusion": "Effusion",
    "Infiltration": "Infiltrate",
    "Mass": "Mass",
    "Nodule": "Nodule",
    "Pneumonia": "Pneumonia",
    "Pneumothorax": "Pneumothorax",
}


def sign(finding: str) -> Callable[[SignOf], SignOf]:
    """Register a function as the sign of a finding."""

    def register(function: SignOf) -> SignOf:
        SIGNS[finding] = function
        return function

    return register


def _round(u: float, v: float, wide: float, high: float) -> Box:
    return (u - wide, v - high, u + wide, v + high)


def _clouded(scene: Scene, values: np.ndarray, contrast: float = 0.5) -> np.ndarray:
    """Return a patchy pattern round 1, never below 0."""
    return np.clip(1 + contrast * scene.cloud(values) / 0.5, 0, 2.5)


@sign("Cardiomegaly")
def cardiomegaly(body: Body, place: Place) -> Sign:
    """Widen the heart, and the vessels above the hila a little."""
    larger = place.between(1.08, 1.36)
    heart = min(body.heart * larger, 0.245)
    body = replace(body, heart=heart, upper_vessels=body.upper_vessels + 0.15 * place.severity)
    return Sign(body, box=body.heart_box())


@sign("Emphysema")
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


@sign("Atelectasis")
def atelectasis(body: Body, place: Place) -> Sign:
    """Lose volume: plates of airless lung above a raised hemidiaphragm, the mediastinum drawn over."""
    side = place.side(0.5)
    rise = place.between(0.005, 0.045)
    domes = tuple(d - rise * (s == side) for s, d in zip(SIDES, body.domes, strict=True))
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


@sign("Fibrosis")
def fibrosis(body: Body, place: Place) -> Sign:
    """Lay a net of fine lines over the lungs' bases and edges, and shrink the lungs a little."""
    dense = place.between(0.06, 0.22)
    reach = place.between(0.5, 1.0)
    body = replace(body, domes=tuple(d - 0.03 * place.severity for d in body.domes))
    nets = place.own.standard_normal((2, 90, 90))

    def paint(scene: Scene) -> None:
        lines = sum(np.exp(-((scene.cloud(net) / 0.16) ** 2)) for net in nets)
        low = (scene.v - body.apex) / (max(body.domes) - body.apex)
        aside = np.clip(np.abs(scene.u) / body.half_width(scene.v).clip(0.01), 0, 1)
        where = np.clip(1.5 * (low - 1.05 + 0.5 * reach) + 1.3 * (aside - 0.75), 0, 1)
        inside = scene.lungs[LEFT] + scene.lungs[RIGHT]
        scene.soft += dense * (lines * 0.8 + 0.15) * where.astype(np.float32) * inside

    return Sign(body, paint)


@sign("Infiltration")
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
        patchy = _clouded(scene, values, 0.45)
        for (u, v, wide), (s, *_) in zip(where, patches, strict=True):
            haze = scene.glow(u, v, wide, 1.2 * wide) * patchy
            scene.soft += dense * haze * scene.lungs[s]

    u, v, wide = where[0]
    return Sign(body, paint, _round(u, v, 1.6 * wide, 1.9 * wide))


@sign("Pneumonia")
def pneumonia(body: Body, place: Place) -> Sign:
    """Fill part of a lobe patchily, with a sharp edge where a fissure bounds it."""
    side, upper = place.side(), place.own.random() < 0.3
    out, down = place.uniform(0.3, 0.7), place.uniform(0.25, 0.4) if upper else place.uniform(0.65, 0.9)
    u, v = body.inside(side, out, down)
    wide = place.between(0.060, 0.095)
    dense = place.between(0.12, 0.32)
    tilt = place.uniform(-0.3, 0.3)
    values = place.visit.standard_normal((34, 34))

    def paint(scene: Scene) -> None:
        beyond = (scene.v - v - tilt * (scene.u - u)) * (1 if upper else -1) - 0.5 * wide
        lobe = scene.glow(u, v, wide, 1.1 * wide) * scene.step(-beyond, 0.012)
        scene.soft += dense * lobe * _clouded(scene, values, 0.6) * scene.lungs[side]

    return Sign(body, paint, _round(u, v, 1.5 * wide, 1.5 * wide))


@sign("Consolidation")
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


@sign("Edema")
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
        patchy = _clouded(scene, values, 0.35)
        for side in SIDES:
            u, v = body.hilum(side)
            wing = scene.glow(u + side * 0.055, v + 0.045, 0.075, 0.105)
            scene.soft += dense * wing * patchy * scene.lungs[side]
            rows = body.dome(side) + np.arange(-4, 4)[:, None] * 0.016
            edge = side * (body.half_width(rows) - np.linspace(0.012, 0.045, 12))
            rows = np.broadcast_to(rows, edge.shape)
            lines = splat(scene, (edge.ravel(), rows.ravel()), np.full(edge.size, 0.0018), 2.5)
            scene.soft += 5 * dense * lines * scene.lungs[side]

    return Sign(body, paint)


@sign("Nodule")
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
    return Sign(body, paint, _round(u, v, 1.15 * radius, 1.15 * radius))


@sign("Mass")
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

    return Sign(body, paint, _round(u, v, 1.08 * radius, 1.08 * radius))


@sign("Hernia")
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


@sign("Pleural_Thickening")
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


@sign("Effusion")
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


@sign("Pneumothorax")
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
