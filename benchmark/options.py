"""Arguments and options that several commands share, as Typer reads them."""

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="A shipped name, or a TOML file.")]
DataFolder = Annotated[Path | None, typer.Option("--data", help="Folder of the radiographs.")]
Table = Annotated[str | None, typer.Option(help="Which of the data set's tables to read.")]
Seed = Annotated[int | None, typer.Option(min=0, help="Of split and training both.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Read no more than so many images.")]
Assignments = Annotated[
    list[str],
    typer.Option("--set", metavar="KEY=VALUE", help="Change any value of the experiment."),
]
Workers = Annotated[
    str, typer.Option("--executor", help="Who works: local, or dask://HOST:PORT, a cluster.")
]
Grid = Annotated[
    list[str],
    typer.Option(metavar="KEY=VALUE,VALUE", help="Run with each of several values."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON, for a program to read.")]
