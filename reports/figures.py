"""Numbers to drawings: small functions that take arrays and dicts and return SVG.

What they show is computed in `reports.numbers`. Nothing here touches pyplot or leaves a setting
changed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.numbers import Curve, pr_steps
from reports.palette import RowStyle, placeholder
from reports.svg import reading, to_svg

#: Points of what stands beside axes.
SMALL = 7.5
_LONGEST_LABEL = 20

#: How Matplotlib draws the dashes of a `RowStyle`.
DASHES: dict[str, Any] = {"solid": "-", "dashed": (0, (4, 2)), "dotted": (0, (1.2, 1.6))}


def roc_panel(
    curves: Mapping[str, Curve],
    styles: Mapping[str, RowStyle],
    *,
    hints: Mapping[str, str],
    name: str,
    label: str,
) -> str:
    """Draw the ROC curves of all rows for one finding.

    Parameters
    ----------
    curves : mapping
        By row: ``fpr`` and ``tpr``, both in [0, 1] and of one length, and ``threshold`` where the
        thresholds behind the points are known.
    styles : mapping
        By row, from `reports.palette.row_styles`.
    hints : mapping
        By row, what is shown over its curve.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    lines = {row: (curve["fpr"], curve["tpr"]) for row, curve in curves.items()}
    figure, axes = _square("false positive rate", "recall")
    axes.plot([0, 1], [0, 1], color=placeholder("line"), linewidth=0.8, clip_on=False)
    draw_rows(axes, lines, styles)
    return _with_thresholds(figure, curves, styles, hints=hints, name=name, label=label)


def pr_panel(
    curves: Mapping[str, Curve],
    styles: Mapping[str, RowStyle],
    *,
    hints: Mapping[str, str],
    prevalence: float | None,
    name: str,
    label: str,
) -> str:
    """Draw the precision-recall curves of all rows for one finding, above its prevalence.

    The parameters are those of `roc_panel`; a curve holds ``recall`` and ``precision``.
    """
    steps = {row: pr_steps(curve) for row, curve in curves.items()}
    lines = {row: (curve["recall"], curve["precision"]) for row, curve in steps.items()}
    figure, axes = _square("recall", "precision")
    if prevalence is not None:
        axes.plot([0, 1], [prevalence] * 2, color=placeholder("line"), linewidth=0.8, clip_on=False)
    draw_rows(axes, lines, styles, drawstyle="steps-pre")
    return _with_thresholds(figure, steps, styles, hints=hints, name=name, label=label)


def _with_thresholds(
    figure: Figure,
    curves: Mapping[str, Curve],
    styles: Mapping[str, RowStyle],
    *,
    hints: Mapping[str, str],
    name: str,
    label: str,
) -> str:
    """Finish a drawing of curves, whose points can be read with their thresholds."""
    thresholds = {
        row: " ".join("" if t is None else f"{t:.4g}" for t in curve["threshold"])
        for row, curve in curves.items()
        if "threshold" in curve
    }
    return to_svg(
        figure,
        name=name,
        label=label,
        hints=by_gid(hints, styles),
        thresholds=by_gid(thresholds, styles),
        reading=reading(figure),
    )


def draw_rows(
    axes: Axes,
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    styles: Mapping[str, RowStyle],
    **options: Any,
) -> None:
    """Draw a line for each row, in its colour; options are those of `Axes.plot`."""
    for row, (x, y) in lines.items():
        (line,) = axes.plot(
            x,
            y,
            gid=f"row-{styles[row].index}",
            color=placeholder(styles[row].colour),
            linestyle=DASHES[styles[row].dash],
            **{"linewidth": 1.3, "clip_on": False} | options,
        )
        line.get_path().should_simplify = False  # every point can be read


def by_gid(texts: Mapping[str, str], styles: Mapping[str, RowStyle]) -> dict[str, str]:
    """Put what belongs to each row's line under the line's name in the drawing."""
    return {f"row-{styles[row].index}": text for row, text in texts.items()}


def name_lines(axes: Axes, names: Sequence[str], gids: Sequence[str], across: str) -> None:
    """Write names beside the lines of a drawing, from the top, and below it what the axis says.

    Each name is hidden with its line.
    """
    axes.set_yticks(range(len(names)), names)
    for text, gid in zip(axes.get_yticklabels(), gids, strict=True):
        text.set_gid(gid)
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=placeholder("ink"), pad=8)
    axes.set(xlabel=across, ylim=(len(names) - 0.5, -0.5))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.grid(axis="x", color=placeholder("line"), linewidth=0.6)
    axes.set_axisbelow(True)


def training_panel(
    history: Sequence[Mapping],
    *,
    train: str,
    valid: str,
    style: RowStyle,
    title: str,
    name: str,
    label: str,
) -> str:
    """Draw one measure against the epoch: the train part dashed, the valid part solid.

    Parameters
    ----------
    history : sequence of mappings
        One per epoch, with ``epoch`` and the measures; a measure may be missing or None.
    train, valid : str
        The measure's names in `history`, for example ``"loss"`` and ``"val_loss"``.
    style : RowStyle
        The row's.
    title : str
        What the measure is called.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    figure, axes = panel((2.7, 1.75), (0.17, 0.2, 0.8, 0.74))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.grid(axis="y", color=placeholder("line"), linewidth=0.6)
    axes.set_xlabel("epoch")
    for measure, dash, part in ((train, "--", "train"), (valid, "-", "valid")):
        points = [(e["epoch"], e[measure]) for e in history if _given(e.get(measure))]
        if points:
            axes.plot(
                *zip(*points, strict=True),
                gid=f"row-{style.index}-{part}",
                color=placeholder(style.colour),
                linestyle=dash,
                linewidth=1.4,
                marker="o" if len(points) < 12 else "",
                markersize=2.6,
                clip_on=False,
            )
    hints = {f"row-{style.index}-{part}": part for part in ("train", "valid")}
    read = reading(figure, up=title)
    return to_svg(figure, name=name, label=label, hints=hints, reading=read)


def panel(size: tuple[float, float], box: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """Make a figure of `size` inches with axes in `box` (left, bottom, width, height: shares)."""
    figure = Figure(figsize=size)
    axes = figure.add_axes(box)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=SMALL, labelcolor=placeholder("muted"), pad=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(fontsize=SMALL, color=placeholder("muted"))
    return figure, axes


def _square(across: str, up: str) -> tuple[Figure, Axes]:
    figure, axes = panel((2, 2), (0.18, 0.17, 0.79, 0.79))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=across, ylabel=up)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks([0, 0.5, 1], ["0", ".5", "1"])
        axis.labelpad = 2
    axes.spines[["left", "bottom"]].set(visible=True, color=placeholder("line"), linewidth=0.8)
    return figure, axes


def plain(text: str, longest: int = _LONGEST_LABEL) -> str:
    """Make a name fit a drawing: printable, short, and no mathematics between dollar signs."""
    text = "".join(c if c.isprintable() else " " for c in text)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text.replace("$", r"\$")


def _given(value: float | None) -> bool:
    return value is not None and np.isfinite(value)
