"""Means, SDs and single cells of a grid, drawn: a line a row and setting."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.figures import name_lines, panel, plain
from reports.palette import RowStyle, placeholder
from reports.svg import to_svg


@dataclass(frozen=True)
class Spread:
    """The cells of a row and setting.

    Parameters
    ----------
    row, setting : str
        Which.
    mean : float
        Of its cells.
    sd : float or None
        Their SD; None for one cell.
    cells : sequence of float
        Their figures.
    hint : str
        What is shown over the line.
    """

    row: str
    setting: str
    mean: float
    sd: float | None
    cells: Sequence[float]
    hint: str


def spread_panel(
    spreads: Sequence[Spread], styles: Mapping[str, RowStyle], *, name: str, label: str
) -> str:
    """Draw each mean as a dot, one SD to both sides as a bar, and every cell as a tick.

    Parameters
    ----------
    spreads : sequence of Spread
        From top to bottom; at least one.
    styles : mapping
        By row, from `reports.palette.row_styles`.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    height = 0.55 + 0.34 * len(spreads)
    foot = 0.45 / height
    figure, axes = panel((7.8, height), (0.25, foot, 0.72, 1 - foot))
    for place, spread in enumerate(spreads):
        style = styles[spread.row]
        common: dict[str, Any] = {
            "color": placeholder(style.colour),
            "gid": f"row-{style.index}-{place}",  # a row has a line for each setting
            "clip_on": False,
        }
        if spread.sd is not None:
            ends = [spread.mean - spread.sd, spread.mean + spread.sd]
            axes.plot(ends, [place] * 2, linewidth=3.4, alpha=0.45, **common)
        level = [place] * len(spread.cells)
        axes.plot(spread.cells, level, "|", markersize=9, markeredgewidth=1, **common)
        axes.plot([spread.mean], [place], "o", markersize=6, markeredgewidth=0, **common)
    gids = [f"row-{styles[spread.row].index}-{place}" for place, spread in enumerate(spreads)]
    name_lines(axes, [_label(spread) for spread in spreads], gids, "macro AUC, test")
    axes.axvline(0.5, color=placeholder("muted"), linewidth=0.8)
    hints = {
        f"row-{styles[spread.row].index}-{place}": spread.hint
        for place, spread in enumerate(spreads)
    }
    return to_svg(figure, name=name, label=label, hints=hints)


def _label(spread: Spread) -> str:
    return plain(spread.row) + (f"\n{plain(spread.setting, 32)}" if spread.setting else "")
