"""The command `report`: the page of a run, or of several held against each other, and its files."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark import printing

Runs = Annotated[
    list[Path], typer.Argument(metavar="RUN…", help="A run folder, or several to compare.")
]
Formats = Annotated[
    list[str],
    typer.Option(
        "--format",
        metavar="KIND,…",
        help="html; csv, md, tex, json: every table; svg, pdf: every figure.",
    ),
]


def report_command(
    runs: Runs,
    formats: Formats = ["html"],  # noqa: B006
    out: Annotated[
        Path | None, typer.Option(help="The page of a comparison [beside the first run].")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Build the report of a run again, or compare runs, from the run folders' files alone.

    Tables and figures go into tables/ and figures/ of the run folder. Several runs are held
    against the first; they must judge the same test images by the same labels.
    """
    from benchmark import api, pages
    from features.errors import InputError

    kinds = pages.known_formats([kind.strip() for it in formats for kind in it.split(",")])
    if len(runs) > 1:
        compared = api.compare_runs(runs)
        written = compared.export(*kinds, out=out)
        printing.print_table(compared.lines())
    elif out:
        raise InputError("--out is for a comparison: the report of one run lies in its folder")
    else:
        opened = api.open_run(runs[0])
        opened.evaluate()
        written = opened.export(*kinds)
    for path in written:
        typer.echo(path)
    if show:
        _open([path for path in written if path.suffix == ".html"])


def _open(written: list[Path]) -> None:
    import webbrowser

    for page in written:
        if not webbrowser.open(page.resolve().as_uri()):
            typer.echo(f"no browser was found here to open {page} in", err=True)
