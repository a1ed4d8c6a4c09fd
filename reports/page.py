"""The report as one page: standalone for a browser, or a fragment for a notebook.

Both shells show the same body. Everything is inside the file: no request leaves the page, and
its Content-Security-Policy allows none.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from reports import audit_words, grid, runs_words
from reports.colours import light
from reports.marks import Marks
from reports.navigation import grouped
from reports.palette import VARIABLES, row_styles
from reports.sections import sections
from reports.story import headline
from reports.tables import write

Summary = Mapping[str, Any]

_SHEETS = (
    *("_variables.css", "style.css", "radiographs.css", "layout.css", "downloads.css"),
    "print.css",  # last: on paper it goes before all others
)
_SCRIPTS = ("address.js", "tables.js", "chooser.js", "reading.js", "downloads.js", "behaviour.js")


def render(summary: Summary) -> str:
    """Make the standalone page of a run.

    The same summary gives the same page, byte for byte.

    Parameters
    ----------
    summary : mapping
        Plain values throughout, as JSON would hold them. What it lacks is left out of the page.

    Returns
    -------
    str
        A complete HTML document, to be written as UTF-8.
    """
    summary = clean(summary)
    return standalone("standalone.html", summary, **_story(summary, "run"))


def standalone(shell: str, summary: Summary, *, styles: Sequence[str] = (), **more: Any) -> str:
    """Fill a template that is a page of its own, with its script and nothing from outside.

    Parameters
    ----------
    shell : str
        The template, `standalone.html` or one that extends it.
    summary : mapping
        As for `render`, and `clean`.
    styles : sequence of str, optional
        Style sheets beside those of every page.
    **more : object
        What else the template shows.
    """
    script = _script()
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    own = {"uid": "run", "script": Markup(script), "script_hash": f"sha256-{digest}"}
    return _fill(shell, summary, styles, **own, **more)


def fragment(summary: Summary) -> str:
    """Make the same report as a piece of HTML for a notebook's output.

    Its styles and identifiers reach nothing outside it. Identifiers are drawn anew each time,
    so that one run can be shown twice in a notebook.
    """
    script, uid = Markup(_script()), f"r{secrets.token_hex(4)}"
    summary = clean(summary)
    return _fill("inline.html", summary, uid=uid, script=script, **_story(summary, uid))


def _story(summary: Summary, uid: str) -> dict[str, Any]:
    """Return what the body of a report is filled with."""
    tell = grid.story if summary.get("grid") else headline
    if audit_words.is_page(summary):
        tell = audit_words.story
    if runs_words.is_page(summary):
        tell = runs_words.story
    return {
        "story": tell(summary),
        "sections": sections(summary, uid),
        "palette": {name: light()[name] for name in VARIABLES},
        "choosable": bool(summary.get("rows") or summary.get("findings")),
    }


def _fill(shell: str, summary: Summary, styles: Sequence[str] = (), **more: Any) -> str:
    sheets = (*_SHEETS, *styles)
    filled = _environment().get_template(shell)
    return filled.render(
        summary=summary,
        styles=row_styles(summary.get("rows", ())),
        marks=Marks(summary),
        style=Markup("".join(map(_source, sheets))),
        **more,
    )


def clean(summary: Summary) -> dict[str, Any]:
    """Return plain values that UTF-8 can hold: half a surrogate pair becomes a question mark.

    File names may hold such.
    """
    return json.loads(json.dumps(summary, ensure_ascii=False).encode("utf-8", "replace"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["write"] = write
    environment.filters["bar"] = _bar
    environment.filters["grouped"] = grouped
    environment.filters["key"] = "{:.6g}".format  # what cells are sorted by needs no more digits
    return environment


def _script() -> str:
    """Return the page's only script: its parts in one function, which leaves no name behind."""
    parts = "".join(map(_source, _SCRIPTS))
    return f'(() => {{\n"use strict";\n{parts}}})();\n'


def _source(name: str) -> str:
    """Return the text of a template as it stands."""
    return files("reports").joinpath("templates", name).read_text(encoding="utf-8")


def _bar(auc: float) -> str:
    """Return how long a bar for `auc` is: it starts at 0.5, which is chance."""
    return f"{min(max((auc - 0.5) / 0.5, 0), 1):.1%}"
