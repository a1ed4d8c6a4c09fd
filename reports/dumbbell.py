"""Pairs of figures, drawn: two dots and the line between them, with the interval of either."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reports.figures import name_lines, panel, plain
from reports.palette import placeholder
from reports.svg import to_svg

#: How far above and below the line the intervals lie, in lines.
_APART = 0.17


@dataclass(frozen=True)
class End:
    """One of the two figures.

    Parameters
    ----------
    value : float
        Where its dot is.
    interval : tuple of (float, float), or None
        Its bounds, where there are any.
    """

    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Dumbbell:
    """One pair.

    Parameters
    ----------
    label : str
        What it is of.
    colour : str
        A variable of the page's stylesheet.
    filled, hollow : End
        The two figures, by the look of their dots.
    hint : str
        What is shown over it.
    about : str, optional
        ``row-`` or ``finding-`` and the place of what it is of, from 0.
    """

    label: str
    colour: str
    filled: End
    hollow: End
    hint: str
    about: str = ""


def dumbbell_panel(
    pairs: Sequence[Dumbbell], *, across: str, name: str, label: str, wide: bool = False
) -> str:
    """Draw pairs from top to bottom; an upright line marks 0.5, which is chance.

    Parameters
    ----------
    pairs : sequence of Dumbbell
        At least one.
    across : str
        What the axis says.
    name, label : str
        As for `reports.svg.to_svg`.
    wide : bool, optional
        Whether it stands alone, and not beside another.
    """
    width = 7.8 if wide else 5.2
    height = 0.55 + 0.3 * len(pairs)
    foot = 0.45 / height
    margin = 1.6 / width  # for the labels
    figure, axes = panel((width, height), (margin, foot, 0.97 - margin, 1 - foot))
    gids = [pair.about or f"pair-{place}" for place, pair in enumerate(pairs)]
    for place, pair in enumerate(pairs):
        colour = placeholder(pair.colour)
        common: dict[str, Any] = {"color": colour, "gid": gids[place], "clip_on": False}
        ends = [pair.filled.value, pair.hollow.value]
        axes.plot(ends, [place] * 2, linewidth=1.6, **common)
        for end, side in ((pair.filled, _APART), (pair.hollow, -_APART)):
            if end.interval is not None:
                axes.plot(end.interval, [place + side] * 2, linewidth=2.4, alpha=0.4, **common)
        dots: dict[str, Any] = {"marker": "o", "markersize": 6.5, "markeredgewidth": 1.6}
        axes.plot(ends[1:], [place], markerfacecolor=placeholder("paper"), **dots, **common)
        axes.plot(ends[:1], [place], **dots, **common)
    name_lines(axes, [plain(pair.label, 24) for pair in pairs], gids, across)
    axes.axvline(0.5, color=placeholder("muted"), linewidth=0.8)
    hints = {gid: pair.hint for gid, pair in zip(gids, pairs, strict=True)}
    return to_svg(figure, name=name, label=label, hints=hints)
