"""The gallery of a row's heat maps: one page with the images inside, pictures, a selection."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from reports import overlays
from reports.localization import localization_tables
from reports.page import clean, standalone
from reports.sections import Section

Content = Mapping[str, Any]

#: What a report shows of a gallery, and the side, in pixels, of its radiographs.
SELECTED = ("true positive", "false positive")
SIDE = 176

#: Told the name of the stage, the units done and the units in all.
Progress = Callable[[str, int, int], None]


def render(content: Content) -> str:
    """Make the page.

    Parameters
    ----------
    content : mapping
        ``name`` (the run's), ``row`` (name, kind, title), ``part_name``, ``share``, ``layer``,
        ``method``, ``shows`` (what its maps are), ``note`` (what they leave out, or nothing),
        ``frame`` (the side of the frame of boxes), ``localization`` (as a run's summary has it),
        ``all_findings`` (name and label of each) and ``findings``: of each that is shown a
        ``key``, a ``title`` and ``groups``, each with ``outcome``, ``title``, ``note`` and
        ``looks``, the highest scores first: ``image``,
        ``score``, ``note``, ``pixels`` (uint8, a square), ``heat`` (in [0, 1], a square), ``boxes``
        and ``predicted`` (x, y, width, height), and what `pictures` needs.

    Returns
    -------
    str
        A complete HTML document, to be written as UTF-8.
    """
    content = clean({**content, "findings": [_encoded(found) for found in content["findings"]]})
    summary = {
        "title": f"Where {content['row']['name']} looked",
        "rows": [{**content["row"], "status": "done"}],
        "findings": content["all_findings"],
        "localization": content["localization"],
    }
    tables = localization_tables(summary)
    sections = [Section("boxes", "Against the boxes", {})] if tables else []
    sections += [Section(it["key"], it["title"], {}) for it in content["findings"]]
    return standalone(
        "gallery.html",
        summary,
        styles=("gallery.css",),
        gallery=content,
        sections=sections,
        tables=tables,
        stops=overlays.ramp_stops(),
    )


def _encoded(finding: Content) -> dict[str, Any]:
    """Return a finding with its arrays as addresses of images inside the page."""
    groups = [
        {**group, "looks": [_addresses(look) for look in group["looks"]]}
        for group in finding["groups"]
    ]
    return {**finding, "groups": groups}


def _addresses(look: Content, **size: int) -> dict[str, Any]:
    shown = {key: look[key] for key in ("image", "score", "boxes", "predicted", "note")}
    heat = overlays.heat_uri(look["heat"])
    return shown | {"heat": heat, "radiograph": overlays.radiograph_uri(look["pixels"], **size)}


def selection(content: Content) -> dict[str, Any]:
    """Choose what a report shows of a gallery, small, and make it plain.

    Of each finding one radiograph of each of `SELECTED`: the highest score among those that have
    a box, or where none has, among all.

    Parameters
    ----------
    content : mapping
        As for `render`.

    Returns
    -------
    dict
        JSON-able. ``method``, ``layer``, ``shows``, ``note``, ``part_name``, ``share`` and
        ``frame`` as given, and ``findings``: of each that has any a ``title`` and ``looks``, each
        with ``outcome``, ``image``, ``score``, ``note``, ``boxes`` and ``predicted`` as given, and
        ``heat`` and ``radiograph``, addresses of images that stand in themselves.
    """
    kept = ("method", "layer", "shows", "note", "part_name", "share", "frame")
    findings = [
        {"title": found["title"], "looks": looks}
        for found in content["findings"]
        if (looks := [_small(group) for group in found["groups"] if group["outcome"] in SELECTED])
    ]
    return {key: content[key] for key in kept} | {"findings": findings}


def _small(group: Content) -> dict[str, Any]:
    """Return the first look of a group that has a box, or the first of all."""
    boxed = (look for look in group["looks"] if len(look["boxes"]))
    look = next(boxed, group["looks"][0])
    return {"outcome": group["outcome"], **_addresses(look, side=SIDE, quality=72)}


def pictures(content: Content, progress: Progress) -> Iterator[tuple[str, bytes]]:
    """Draw every radiograph of the gallery with its map, its boxes and a colour bar.

    Parameters
    ----------
    content : mapping
        As for `render`; a look's ``file``, ``title`` and ``caption`` count here.
    progress : callable
        Told how many are drawn.

    Yields
    ------
    name : str
        The file's.
    content : bytes
        A PNG file.
    """
    looks = [
        look
        for found in content["findings"]
        for group in found["groups"]
        for look in group["looks"]
    ]
    for done, look in enumerate(looks, start=1):
        words = {key: look[key] for key in ("boxes", "predicted", "title", "caption")}
        yield look["file"], overlays.overlay(look["pixels"], look["heat"], **words)
        progress("drawing", done, len(looks))
