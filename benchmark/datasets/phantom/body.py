"""The geometry of one patient's chest, and how a visit poses it before the detector.

Lengths are in frames: 1 is the side of the detector, about 40 cm. `u` runs from the patient's
right (-0.5, on the left of the image) to the left (0.5), with 0 on the midline; `v` runs from the
top (0) to the bottom (1). A side is -1 (the patient's right) or 1.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import PchipInterpolator

RIGHT, LEFT = SIDES = (-1, 1)


@dataclass(frozen=True)
class Body:
    """One patient's anatomy, in frames.

    Parameters
    ----------
    width : float
        Greatest half-width of the rib cage.
    apex, domes : float and (float, float)
        Height `v` of the lung apices, and of the right and left hemidiaphragm's dome.
    sulcus : float
        How far the costophrenic angles lie below the domes.
    heart : float
        Half-width of the heart's long ellipse; the ratio of heart to chest follows from it.
    heart_tilt : float
        Slope of the heart's axis, 0 (upright) to 1 (lying).
    shift : float
        Where the mediastinum lies; 0 is the midline.
    aorta, scoliosis, breast, fat, muscle : float
        Size of the aortic knob, bend of the spine, radius of the breasts (0: none), thickness
        of the soft tissue round the chest, and weight of the shoulders.
    trunk : float
        Half-width of the mediastinum above the heart.
    ribs, rib_drop, rib_width, bone : float
        Distance between ribs, how far a rib falls from the spine to the side, half a rib's height,
        and how much a rib absorbs.
    clavicle, scapula : float
        Height `v` of the clavicles' middle, and how far the shoulder blades cover the lungs.
    arm : float
        How far the arms stand off, 0 (hanging beside the chest) to 0.6 (hands on the hips).
    air : float
        How much the lungs' air takes away of the chest's absorption.
    vessels, upper_vessels : float
        Strength of the lungs' vessels, and of those above the hila besides.
    bubble : float
        Size of the gas bubble in the stomach.
    """

    width: float
    apex: float
    domes: tuple[float, float]
    sulcus: float
    heart: float
    heart_tilt: float
    shift: float
    aorta: float
    scoliosis: float
    breast: float
    fat: float
    muscle: float
    trunk: float
    ribs: float
    rib_drop: float
    rib_width: float
    bone: float
    clavicle: float
    scapula: float
    arm: float
    air: float
    vessels: float
    upper_vessels: float
    bubble: float

    def half_width(self, v: np.ndarray) -> np.ndarray:
        """Return the rib cage's half-width at the heights `v`; 0 above the apices."""
        height = (v - self.apex + 0.045) / 0.46
        return self.width * (1 - (1 - np.clip(height, 0, 1)) ** 2.5) ** 0.55

    def dome(self, side: int) -> float:
        """Return the height `v` of a hemidiaphragm's dome."""
        return self.domes[0] if side == RIGHT else self.domes[1]

    def diaphragm(self, u: np.ndarray, side: int) -> np.ndarray:
        """Return the height `v` of a hemidiaphragm over the positions `u`."""
        x = np.abs(u) / self.width - 0.47
        fall = np.where(x > 0, x * x * (2.6 + 2.2 * x), 0.35 * x * x)
        return self.dome(side) + self.sulcus * fall

    def inside(self, side: int, out: float, down: float) -> tuple[float, float]:
        """Return a point in a lung: `out` from spine (0) to ribs (1), `down` from apex to dome."""
        v = self.apex + 0.03 + down * (self.dome(side) - self.apex - 0.03)
        u = side * (0.06 + out * (float(self.half_width(np.array(v))) - 0.06))
        return u, v

    def hilum(self, side: int) -> tuple[float, float]:
        """Return the root of a lung; the left one lies higher."""
        v = self.apex + (0.56 if side == RIGHT else 0.52) * (min(self.domes) - self.apex)
        return self.shift + side * (self.trunk + 0.035), v

    def silhouette(self) -> tuple[PchipInterpolator, PchipInterpolator]:
        """Return the mediastinum's right and left border: distance from the midline by `v`."""
        top, floor, heart, trunk = self.apex, max(self.domes), self.heart, self.trunk
        lying = self.heart_tilt - 0.5
        right = [(top - 0.3, trunk), (top + 0.05, 0.8 * trunk), (top + 0.16, 0.78 * trunk)]
        right += [(floor - 1.75 * heart, 0.85 * trunk), (floor - 1.30 * heart, 0.44 * heart)]
        right += [(floor - 0.85 * heart, 0.64 * heart), (floor - 0.40 * heart, 0.64 * heart)]
        right += [(floor + 0.05 * heart, 0.48 * heart), (floor + 0.8 * heart, 0.3 * heart)]
        left = [(top - 0.3, 1.1 * trunk), (top + 0.06, 0.95 * trunk), (top + 0.12, 0.95 * trunk)]
        left += [
            (top + 0.165, trunk + 0.5 * self.aorta),
            (top + 0.215, 0.95 * trunk),
            (top + 0.255, 1.12 * trunk),
        ]
        left += [(floor - 1.35 * heart, (0.76 - 0.12 * lying) * heart)]
        left += [(floor - 0.80 * heart, 1.19 * heart), (floor - 0.38 * heart, 1.34 * heart)]
        left += [(floor - 0.02 * heart, 1.24 * heart), (floor + 0.25 * heart, 0.9 * heart)]
        left += [(floor + 0.8 * heart, 0.4 * heart)]
        return _border(right, 0.78 * trunk), _border(left, 0.95 * trunk)

    def heart_centre(self) -> tuple[float, float]:
        """Return the middle of the heart, which rests on the diaphragm."""
        return self.shift + 0.36 * self.heart, max(self.domes) - 0.72 * self.heart

    def heart_box(self) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of the heart."""
        u, v = self.heart_centre()
        return (
            u - 0.98 * self.heart,
            v - 0.90 * self.heart,
            u + 0.98 * self.heart,
            v + 0.85 * self.heart,
        )


def _border(points: list[tuple[float, float]], least: float) -> PchipInterpolator:
    # A large heart may reach above the trunk's points: keep the heights in order.
    v = np.array([p[0] for p in points])
    keep = np.append(v[1:] > v[:-1] + 0.01, True) & (np.minimum.accumulate(v[::-1])[::-1] == v)
    return PchipInterpolator(v[keep], np.maximum([p[1] for p in points], least)[keep])


def draw_body(rng: np.random.Generator, age: int, female: bool) -> Body:
    """Draw a patient's anatomy.

    Parameters
    ----------
    rng : Generator
        The patient's own.
    age : int
        Age in years; the aorta widens with it and the heart lies flatter.
    female : bool
        Women have breasts, some of them seen, and a slightly narrower chest.
    """

    def near(mean: float, spread: float) -> float:
        return float(mean + spread * np.clip(rng.standard_normal(), -2.2, 2.2))

    years = (age - 50) / 40
    width = near(0.340 if female else 0.352, 0.014)
    dome = near(0.665, 0.022)
    breast = near(0.135, 0.03) if female else 0.0
    return Body(
        width=width,
        apex=near(0.115, 0.012),
        domes=(dome - near(0.012, 0.010), dome + near(0.016, 0.010)),
        sulcus=near(0.115, 0.016),
        heart=width * near(0.445 + 0.02 * years, 0.035),
        heart_tilt=float(np.clip(near(0.55 + 0.15 * years, 0.15), 0.2, 0.9)),
        shift=near(0.004, 0.006),
        aorta=near(0.034 + 0.008 * years, 0.004),
        scoliosis=near(0.0, 0.008),
        breast=max(breast, 0.0),
        fat=float(np.clip(near(0.35, 0.25), 0.0, 1.0)),
        muscle=near(0.4 if female else 0.55, 0.10),
        trunk=near(0.056 + 0.006 * years, 0.006),
        ribs=near(0.0605, 0.0025),
        rib_drop=near(0.125, 0.016),
        rib_width=near(0.0132, 0.0011),
        bone=near(0.062 - 0.012 * years, 0.010),
        clavicle=near(0.150, 0.012),
        scapula=near(0.0, 0.25),
        arm=near(0.40, 0.10),
        air=near(0.60, 0.025),
        vessels=near(1.0, 0.14),
        upper_vessels=near(0.0, 0.10),
        bubble=float(np.clip(near(0.045, 0.022), 0.0, 0.09)),
    )


def breathe(body: Body, view: str, rng: np.random.Generator) -> Body:
    """Return the body as one visit finds it: inspiration, and what lying down (AP) changes."""
    lying = view == "AP"
    rise = 0.018 * rng.standard_normal() + (0.030 if lying else 0.0)
    rise = float(np.clip(rise, -0.035, 0.085))
    return replace(
        body,
        domes=(body.domes[0] - rise, body.domes[1] - rise),
        sulcus=body.sulcus * float(1 + 0.08 * rng.standard_normal()),
        heart=body.heart * (1.11 if lying else 1.0) * float(1 + 0.6 * rise),
        trunk=body.trunk * (1.12 if lying else 1.0),
        clavicle=body.clavicle + float(0.012 * rng.standard_normal()) - (0.02 if lying else 0.0),
        scapula=body.scapula + (1.0 if lying else 0.0) + float(0.15 * rng.standard_normal()),
        arm=body.arm - (0.25 if lying else 0.0) + float(0.05 * rng.standard_normal()),
        upper_vessels=body.upper_vessels + (0.25 if lying else 0.0),
        bubble=body.bubble
        * float(rng.random() < (0.45 if lying else 0.8))
        * float(rng.random() + 0.4),
    )


@dataclass(frozen=True)
class Pose:
    """How body coordinates fall on the detector: magnified, turned and moved.

    Parameters
    ----------
    zoom : float
        Magnification.
    turn : float
        Rotation in the plane of the image, in radians.
    at : (float, float)
        Where the body's point (0, 0.45) falls, in frames from the upper left corner.
    yaw : float
        Rotation about the body's axis: how far front structures move sideways against the
        spine, in frames.
    """

    zoom: float
    turn: float
    at: tuple[float, float]
    yaw: float

    def grid(self, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return body coordinates `u` and `v` of every pixel, each (size, size), float32."""
        steps = (np.arange(size) + 0.5) / size
        dx = ((steps - self.at[0]) / self.zoom)[None, :]
        dy = ((steps - self.at[1]) / self.zoom)[:, None]
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        u, v = cos * dx + sin * dy, -sin * dx + cos * dy + 0.45
        return u.astype(np.float32), v.astype(np.float32)

    def to_frame(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return where body points fall, in frames from the upper left corner."""
        cos, sin = np.cos(self.turn), np.sin(self.turn)
        du, dv = self.zoom * np.asarray(u), self.zoom * (np.asarray(v) - 0.45)
        return cos * du - sin * dv + self.at[0], sin * du + cos * dv + self.at[1]


def draw_pose(view: str, rng: np.random.Generator) -> Pose:
    """Draw how a visit's patient stands or lies; portable AP images vary more."""
    loose = 1.6 if view == "AP" else 1.0
    zoom, turn, x, y, yaw = np.clip(rng.standard_normal(5), -2.2, 2.2)
    return Pose(
        zoom=float(1.07 + (0.03 if view == "AP" else 0.0) + 0.055 * zoom),
        turn=float(0.018 * loose * turn),
        at=(float(0.5 + 0.015 * loose * x), float(0.465 + 0.022 * loose * y)),
        yaw=float(0.008 * loose * yaw),
    )
