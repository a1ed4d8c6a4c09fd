"""AUC against what it costs: one labelled point a row, the cost on a logarithmic axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10
from typing import Any
from unicodedata import east_asian_width

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D

from reports.figures import panel, plain
from reports.labels import Box, Label, Point, place
from reports.palette import RowStyle, placeholder
from reports.svg import to_svg
from reports.tables import write

_SIZE = (5.0, 3.1)  # inches
_BOX = (0.1, 0.14, 0.88, 0.83)  # shares of it
#: The axes in typographic points.
_ROOM = Box(0, 0, 72 * _SIZE[0] * _BOX[2], 72 * _SIZE[1] * _BOX[3])

_FONT = 7.5
_RADIUS = 3.0
_MARKS = {"solid": "o", "dashed": "s", "dotted": "D"}


@dataclass(frozen=True)
class Scale:
    """A logarithmic axis of costs.

    Parameters
    ----------
    title : str
        What the cost is.
    least : float
        Costs below it are drawn at it.
    ticks : mapping
        What is written at which cost.
    """

    title: str
    least: float
    ticks: Mapping[float, str]


SECONDS = Scale(
    "time of the fit",
    0.1,
    {
        **{0.1: "0.1 s", 1: "1 s", 10: "10 s", 60: "1 min", 600: "10 min"},
        **{3600: "1 h", 36_000: "10 h", 360_000: "100 h"},
    },
)
BYTES = Scale("size of the saved model", 100, {10**k: write(10**k, "bytes") for k in range(2, 13)})


@dataclass(frozen=True)
class Spot:
    """A row's point.

    Parameters
    ----------
    row : str
        The row's name.
    cost : float
        In the unit of the scale.
    auc : float
        In [0, 1].
    hint : str
        What is shown over the point.
    """

    row: str
    cost: float
    auc: float
    hint: str


def cost_panel(
    spots: Sequence[Spot], scale: Scale, styles: Mapping[str, RowStyle], *, name: str, label: str
) -> str:
    """Draw AUC against a cost, a labelled point a row, with a line at 0.5, which is chance.

    Parameters
    ----------
    spots : sequence of Spot
        At least one.
    scale : Scale
        `SECONDS` or `BYTES`.
    styles : mapping
        By row, from `reports.palette.row_styles`.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    costs = [log10(max(spot.cost, scale.least)) for spot in spots]
    aucs = [spot.auc for spot in spots]
    across, up = _limits(costs, 1.5), _limits([*aucs, 0.5], 0.1)
    figure, axes = panel(_SIZE, _BOX)
    axes.set(xlim=across, ylim=up, xlabel=scale.title, ylabel="macro AUC, test")
    _ticks(axes, scale)
    points = [
        (_share(cost, across) * _ROOM.right, _share(auc, up) * _ROOM.top)
        for cost, auc in zip(costs, aucs, strict=True)
    ]
    chance = _share(0.5, up) * _ROOM.top
    line = Box(_ROOM.left, chance - 1, _ROOM.right, chance + 1)
    _draw(axes, [spot.row for spot in spots], points, styles, line)
    hints = {f"row-{styles[spot.row].index}": spot.hint for spot in spots}
    return to_svg(figure, name=name, label=label, hints=hints)


def _limits(values: Sequence[float], least: float) -> Point:
    """Return limits with a margin around values, no closer than `least`."""
    low, high = min(values), max(values)
    margin = max(0.12 * (high - low), (least - (high - low)) / 2)
    return low - margin, high + margin


def _share(value: float, limits: Point) -> float:
    return (value - limits[0]) / (limits[1] - limits[0])


def _ticks(axes: Axes, scale: Scale) -> None:
    low, high = axes.get_xlim()
    costs = [cost for cost in scale.ticks if low <= log10(cost) <= high]
    axes.set_xticks([log10(cost) for cost in costs], [scale.ticks[cost] for cost in costs])
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.grid(color=placeholder("line"), linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axhline(0.5, color=placeholder("muted"), linewidth=0.8)


def _draw(
    axes: Axes,
    rows: Sequence[str],
    points: Sequence[Point],
    styles: Mapping[str, RowStyle],
    line: Box,
) -> None:
    """Draw a mark at each point of `_ROOM`, and the row's name beside it, off a line."""
    names = [plain(row) for row in rows]
    sizes = [_text_size(name) for name in names]
    labels = place(points, sizes, _ROOM, radius=_RADIUS, taken=[line])
    of_room = Affine2D().scale(1 / _ROOM.right, 1 / _ROOM.top) + axes.transAxes
    for row, name, point, label in zip(rows, names, points, labels, strict=True):
        style = styles[row]
        common: dict[str, Any] = {
            "gid": f"row-{style.index}",
            "transform": of_room,
            "clip_on": False,
        }
        colour = placeholder(style.colour)
        if label and label.leader:
            axes.plot(*zip(*label.leader, strict=True), color=colour, linewidth=0.6, **common)
        axes.plot(*point, marker=_MARKS[style.dash], ms=2 * _RADIUS, color=colour, mew=0, **common)
        if label:
            x, y, side = _anchor(label, point)
            axes.text(x, y, name, ha=side, color=placeholder("ink"), fontsize=_FONT, **common)


def _anchor(label: Label, point: Point) -> tuple[float, float, str]:
    """Return where a text begins, ends or is centred, so that its near end is the one that holds.

    A page's font is rarely as wide as was reckoned.
    """
    box, baseline = label.box, label.box.bottom + 0.28 * _FONT
    if box.left > point[0]:
        return box.left, baseline, "left"
    if box.right < point[0]:
        return box.right, baseline, "right"
    return (box.left + box.right) / 2, baseline, "center"


def _text_size(text: str) -> Point:
    """Reckon the size of a text in a font that is rather wide."""
    wide = sum(2 if east_asian_width(mark) in "WF" else 1 for mark in text)
    return 0.6 * _FONT * wide, 1.25 * _FONT
