"""Which row is drawn how, as a drawing: beside files of drawings, which have no page's legend."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from reports.figures import DASHES, plain
from reports.palette import RowStyle, placeholder
from reports.svg import Drawing, to_svg


def legend_panel(styles: Mapping[str, RowStyle], *, name: str, label: str) -> Drawing:
    """Draw a line in the colour and dash of each row, with its name behind it.

    Parameters
    ----------
    styles : mapping
        By row, from `reports.palette.row_styles`; at least one.
    name, label : str
        As for `reports.svg.to_svg`.
    """
    figure = Figure(figsize=(2.6, 0.22 * len(styles)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(styles) - 0.5, -0.5))
    for place, (row, style) in enumerate(styles.items()):
        colour, dash = placeholder(style.colour), DASHES[style.dash]
        axes.plot([0.02, 0.14], [place] * 2, color=colour, linestyle=dash, linewidth=1.6)
        axes.text(0.18, place, plain(row, 40), va="center", fontsize=8, color=placeholder("ink"))
    return to_svg(figure, name=name, label=label)
