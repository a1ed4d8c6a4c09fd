"""Drawings of calibration: reliability and decision curves of all rows, for one finding."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports.figures import by_gid, draw_rows, panel
from reports.palette import RowStyle, placeholder
from reports.svg import reading, to_svg

#: x and y of a row's line.
Lines = Mapping[str, tuple[Sequence[float], Sequence[float]]]

#: What is written on the axes of reliability, whose scale is the square root.
_SHARES = {0: "0", 0.05: ".05", 0.25: ".25", 0.5: ".5", 1: "1"}
_PROBABILITIES = {0.01: ".01", 0.1: ".1", 0.5: ".5"}


def reliability_panel(
    lines: Lines, styles: Mapping[str, RowStyle], *, hints: Mapping[str, str], name: str, label: str
) -> str:
    """Draw the share that has the finding against the mean score, bin by bin, for all rows.

    Both axes are on the scale of the square root, which leaves the diagonal straight and gives
    room to rare findings.

    Parameters
    ----------
    lines : mapping
        By row: mean scores and shares of its bins, in [0, 1].
    styles : mapping
        By row, from `reports.palette.row_styles`.
    hints : mapping
        By row, what is shown over its line.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    figure, axes = panel((2, 2), (0.18, 0.17, 0.79, 0.79))
    places = np.sqrt(list(_SHARES))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="mean score", ylabel="share with the finding")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(places, list(_SHARES.values()))
        axis.labelpad = 2
    axes.spines[["left", "bottom"]].set(visible=True, color=placeholder("line"), linewidth=0.8)
    axes.plot([0, 1], [0, 1], color=placeholder("muted"), linewidth=0.7, clip_on=False)
    roots = {row: (list(np.sqrt(x)), list(np.sqrt(y))) for row, (x, y) in lines.items()}
    draw_rows(axes, {row: it for row, it in roots.items() if len(it[0]) > 1}, styles)
    alone = {row: it for row, it in roots.items() if len(it[0]) == 1}
    draw_rows(axes, alone, styles, marker="o", markersize=3.5)
    return to_svg(
        figure,
        name=name,
        label=label,
        hints=by_gid(hints, styles),
        reading=reading(figure, root=True),
    )


def decision_panel(
    lines: Lines,
    everybody: Sequence[float],
    styles: Mapping[str, RowStyle],
    *,
    hints: Mapping[str, str],
    name: str,
    label: str,
) -> str:
    """Draw the net benefit of all rows against the threshold probability.

    Beside them thin lines: calling everybody, which falls, and nobody, which is 0.

    Parameters
    ----------
    lines : mapping
        By row: threshold probabilities, rising and in (0, 1), and net benefits.
    everybody : sequence of float
        The net benefit of calling every image, at the same probabilities.
    styles, hints, name, label
        As for `reliability_panel`.
    """
    figure, axes = panel((2, 2), (0.2, 0.17, 0.77, 0.79))
    across = next(iter(lines.values()))[0]
    top = max(1e-4, *everybody, *(value for _, values in lines.values() for value in values))
    axes.set(xscale="log", xlim=(across[0], across[-1]), ylim=(-0.25 * top, 1.05 * top))
    axes.set(xlabel="threshold probability", ylabel="net benefit")
    axes.xaxis.set_ticks(list(_PROBABILITIES), list(_PROBABILITIES.values()))
    axes.xaxis.set_ticks([], minor=True)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))
    axes.xaxis.labelpad = axes.yaxis.labelpad = 2
    axes.spines["left"].set(visible=True, color=placeholder("line"), linewidth=0.8)
    axes.plot(across, everybody, color=placeholder("muted"), linewidth=0.7)
    axes.axhline(0, color=placeholder("muted"), linewidth=0.7)
    draw_rows(axes, lines, styles, clip_on=True)
    return to_svg(
        figure, name=name, label=label, hints=by_gid(hints, styles), reading=reading(figure)
    )


def _short(value: float, _: int | None = None) -> str:
    """Write a number of an axis without what is not needed: no 0 before the point, no -0."""
    return f"{round(value, 6) + 0.0:g}".replace("0.", ".")
