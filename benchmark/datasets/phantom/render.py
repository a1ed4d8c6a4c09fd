"""One visit's image: the patient's body, bent by its findings, laid in layers and exposed."""

from dataclasses import dataclass

import numpy as np

from benchmark.datasets.phantom.anatomy import build
from benchmark.datasets.phantom.body import Body, Pose, breathe, draw_body, draw_pose
from benchmark.datasets.phantom.devices import attach
from benchmark.datasets.phantom.projection import expose, finish
from benchmark.datasets.phantom.sign import Box, Paint, Place
from benchmark.datasets.phantom.signs import BOXED, SIGNS
from features.findings import FINDINGS

# What a random stream is for; the numbers keep streams apart and must not change.
_BODY, _TEXTURE, _POSE, _EXPOSURE, _FINISH, _SIGN, _DEVICES = range(7)


@dataclass(frozen=True)
class Visit:
    """What decides an image: who, when, and what they had.

    Parameters
    ----------
    seed, patient, visit : int
        Name the random streams.
    age : int
        Years.
    female : bool
        Sex.
    view : {"PA", "AP"}
        View position.
    severity : tuple of float
        One per finding, 0 where absent.
    """

    seed: int
    patient: int
    visit: int
    age: int
    female: bool
    view: str
    severity: tuple[float, ...]

    def stream(self, purpose: int, *more: int, whole_patient: bool = False) -> np.random.Generator:
        """Return a random stream of its own; the whole patient's is the same on each visit."""
        visit = 0 if whole_patient else self.visit + 1
        key = (1, self.patient, visit, purpose, *more)
        return np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key))
        )


@dataclass(frozen=True)
class Posed:
    """A visit's geometry: the body with its findings, its pose, what is to be painted, and boxes.

    Parameters
    ----------
    body, pose : Body, Pose
        The geometry.
    paints : tuple of callable
        The layers' changes, in order.
    boxes : dict of str to tuple
        Extent per boxed finding, in body coordinates.
    """

    body: Body
    pose: Pose
    paints: tuple[Paint, ...]
    boxes: dict[str, Box]


def pose(visit: Visit) -> Posed:
    """Work out a visit's geometry, without a pixel."""
    body = draw_body(visit.stream(_BODY, whole_patient=True), visit.age, visit.female)
    rng = visit.stream(_POSE)
    body, stance = breathe(body, visit.view, rng), draw_pose(visit.view, rng)
    paints: list[Paint] = []
    boxes: dict[str, Box] = {}
    for finding, draw in SIGNS.items():
        number = FINDINGS.index(finding)
        if visit.severity[number] > 0:
            own = visit.stream(_SIGN, number, whole_patient=True)
            chance = visit.stream(_SIGN, number)
            place = Place(visit.severity[number], visit.view == "AP", own, chance)
            sign = draw(body, place)
            body = sign.body
            paints += [sign.paint] if sign.paint else []
            if sign.box and finding in BOXED:
                boxes[finding] = sign.box
    return Posed(body, stance, tuple(paints), boxes)


def boxes(visit: Visit, frame: int = 1024) -> dict[str, tuple[float, float, float, float]]:
    """Return left, top, width and height of a visit's boxes, in pixels of a square of `frame`."""
    posed = pose(visit)
    found = {}
    for finding, (left, top, right, bottom) in posed.boxes.items():
        corners = posed.pose.to_frame(
            np.array([left, right, left, right]), np.array([top, top, bottom, bottom])
        )
        (x0, y0), (x1, y1) = (
            tuple(round(float(np.clip(f(c), 0.004, 0.996)) * frame, 2) for c in corners)
            for f in (np.min, np.max)
        )
        found[finding] = (x0, y0, round(x1 - x0, 2), round(y1 - y0, 2))
    return found


def render(visit: Visit, size: int) -> np.ndarray:
    """Draw a visit's radiograph.

    Returns
    -------
    ndarray, shape (size, size), uint8
        Grey; air is black.
    """
    posed = pose(visit)
    texture = visit.stream(_TEXTURE, whole_patient=True)
    scene = build(posed.body, posed.pose, size, texture)
    for paint in posed.paints:
        paint(scene)
    attach(scene, visit.view, visit.stream(_DEVICES))
    grey = expose(scene.total(), visit.view, visit.stream(_EXPOSURE))
    return finish(grey, visit.stream(_FINISH))
