"""Matplotlib figures as small SVG whose colours are the page's CSS variables.

A figure is drawn in the placeholder colours of `reports.palette`; here they become
``var(--name)``, so that one drawing serves the light, the dark and the printed page. Labels stay
text in the page's own font. A drawing for a file of its own is made in
`reports.palette.standing_alone`, and can be had as PDF, too.
"""

import io
import json
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import log10

import matplotlib
from matplotlib.figure import Figure

from reports.palette import VARIABLES, placeholder, stands_alone

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_PLACEHOLDER = re.compile("#0000(0[1-9a-f]|[1-9a-f][0-9a-f])")
_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_FONT = re.compile(r"\bfont: [^;]*?([\d.]+px)[^;]*")  # Matplotlib before 3.10: all in one
_DECIMALS = re.compile(r"-?\d+\.\d+")
_REFERENCE = re.compile(r"#([\w.-]+)")
_STEP = re.compile(r"([ML]) (\S+) (\S+)")
_GEOMETRY = ("d", "x", "y", "width", "height", "transform")

ET.register_namespace("", "http://www.w3.org/2000/svg")


class Drawing(str):
    """The text of an ``<svg>`` element, with what a file of it needs.

    Attributes
    ----------
    label : str
        What the drawing shows, in words.
    figure : matplotlib.figure.Figure or None
        What it was drawn from; None where it is for a page.
    """

    __slots__ = ("figure", "label")

    label: str
    figure: Figure | None

    def pdf(self) -> bytes:
        """Return the drawing as a PDF; only of one that stands alone."""
        assert self.figure is not None
        content = io.BytesIO()
        with matplotlib.rc_context({"pdf.fonttype": 42}), quiet():
            self.figure.savefig(content, format="pdf", metadata={"CreationDate": None})
        return content.getvalue()


def to_svg(
    figure: Figure,
    *,
    name: str,
    label: str,
    hints: Mapping[str, str] | None = None,
    thresholds: Mapping[str, str] | None = None,
    reading: str = "",
) -> Drawing:
    """Return `figure` as an ``<svg>`` element for a page.

    The same figure gives the same text, byte for byte.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Drawn in colours of `reports.palette.placeholder`.
    name : str
        Told apart from every other figure of the page: identifiers inside are made from it.
    label : str
        What a reader who does not see the figure is told.
    hints : mapping of str to str, optional
        Text shown over an artist, by the artist's gid. Artists whose gid has the form
        ``row-3`` are marked ``data-row="3"``, so that the page can fade and hide them.
    thresholds : mapping of str to str, optional
        By gid, the threshold behind every point of a line, with spaces between.
    reading : str, optional
        From `reading`: the page then tells the values of the point next to the pointer.
    """
    root = ET.fromstring(_draw(figure, name))
    _drop_unused(root)
    _mark(root, hints or {}, thresholds or {})
    _drop_ids(root)
    _rewrite(root)
    _flatten(root)
    root.attrib |= {"role": "img", "aria-label": label}
    if reading:
        root.set("data-reading", reading)
    if stands_alone():
        _set_alone(root)
    else:
        for attribute in ("width", "height", "version"):
            root.attrib.pop(attribute, None)
    drawing = Drawing(ET.tostring(root, encoding="unicode"))
    drawing.label, drawing.figure = label, figure if stands_alone() else None
    return drawing


def reading(figure: Figure, *, up: str = "", root: bool = False) -> str:
    """Say how places in a drawing become values again, for `to_svg`.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Of one pair of axes, with limits and scales as they will be drawn.
    up : str, optional
        What stands upwards where the axis has no label.
    root : bool, optional
        Whether the square roots of values are drawn.
    """
    axes, size = figure.axes[0], figure.get_size_inches() * 72
    (left, bottom), (right, top) = axes.get_position().get_points() * size
    height = float(size[1])
    x = _axis(axes.get_xlabel(), axes.get_xscale(), axes.get_xlim(), (left, right), root)
    ends = (height - bottom, height - top)
    y = _axis(axes.get_ylabel() or up, axes.get_yscale(), axes.get_ylim(), ends, root)
    return json.dumps([x, y], separators=(",", ":"))


def _axis(
    label: str,
    scale: str,
    limits: tuple[float, float],
    ends: tuple[float, float],
    root: bool,
) -> list[str | float]:
    """Return name, scale, and what is drawn at either end: the place and the value on the scale."""
    values = [log10(limit) if scale == "log" else limit for limit in limits]
    kind = "root" if root else scale
    numbers = (*ends, *values)
    return [label, kind, *(round(float(number), 4) for number in numbers)]


