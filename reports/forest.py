"""Differences between rows with their intervals, drawn: a line a row, and the margin behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.figures import name_lines, panel, plain
from reports.palette import RowStyle, placeholder
from reports.svg import to_svg


@dataclass(frozen=True)
class Gap:
    """The difference of a row from the one that it is held against.

    Parameters
    ----------
    row : str
        Which.
    difference, low, high : float
        The row's figure minus the other's, and the bounds of its interval.
    verdict : str
        What is written beside it.
    hint : str
        What is shown over the line.
    """

    row: str
    difference: float
    low: float
    high: float
    verdict: str
    hint: str


def forest_panel(
    gaps: Sequence[Gap],
    styles: Mapping[str, RowStyle],
    *,
    margin: float,
    across: str,
    name: str,
    label: str,
) -> str:
    """Draw each difference as a dot, its interval as a bar, and its verdict beside them.

    Parameters
    ----------
    gaps : sequence of Gap
        From top to bottom; at least one.
    styles : mapping
        By row, from `reports.palette.row_styles`.
    margin : float
        Differences within ± so much are shaded.
    across : str
        What the axis says.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    height = 0.55 + 0.3 * len(gaps)
    foot = 0.45 / height
    figure, axes = panel((7.8, height), (0.22, foot, 0.58, 1 - foot))
    axes.axvspan(-margin, margin, color=placeholder("heat-1"), linewidth=0)
    axes.axvline(0, color=placeholder("muted"), linewidth=0.8)
    for place, gap in enumerate(gaps):
        style = styles[gap.row]
        common: dict[str, Any] = {
            "color": placeholder(style.colour),
            "gid": f"row-{style.index}",
            "clip_on": False,
        }
        axes.plot([gap.low, gap.high], [place] * 2, linewidth=2, **common)
        axes.plot([gap.difference], [place], "o", markersize=6, markeredgewidth=0, **common)
        axes.text(
            1.02,
            place,
            gap.verdict,
            transform=axes.get_yaxis_transform(),
            va="center",
            color=placeholder("ink"),
            fontsize=8.5,
            gid=common["gid"],
        )
    gids = [f"row-{styles[gap.row].index}" for gap in gaps]
    name_lines(axes, [plain(gap.row) for gap in gaps], gids, across)
    hints = {f"row-{styles[gap.row].index}": gap.hint for gap in gaps}
    return to_svg(figure, name=name, label=label, hints=hints)
