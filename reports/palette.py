"""The page's colours by name, and how each row of the benchmark is drawn with them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from reports.colours import light

#: Levels of the one colour ramp that every heat map uses.
HEAT_LEVELS = 10

#: Colours for rows before the palette starts again with dashes.
ROW_COLOURS = 6

#: The variables of ``templates/_variables.css`` that drawings use.
VARIABLES = (
    "ink",
    "muted",
    "line",
    "paper",
    "raised",
    "floor",
    "part-train",
    "part-valid",
    "part-test",
    *(f"row-{i}" for i in range(ROW_COLOURS)),
    *(f"heat-{i}" for i in range(HEAT_LEVELS)),
)


_alone = ContextVar("alone", default=False)


@contextmanager
def standing_alone() -> Iterator[None]:
    """Draw in the colours of light paper meanwhile, for files that no page gives its colours."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def stands_alone() -> bool:
    """Whether a drawing is to have colours of its own."""
    return _alone.get()


def placeholder(variable: str) -> str:
    """Return the colour to draw in where the page's CSS variable is meant.

    Parameters
    ----------
    variable : str
        A name of ``_variables.css`` without its dashes, for example ``"heat-3"``.

    Examples
    --------
    >>> placeholder("muted")
    '#000002'
    >>> with standing_alone():
    ...     placeholder("muted")
    '#59626d'
    """
    if stands_alone():
        return light()[variable]
    # Not from 0: black is the default of SVG, and Matplotlib leaves it out.
    return f"#0000{VARIABLES.index(variable) + 1:02x}"


def heat_level(share: float) -> int:
    """Return the level, 0 to 9, of the ramp at `share` of its way; beyond the ends is the end."""
    return min(max(int(share * HEAT_LEVELS), 0), HEAT_LEVELS - 1)


@dataclass(frozen=True)
class RowStyle:
    """How one row of the benchmark is drawn, everywhere on the page.

    Parameters
    ----------
    index : int
        The row's place in the run, from 0.
    colour : str
        A variable of the page's stylesheet.
    dash : {"solid", "dashed", "dotted"}
        A second cue beside the colour.
    """

    index: int
    colour: str
    dash: str


def row_styles(rows: Iterable[Mapping]) -> dict[str, RowStyle]:
    """Give every row its own colour and dash, in the order in which the run names them.

    The six colours of the palette stay apart also for colour-blind readers; a seventh model
    begins them again, dashed. Floors are grey, the first dotted and the second dashed.
    """
    styles: dict[str, RowStyle] = {}
    models = floors = 0
    for index, row in enumerate(rows):
        if row.get("kind") == "floor":
            styles[row["name"]] = RowStyle(index, "floor", ("dotted", "dashed")[floors % 2])
            floors += 1
        else:
            dash = "solid" if models < ROW_COLOURS else "dashed"
            styles[row["name"]] = RowStyle(index, f"row-{models % ROW_COLOURS}", dash)
            models += 1
    return styles
