"""Figures of several rows in several groups with their intervals, drawn: a band a group."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.ticker import MaxNLocator

from reports.figures import panel, plain
from reports.palette import RowStyle, placeholder
from reports.svg import to_svg

#: The second cue beside a row's colour.
_DOTS = {"solid": "o", "dashed": "s", "dotted": "D"}

#: The share of a band that its rows take.
_BAND = 0.72


@dataclass(frozen=True)
class Mark:
    """A row's figure in a group.

    Parameters
    ----------
    row : str
        Which.
    group : int
        The place of its group, from the top.
    value, low, high : float
        The figure and its interval.
    hint : str
        What is shown over it.
    """

    row: str
    group: int
    value: float
    low: float
    high: float
    hint: str


def groups_panel(
    marks: Sequence[Mark],
    groups: Sequence[str],
    styles: Mapping[str, RowStyle],
    *,
    span: tuple[float, float],
    name: str,
    label: str,
) -> str:
    """Draw each figure as a dot on its interval, the rows of a group below each other.

    Parameters
    ----------
    marks : sequence of Mark
        At least one.
    groups : sequence of str
        What stands beside each band; a second line is the smaller.
    styles : mapping
        By row, from `reports.palette.row_styles`.
    span : tuple of float
        What the axis has to show: panels of one span can be compared.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    rows = [row for row in styles if any(mark.row == row for mark in marks)]
    height = 0.5 + len(groups) * max(0.42, 0.115 * len(rows) + 0.12)
    foot = 0.4 / height
    figure, axes = panel((4.6, height), (0.22, foot, 0.75, 1 - foot))
    for mark in marks:
        style = styles[mark.row]
        place = mark.group + _BAND * ((rows.index(mark.row) + 0.5) / len(rows) - 0.5)
        common: dict[str, Any] = {
            "color": placeholder(style.colour),
            "gid": _gid(mark, style),
            "clip_on": False,
        }
        axes.plot([mark.low, mark.high], [place] * 2, linewidth=1.6, alpha=0.6, **common)
        dot: dict[str, Any] = {"marker": _DOTS[style.dash], "markersize": 4, "markeredgewidth": 0}
        axes.plot([mark.value], [place], **dot, **common)
    margin = 0.03 * (span[1] - span[0]) or 0.03  # of constant scores all values are the same
    axes.set(xlabel="macro AUC, test", xlim=(span[0] - margin, span[1] + margin))
    axes.set(ylim=(len(groups) - 0.5, -0.5))
    axes.set_yticks(range(len(groups)), [_label(group) for group in groups])
    axes.tick_params(axis="y", labelcolor=placeholder("ink"), pad=6)
    axes.axvline(0.5, color=placeholder("muted"), linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="x", color=placeholder("line"), linewidth=0.6)
    axes.set_axisbelow(True)
    for edge in range(1, len(groups)):
        axes.axhline(edge - 0.5, color=placeholder("line"), linewidth=0.6)
    hints = {_gid(mark, styles[mark.row]): mark.hint for mark in marks}
    return to_svg(figure, name=name, label=label, hints=hints)


def _gid(mark: Mark, style: RowStyle) -> str:
    return f"row-{style.index}-{mark.group}"


def _label(group: str) -> str:
    return "\n".join(plain(line) for line in group.split("\n"))
