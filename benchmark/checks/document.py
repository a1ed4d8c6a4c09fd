"""docs/checks.md: below its introduction stand the checks' own words.

``python -m benchmark.checks.document`` writes them there, from the root of the repository.
"""

from pathlib import Path
from textwrap import fill

from benchmark.checks.check import Check
from benchmark.checks.registry import available
from features.files import write_text

#: What parts the introduction from what is written.
MARK = "<!-- What follows is written by `python -m benchmark.checks.document`. -->"


def document(page: str) -> str:
    """Return the page with the paragraphs of all checks below its introduction."""
    introduction, _, _ = page.partition(MARK)
    return "\n\n".join([introduction + MARK, *map(_paragraph, available().values())]) + "\n"


def _paragraph(check: Check) -> str:
    text = f"**{check.title}** ({check.level}). {check.explanation}"
    wrapped = fill(text, 120, break_long_words=False, break_on_hyphens=False)
    return f'## {check.code}\n\n{wrapped}\n\nTo mute it: `mute = ["{check.code}"]`.'


if __name__ == "__main__":
    path = Path("docs/checks.md")
    write_text(path, document(path.read_text("utf-8")))