def _draw(figure: Figure, salt: str) -> str:
    bare = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}), quiet():
        figure.savefig(text, format="svg", transparent=True, metadata=bare)
    return text.getvalue()


@contextmanager
def quiet() -> Iterator[None]:
    """Say nothing of glyphs that Matplotlib's font lacks: names may hold any."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support")
        yield


def _drop_unused(root: ET.Element) -> None:
    """Drop the style element, which would reach the whole page, and what draws nothing."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag == f"{_SVG}style" or _is_invisible(child):
                parent.remove(child)


def _is_invisible(element: ET.Element) -> bool:
    style = element.get("style", "")
    return element.tag == f"{_SVG}path" and style in ("fill: none", "fill: none; opacity: 0")


def _mark(root: ET.Element, hints: Mapping[str, str], thresholds: Mapping[str, str]) -> None:
    for element in root.iter():
        gid = element.get("id", "")
        if gid.startswith("row-"):
            element.set("data-row", gid.split("-")[1])
        if gid.startswith("finding-"):
            element.set("data-finding", gid.split("-")[1])
        if gid in thresholds:
            element.set("data-at", thresholds[gid])
        if gid in hints:
            title = ET.Element(f"{_SVG}title")
            title.text = hints[gid]
            element.insert(0, title)


def _drop_ids(root: ET.Element) -> None:
    """Keep only identifiers that something refers to: those are salted with the figure's name."""
    used = {
        reference
        for element in root.iter()
        for key in ("clip-path", _LINK)
        for reference in _REFERENCE.findall(element.get(key, ""))
    }
    for element in root.iter():
        if element.get("id") not in used:
            element.attrib.pop("id", None)


def _rewrite(root: ET.Element) -> None:
    read = {path for it in root.iter() if "data-row" in it.attrib for path in it.iter()}
    for element in root.iter():
        element.tail = None
        if element.tag not in (f"{_SVG}text", f"{_SVG}title"):
            element.text = None
        if _LINK in element.attrib:
            element.set("href", element.attrib.pop(_LINK))
        for key in _GEOMETRY:
            if key in element.attrib:
                # What values are read from is a digit finer.
                element.set(key, _shorter(element.attrib[key], 2 if element in read else 1))
        if "d" in element.attrib:
            element.set("d", _straight(element.attrib["d"]))
        if element.get("transform", "").startswith("rotate(0 "):
            del element.attrib["transform"]
        if "style" in element.attrib:
            element.set("style", _themed(element.attrib["style"]))


def _shorter(numbers: str, digits: int) -> str:
    def short(match: re.Match) -> str:
        return f"{float(match[0]):.{digits}f}".rstrip("0").rstrip(".")

    return " ".join(_DECIMALS.sub(short, numbers).replace("-0 ", "0 ").split())


def _straight(path: str) -> str:
    """Write lines of a path that run level or upright as such, which takes one number."""
    steps, x, y = [], "", ""
    if _STEP.sub("", path).strip():
        return path  # more than lines
    for kind, to_x, to_y in _STEP.findall(path):
        if kind == "L" and to_y == y:
            steps.append(f"H{to_x}")
        elif kind == "L" and to_x == x:
            steps.append(f"V{to_y}")
        else:
            steps.append(f"{kind}{to_x} {to_y}")
        x, y = to_x, to_y
    return "".join(steps)


def _set_alone(root: ET.Element) -> None:
    """Give a drawing the page's font and ink, and drop what only a page reads."""
    root.attrib |= {"font-family": "sans-serif", "fill": placeholder("ink")}
    for element in root.iter():
        for name in [name for name in element.attrib if name.startswith("data-")]:
            del element.attrib[name]


def _themed(style: str) -> str:
    style = _FAMILY.sub("", _FONT.sub(r"font-size: \1", style)).strip().removesuffix(";")
    style = _PLACEHOLDER.sub(lambda match: f"var(--{VARIABLES[int(match[1], 16) - 1]})", style)
    return style.replace(": ", ":").replace("; ", ";")


def _flatten(element: ET.Element) -> None:
    """Put the children of groups that say nothing in the place of the group."""
    children: list[ET.Element] = []
    for child in element:
        _flatten(child)
        bare = child.tag in (f"{_SVG}g", f"{_SVG}defs") and not child.attrib
        if child.tag == f"{_SVG}g" and bare:
            children.extend(child)
        elif not (bare and len(child) == 0):
            children.append(child)
    element[:] = children
