"""Numbers to drawings: small functions that take arrays and dicts and return SVG.

What they show is computed in `reports.numbers`. Nothing here touches pyplot or leaves a setting
changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.numbers import Curve, pr_steps, shares
from reports.palette import HEAT_LEVELS, RowStyle, heat_level, placeholder
from reports.svg import reading, to_svg

_SMALL = 7.5
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


def name_lines(axes: Axes, names: Sequence[str], gids: Sequence[str]) -> None:
    """Write names beside the lines of a drawing, from the top; each is hidden with its line."""
    axes.set_yticks(range(len(names)), names)
    for text, gid in zip(axes.get_yticklabels(), gids, strict=True):
        text.set_gid(gid)
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=placeholder("ink"), pad=8)
    axes.set_ylim(len(names) - 0.5, -0.5)


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


def class_distribution(table: pd.DataFrame, *, name: str, label: str) -> str:
    """Draw the positives of each finding, most frequent first, stacked by part.

    Parameters
    ----------
    table : DataFrame
        From `reports.numbers.prevalences`.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    totals = table.groupby("finding", sort=False)["positives"].sum().sort_values(ascending=False)
    figure, axes = _findings_panel(totals.index)
    sns.histplot(
        data=_ordered(table, totals.index),
        y="finding",
        weights="positives",
        hue="part",
        # The last hue is drawn next to the axis.
        hue_order=list(table["part"].unique())[::-1],
        palette=_part_colours(table),
        multiple="stack",
        shrink=0.68,
        alpha=1,
        edgecolor=placeholder("paper"),
        linewidth=0.5,
        legend=False,
        ax=axes,
    )
    for place, total in enumerate(totals):
        axes.annotate(
            f"{total:,}",
            (total, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=placeholder("muted"),
            fontsize=_SMALL,
        )
    axes.set(xlabel="images with the finding", ylabel="", xlim=(0, max(totals.max(), 1) * 1.1))
    _space_out(axes, len(totals))
    return to_svg(figure, name=name, label=label)


def split_balance(table: pd.DataFrame, *, name: str, label: str) -> str:
    """Draw each finding's prevalence in every part: dots that lie together mean a fair split."""
    means = table.groupby("finding", sort=False)["positives"].sum().sort_values(ascending=False)
    figure, axes = _findings_panel(means.index)
    ordered = _ordered(table, means.index)
    ordered["per cent"] = ordered["prevalence"] * 100
    spread = ordered.groupby("finding", observed=True)["per cent"].agg(["min", "max"])
    axes.hlines(
        range(len(spread)), spread["min"], spread["max"], color=placeholder("line"), linewidth=2
    )
    sns.stripplot(
        data=ordered,
        y="finding",
        x="per cent",
        hue="part",
        palette=_part_colours(table),
        jitter=False,
        size=5,
        legend=False,
        clip_on=False,
        ax=axes,
    )
    highest = max(ordered["per cent"].max(), 1)
    axes.set(xlabel="prevalence, % of the part's images", ylabel="", xlim=(0, highest * 1.05))
    _space_out(axes, len(spread))
    return to_svg(figure, name=name, label=label)


def cooccurrence(
    counts: Sequence[Sequence[int]], labels: Sequence[str], *, name: str, label: str
) -> str:
    """Draw how many images show two findings, coloured by their share; positives on the diagonal.

    Parameters
    ----------
    counts : (findings, findings)
        As for `reports.numbers.shares`.
    labels : sequence of str
        The findings' names.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    colours = [*(f"heat-{i}" for i in range(HEAT_LEVELS)), "raised"]
    levels = [[_share_level(share) for share in line] for line in shares(counts)]
    figure, axes = panel((7.8, 5.6), (0.165, 0.02, 0.76, 0.8))
    sns.heatmap(
        np.array(levels),
        annot=np.array([[f"{n:,}" for n in line] for line in counts]),
        fmt="",
        annot_kws={"color": placeholder("ink"), "fontsize": 8},
        cmap=ListedColormap([placeholder(colour) for colour in colours]),
        vmin=-0.5,
        vmax=len(colours) - 0.5,
        linewidths=1,
        linecolor=placeholder("paper"),
        xticklabels=False,
        yticklabels=False,
        cbar=False,
        ax=axes,
    )
    names, places = [plain(text) for text in labels], np.arange(len(labels)) + 0.5
    axes.set_yticks(places, names)
    axes.set_xticks(places, names, rotation=40, ha="left", rotation_mode="anchor")
    axes.xaxis.tick_top()
    axes.tick_params(length=0, labelsize=8.5, labelcolor=placeholder("ink"))
    return to_svg(figure, name=name, label=label)


def _share_level(share: float) -> int:
    """Half of a finding's images is the strongest colour; the diagonal has one of its own."""
    return HEAT_LEVELS if np.isnan(share) else heat_level(share / 0.5)


def panel(size: tuple[float, float], box: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    """Make a figure of `size` inches with axes in `box` (left, bottom, width, height: shares)."""
    figure = Figure(figsize=size)
    axes = figure.add_axes(box)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelsize=_SMALL, labelcolor=placeholder("muted"), pad=3)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set(fontsize=_SMALL, color=placeholder("muted"))
    return figure, axes


def _square(across: str, up: str) -> tuple[Figure, Axes]:
    figure, axes = panel((2, 2), (0.18, 0.17, 0.79, 0.79))
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=across, ylabel=up)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks([0, 0.5, 1], ["0", ".5", "1"])
        axis.labelpad = 2
    axes.spines[["left", "bottom"]].set(visible=True, color=placeholder("line"), linewidth=0.8)
    return figure, axes


def _findings_panel(findings: Iterable[str]) -> tuple[Figure, Axes]:
    height = 0.55 + 0.22 * len(list(findings))
    foot = 0.45 / height
    figure, axes = panel((5, height), (0.27, foot, 0.7, 1 - foot))
    axes.tick_params(axis="y", labelsize=8.5, labelcolor=placeholder("ink"), pad=8)
    axes.grid(axis="x", color=placeholder("line"), linewidth=0.6)
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    return figure, axes


def _space_out(axes: Axes, findings: int) -> None:
    """Give the first and the last finding as much room as the others."""
    axes.set_ylim(findings - 0.5, -0.5)


def _ordered(table: pd.DataFrame, findings: Iterable[str]) -> pd.DataFrame:
    """Make the findings categories in the order wanted, under names that can be drawn."""
    names = {finding: plain(finding) for finding in findings}
    column = pd.Categorical(
        table["finding"].map(names), categories=list(dict.fromkeys(names.values()))
    )
    return table.assign(finding=column)


def _part_colours(table: pd.DataFrame) -> dict[str, str]:
    return {part: placeholder(f"part-{part}") for part in table["part"].unique()}


def plain(text: str, longest: int = _LONGEST_LABEL) -> str:
    """Make a name fit a drawing: printable, short, and no mathematics between dollar signs."""
    text = "".join(c if c.isprintable() else " " for c in text)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text.replace("$", r"\$")


def _given(value: float | None) -> bool:
    return value is not None and np.isfinite(value)
