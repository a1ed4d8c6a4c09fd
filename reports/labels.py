"""Where labels stand beside their points, so that none covers another."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import dist

Point = tuple[float, float]

#: Right and left of a point, then its corners, above and below: in this order six labels fit around
#: points that lie on one spot.
_SIDES = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))

#: How far apart the places are that are tried away from a point.
_STEP = 6.0

#: Half the width that a leader keeps free.
_PAD = 1.0


@dataclass(frozen=True)
class Box:
    """A rectangle, in any unit.

    Parameters
    ----------
    left, bottom, right, top : float
        Its sides.
    """

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Whether the two share an area or a side."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.bottom <= other.top
            and other.bottom <= self.top
        )

    def holds(self, other: "Box") -> bool:
        """Whether `other` lies in it."""
        return (
            self.left <= other.left
            and other.right <= self.right
            and self.bottom <= other.bottom
            and other.top <= self.top
        )

    def nearest(self, point: Point) -> Point:
        """Return its place that is nearest to a point."""
        x, y = point
        return min(max(x, self.left), self.right), min(max(y, self.bottom), self.top)


@dataclass(frozen=True)
class Label:
    """Where a label stands.

    Parameters
    ----------
    box : Box
        Of its text.
    leader : tuple of two points or None
        A line from the point to the label, where that stands too far off to be read as its own.
    """

    box: Box
    leader: tuple[Point, Point] | None


def place(
    points: Sequence[Point],
    sizes: Sequence[Point],
    room: Box,
    *,
    radius: float,
    taken: Sequence[Box] = (),
) -> list[Label | None]:
    """Find a place for the label of each point.

    Points are served in their order, each with the free place nearest to it. A label covers no
    point, no other label and no line that leads to one; such a line may pass over a point.

    Parameters
    ----------
    points : sequence of (x, y)
        In `room`.
    sizes : sequence of (width, height)
        Of the labels.
    room : Box
        What labels stay in.
    radius : float
        Of a point's mark.
    taken : sequence of Box, optional
        What else labels keep off.

    Returns
    -------
    list of Label or None
        None where no place is free.
    """
    marks = [_around(point, radius) for point in points]
    texts: list[Box] = []
    lines = [*taken]
    placed: list[Label | None] = []
    for at, (point, size) in enumerate(zip(points, sizes, strict=True)):
        others = [*texts, *marks[:at], *marks[at + 1 :]]
        free = (
            label
            for label in _candidates(point, size, room, radius)
            if room.holds(label.box)
            and not any(label.box.meets(box) for box in (*others, *lines))
            and not any(spot.meets(box) for spot in _spots(label) for box in texts)
        )
        label = next(free, None)
        if label:
            texts.append(label.box)
            lines += _spots(label)
        placed.append(label)
    return placed


def _candidates(point: Point, size: Point, room: Box, radius: float) -> Iterator[Label]:
    """Yield places for a label: around its point, then all over the room, the nearest first."""
    (x, y), (width, height), away = point, size, radius + 2 * _PAD
    for right, up in _SIDES:
        left = x + right * away - width * (1 - right) / 2
        bottom = y + up * away - height * (1 - up) / 2
        yield Label(Box(left, bottom, left + width, bottom + height), None)
    corners = product(_steps(room.left, room.right), _steps(room.bottom, room.top))
    boxes = [Box(left, bottom, left + width, bottom + height) for left, bottom in corners]
    for box in sorted(boxes, key=lambda box: dist(point, box.nearest(point))):
        yield Label(box, (point, box.nearest(point)))


def _steps(start: float, end: float) -> list[float]:
    return [start + k * _STEP for k in range(int((end - start) / _STEP))]


def _spots(label: Label) -> list[Box]:
    """Return a leader as a row of small boxes, its ends left out."""
    if label.leader is None:
        return []
    (x, y), (to_x, to_y) = label.leader
    steps = max(int(max(abs(to_x - x), abs(to_y - y)) / 2), 2)
    shares = (step / steps for step in range(1, steps))
    return [_around((x + s * (to_x - x), y + s * (to_y - y)), _PAD) for s in shares]


def _around(point: Point, radius: float) -> Box:
    x, y = point
    return Box(x - radius, y - radius, x + radius, y + radius)
