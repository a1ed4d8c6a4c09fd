"""What the harness shows becomes pages and files: nothing else opens the reports."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmark.gallery import write_gallery
from features.errors import unknown
from features.files import write_files, write_text
from features.progress import Progress, silent


def write_page(path: Path, summary: Mapping[str, Any]) -> Path:
    """Write the page of a summary."""
    from reports import page

    write_text(path, page.render(summary))
    return path


def fragment(summary: Mapping[str, Any]) -> str:
    """Make the page of a summary as a piece of HTML for a notebook."""
    from reports import page

    return page.fragment(summary)


def write_exports(folder: Path, summary: Mapping[str, Any], kinds: Sequence[str]) -> list[Path]:
    """Write the tables and the drawings of a summary's page as files of their own."""
    from reports.exports import exports
    from reports.page import clean

    return write_files(folder, exports(clean(summary), kinds))


def known_formats(given: Sequence[str]) -> list[str]:
    """Return formats of a report, each once.

    Raises
    ------
    InputError
        If one is unknown.
    """
    from reports.exports import FORMATS

    for name in given:
        if name not in FORMATS:
            raise unknown("format", name, FORMATS)
    return list(dict.fromkeys(given))


def write_gallery_page(folder: Path, shown: Mapping[str, Any], progress: Progress = silent) -> Path:
    """Write the page of a gallery, and its pictures."""
    from reports import gallery

    return write_gallery(folder, gallery.render(shown), gallery.pictures(shown, progress))


def selection(shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the report of a run shows of a gallery."""
    from reports import gallery

    return gallery.selection(shown)
