"""The command ``cxrbench audit``."""

from pathlib import Path
from typing import Annotated

import typer

from benchmark import printing
from benchmark.options import AsJson, Assignments, DataFolder, Limit, Name, Seed, Table, Workers


def audit(
    experiment: Name = "demo",
    data: DataFolder = None,
    table: Table = None,
    model: Annotated[list[str], typer.Option(help="Audit these: names or files.")] = [],  # noqa: B006
    limit: Limit = None,
    seed: Seed = None,
    size: Annotated[int | None, typer.Option(help="Side of the images, in pixels.")] = None,
    assignments: Assignments = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option(help="The folder [runs/<name>-audit].")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Fit every row again.")] = False,
    executor: Workers = "local",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but warnings.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what leaks: rows on the split by patient against an image-level split.

    Rows that cost little are fitted once on each, with parts of the same sizes. Finished rows are
    kept; a row that fails is recorded with its reason, and the exit status is 1.
    """
    from benchmark.audits.run import audit as run_audit
    from benchmark.experiment import parse_assignments

    found = run_audit(
        experiment,
        models=model,
        data=data,
        table=table,
        limit=limit,
        size=size,
        seed=seed,
        options=parse_assignments(assignments),
        out=out,
        fresh=fresh,
        executor=executor,
        quiet=quiet,
    )
    if as_json:
        content = {"folder": str(found.path), "audit": found.records(), "failed": found.failed}
        printing.print_json(content)
    else:
        printing.print_table(found.lines())
        for line in (*found.conclusion(), f"report: {found.path / 'report.html'}"):
            typer.echo(line)
    if found.failed:
        raise typer.Exit(1)
