"""Drawings of the data: how often findings are, in which part, and together with which others."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.figures import SMALL, panel, plain
from reports.numbers import shares
from reports.palette import HEAT_LEVELS, heat_level, placeholder
from reports.svg import to_svg


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
            fontsize=SMALL,
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
