"""The command `score`: predictions made elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark import printing
from benchmark.options import AsJson, Assignments, Table

Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE…", help="CSV files of predictions, each FILE or NAME=FILE."),
]
Data = Annotated[
    Path,
    typer.Option("--data", help="Folder of the label table; the images need not be there."),
]
Split = Annotated[
    str | None,
    typer.Option(metavar="FILE|official", help="The parts; without, all images are test."),
]


def score_command(
    files: Files,
    data: Data,
    split: Split = None,
    table: Table = None,
    common: Annotated[bool, typer.Option("--common", help="Only what all files share.")] = False,
    logits: Annotated[bool, typer.Option("--logits", help="All files hold logits.")] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="All files hold probabilities.")
    ] = False,
    assignments: Assignments = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option(help="The run folder [runs/score-<row>].")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but warnings.")] = False,
    as_json: AsJson = False,
) -> None:
    """Evaluate predictions made elsewhere: the same tables, the same report.

    A file has an image column and a column a finding; docs/score.md says more.
    """
    from benchmark.experiment import parse_assignments
    from benchmark.scoring import score
    from features.errors import InputError

    if logits and probabilities:
        raise InputError("--logits and --probabilities exclude each other")
    finished = score(
        *files,
        data=data,
        split=split,
        table=table,
        scale="logits" if logits else "probabilities" if probabilities else None,
        common=common,
        options=parse_assignments(assignments),
        out=out,
        quiet=quiet,
    )
    printing.show_leaderboard(finished, as_json)
