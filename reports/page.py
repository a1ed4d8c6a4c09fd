"""The report as one page: standalone for a browser, or a fragment for a notebook.

Both shells show the same body. Everything is inside the file: no request leaves the page, and
its Content-Security-Policy allows none.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from reports.palette import row_styles
from reports.sections import sections
from reports.story import headline
from reports.tables import write

Summary = Mapping[str, Any]


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
    script = _source("behaviour.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    more = {"script": Markup(script), "script_hash": f"sha256-{digest}"}
    return _fill("standalone.html", summary, uid="run", **more)


def fragment(summary: Summary) -> str:
    """Make the same report as a piece of HTML for a notebook's output.

    Its styles and identifiers reach nothing outside it. Identifiers are drawn anew each time,
    so that one run can be shown twice in a notebook.
    """
    script = Markup(_source("behaviour.js"))
    return _fill("inline.html", summary, uid=f"r{secrets.token_hex(4)}", script=script)


def _fill(shell: str, summary: Summary, *, uid: str, **more: Any) -> str:
    # What UTF-8 cannot hold (half a surrogate pair, from a file's name) becomes a question mark.
    summary = json.loads(json.dumps(summary, ensure_ascii=False).encode("utf-8", "replace"))
    return (
        _environment()
        .get_template(shell)
        .render(
            summary=summary,
            uid=uid,
            story=headline(summary),
            sections=sections(summary, uid),
            styles=row_styles(summary.get("rows", ())),
            style=Markup(_source("_variables.css") + _source("style.css")),
            **more,
        )
    )


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
    return environment


def _source(name: str) -> str:
    """Return the text of a template as it stands."""
    return files("reports").joinpath("templates", name).read_text(encoding="utf-8")


def _bar(auc: float) -> str:
    """Return how long a bar for `auc` is: it starts at 0.5, which is chance."""
    return f"{min(max((auc - 0.5) / 0.5, 0), 1):.1%}"
