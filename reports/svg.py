"""Matplotlib figures as small SVG whose colours are the page's CSS variables.

A figure is drawn in the placeholder colours of `reports.palette`; here they become
``var(--name)``, so that one drawing serves the light, the dark and the printed page. Labels stay
text in the page's own font. A drawing for a file of its own is made in
`reports.palette.standing_alone`, and can be had as PDF, too.
"""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

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
        with matplotlib.rc_context({"pdf.fonttype": 42}), _quiet():
            self.figure.savefig(content, format="pdf", metadata={"CreationDate": None})
        return content.getvalue()


def to_svg(
    figure: Figure, *, name: str, label: str, hints: Mapping[str, str] | None = None
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
        ``row-3`` are marked ``data-row="3"``, so that the page can fade them.
    """
    root = ET.fromstring(_draw(figure, name))
    _drop_unused(root)
    _mark(root, hints or {})
    _drop_ids(root)
    _rewrite(root)
    _flatten(root)
    if stands_alone():
        root.attrib |= {"font-family": "sans-serif", "fill": placeholder("ink")}
    else:
        for attribute in ("width", "height", "version"):
            root.attrib.pop(attribute, None)
    root.attrib |= {"role": "img", "aria-label": label}
    drawing = Drawing(ET.tostring(root, encoding="unicode"))
    drawing.label, drawing.figure = label, figure if stands_alone() else None
    return drawing


def _draw(figure: Figure, salt: str) -> str:
    bare = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    text = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": salt}), _quiet():
        figure.savefig(text, format="svg", transparent=True, metadata=bare)
    return text.getvalue()


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing of glyphs that Matplotlib's font lacks: a browser draws the text itself."""
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


def _mark(root: ET.Element, hints: Mapping[str, str]) -> None:
    for element in root.iter():
        gid = element.get("id", "")
        if gid.startswith("row-"):
            element.set("data-row", gid.removeprefix("row-"))
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
    for element in root.iter():
        element.tail = None
        if element.tag not in (f"{_SVG}text", f"{_SVG}title"):
            element.text = None
        if _LINK in element.attrib:
            element.set("href", element.attrib.pop(_LINK))
        for key in _GEOMETRY:
            if key in element.attrib:
                element.set(key, _shorter(element.attrib[key]))
        if element.get("transform", "").startswith("rotate(0 "):
            del element.attrib["transform"]
        if "style" in element.attrib:
            element.set("style", _themed(element.attrib["style"]))


def _shorter(numbers: str) -> str:
    rounded = _DECIMALS.sub(lambda match: f"{float(match[0]):.1f}".removesuffix(".0"), numbers)
    return " ".join(rounded.replace("-0 ", "0 ").split())


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
