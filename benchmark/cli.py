"""The command line: the roof, which opens every room lazily, inside the command that needs it."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmark import printing
from benchmark.cli_audit import audit
from benchmark.cli_report import report_command
from benchmark.cli_score import score_command
from benchmark.options import (
    AsJson,
    Assignments,
    DataFolder,
    Grid,
    Limit,
    Name,
    Seed,
    Table,
    Workers,
)

#: Typer brings a Click of its own or uses an installed one, by its version: ask it which.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # type: ignore[assignment]

INTERRUPTED = 130

app = typer.Typer(
    name="cxrbench",
    help="Classical features against deep networks on chest radiographs, on one patient-grouped "
    "split.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
) -> None:
    """Read what stands before the command; `main` looks for --debug itself."""


@app.command("run")
def run_command(
    experiment: Name = "demo",
    data: DataFolder = None,
    table: Table = None,
    model: Annotated[list[str], typer.Option(help="Only these rows: names or files.")] = [],  # noqa: B006
    add_model: Annotated[list[str], typer.Option(help="Rows beside the experiment's.")] = [],  # noqa: B006
    limit: Limit = None,
    seed: Seed = None,
    size: Annotated[int | None, typer.Option(help="Side of the images, in pixels.")] = None,
    assignments: Assignments = [],  # noqa: B006
    grid: Grid = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option(help="The run folder [runs/<name>].")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Fit every row again.")] = False,
    executor: Workers = "local",
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but warnings.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run an experiment, or what is left of it, and write the report.

    Finished rows are kept while data, split, options and code agree. A row that fails is recorded
    with its reason, the others go on, and the exit status is 1.
    """
    from benchmark import api
    from benchmark.configuring import configure
    from benchmark.experiment import parse_assignments, parse_grid

    chosen = configure(
        experiment,
        models=model,
        add_models=add_model,
        data=data,
        table=table,
        limit=limit,
        size=size,
        seed=seed,
        options=parse_assignments(assignments),
        grid=parse_grid(grid),
    )
    if dry_run:
        printing.show_plan(chosen, out, as_json)
        return
    finished = api.run(chosen, out=out, fresh=fresh, executor=executor, quiet=quiet)
    (printing.show_grid if chosen.grid else printing.show_leaderboard)(finished, as_json)
    if finished.failed:
        raise typer.Exit(1)


app.command("score")(score_command)


app.command("report")(report_command)


@app.command()
def explain(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    row: Annotated[str, typer.Argument(metavar="ROW", help="A finished row with heat maps.")],
    finding: Annotated[list[str], typer.Option(help="Only this finding; may be repeated.")] = [],  # noqa: B006
    images: Annotated[list[str], typer.Option(help="Only this image; may be repeated.")] = [],  # noqa: B006
    part: Annotated[str, typer.Option(help="test, valid, train or all.")] = "test",
    layer: Annotated[str, typer.Option(help="The network's layer to look at.")] = "",
    method: Annotated[str, typer.Option(help="grad-cam or hirescam; of trees gain or shap.")] = "",
    top: Annotated[int, typer.Option(help="Radiographs of a finding and outcome shown.")] = 4,
    share: Annotated[float, typer.Option(help="Of a map's maximum, where its box begins.")] = 0.5,
    data: DataFolder = None,
    out: Annotated[Path | None, typer.Option(help="Where gallery and pictures go.")] = None,
    executor: Workers = "local",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a row looked: heat maps, a gallery, and their score against the boxes."""
    from benchmark import api

    found = api.open_run(run).explain(
        row,
        findings=finding,
        images=images,
        part=part,
        layer=layer,
        method=method,
        top=top,
        share=share,
        data=data,
        out=out,
        executor=executor,
        quiet=quiet,
    )
    if as_json:
        printing.print_json({"gallery": str(found.gallery), "localization": found.records()})
        return
    if len(found.table):
        printing.print_table(found.lines())
    typer.echo(found.conclusion())
    typer.echo(f"gallery: {found.gallery}")


@app.command()
def tune(
    experiment: Name,
    row: Annotated[str, typer.Argument(metavar="ROW", help="A row, a model, or a file.")],
    trials: Annotated[int, typer.Option(min=1, help="How many in all.")] = 20,
    storage: Annotated[str | None, typer.Option(help="URL of a database to share.")] = None,
    data: DataFolder = None,
    table: Table = None,
    limit: Limit = None,
    seed: Seed = None,
    size: Annotated[int | None, typer.Option(help="Side of the images, in pixels.")] = None,
    assignments: Assignments = [],  # noqa: B006
    out: Annotated[Path | None, typer.Option(help="The experiment file to write.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing but warnings.")] = False,
    as_json: AsJson = False,
) -> None:
    """Choose a row's options by its macro AUC on valid; no image of test is read."""
    from benchmark import api
    from benchmark.experiment import parse_assignments

    found = api.tune(
        experiment,
        row,
        trials=trials,
        storage=storage,
        out=out,
        data=data,
        table=table,
        limit=limit,
        seed=seed,
        size=size,
        options=parse_assignments(assignments),
        quiet=quiet,
    )
    if as_json:
        printing.print_json(found.record())
        return
    printing.print_table(found.lines())
    typer.echo(found.conclusion())
    typer.echo(f"experiment: {found.experiment} (cxrbench run {found.experiment})")


app.command()(audit)


@app.command()
def models(as_json: AsJson = False) -> None:
    """List the models, one line each."""
    from models import registry

    printing.show_list({name: model.title for name, model in registry.available().items()}, as_json)


@app.command()
def datasets(as_json: AsJson = False) -> None:
    """List the data sets, one line each."""
    from benchmark.datasets import DATASETS

    printing.show_list(DATASETS, as_json)


@app.command()
def experiments(as_json: AsJson = False) -> None:
    """List the shipped experiments, one line each."""
    from benchmark.experiment import load, shipped

    printing.show_list({name: load(name).title for name in shipped()}, as_json)


@app.command()
def split(
    out: Annotated[Path, typer.Option(help="The CSV to write.")],
    experiment: Name = "nih-official",
    data: DataFolder = None,
    table: Table = None,
    seed: Seed = None,
    assignments: Assignments = [],  # noqa: B006
) -> None:
    """Write the split and print its fingerprint, from the tables alone, without an image."""
    from benchmark.configuring import configure
    from benchmark.experiment import parse_assignments
    from benchmark.inputs import split_from_tables

    chosen = configure(
        experiment, data=data, table=table, seed=seed, options=parse_assignments(assignments)
    )
    made = split_from_tables(chosen, out)
    typer.echo(f"{made.fingerprint}  {out}")


@app.command()
def fetch(
    dataset: Annotated[str, typer.Argument(metavar="phantom", help="What to make.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put it.")],
    assignments: Assignments = [],  # noqa: B006
    executor: Workers = "local",
) -> None:
    """Draw the phantom data set into a folder."""
    from benchmark.console import Console
    from benchmark.datasets.loading import source_folder
    from benchmark.executors.executor import Executor
    from benchmark.experiment import load, parse_assignments
    from features.errors import unknown

    if dataset != "phantom":
        raise unknown("data set", dataset, ["phantom"], where="fetch")
    changes = {
        f"data.phantom.{key}": value for key, value in parse_assignments(assignments).items()
    }
    data = load("demo").replace(changes | {"data.folder": str(folder)}).data
    workers = Executor.parse(executor).ambient(folder)
    with Console() as console, workers:
        typer.echo(source_folder(data, console.progress))


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the radiographs.")],
    table: Table = None,
    as_json: AsJson = False,
) -> None:
    """Read a data set and say what is wrong with it; exit with 1 where images are damaged."""
    from benchmark.console import Console
    from benchmark.datasets.checking import check_folder

    with Console() as console:
        findings = check_folder(folder, table=table, progress=console.progress)
    (printing.print_json if as_json else printing.show_check)(findings)
    if findings["damaged"]:
        raise typer.Exit(1)


@app.command("check-model")
def check_model(
    model: Annotated[str, typer.Argument(metavar="FILE", help="A model's file, or its name.")],
) -> None:
    """Run the conformance suite on a model: what the harness expects of a row."""
    from models.conformance import CHECKS, run_checks

    failed = 0
    for name, reason in run_checks(model):
        typer.echo(f"{'failed' if reason else 'passed'}  {name}{': ' + reason if reason else ''}")
        failed += bool(reason)
    typer.echo(f"{len(CHECKS) - failed} passed, {failed} failed")
    if failed:
        raise typer.Exit(1)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; turn errors that a user can mend into one line and a status.

    Exits with 2 for bad usage or input, 1 where work failed, 130 where it was interrupted.
    """
    given = sys.argv[1:] if arguments is None else arguments
    # Queues and time limits end a run so: it then ends its row's process too, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        # Typer turns Ctrl-C into status 130 or into Abort, by its version.
        status = app(given, standalone_mode=False) or 0
    except UsageError as error:
        error.show()  # type: ignore[attr-defined]
        sys.exit(2)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        if "--debug" in given:
            raise
        sys.exit(_explain(error))
    if status == INTERRUPTED:
        _say("interrupted: the same command goes on from here", status)
    sys.exit(status)


def _explain(error: Exception) -> int:
    from features.errors import InputError, WorkError

    if isinstance(error, InputError):
        return _say(str(error), 2)
    if isinstance(error, WorkError):
        return _say(str(error), 1)
    if isinstance(error, OSError):  # no fault of ours: a full disk, a folder without permission
        place = f"{error.filename}: " if error.filename else ""
        mend = "" if error.filename else "; CXRBENCH_CACHE and --out choose other disks"
        return _say(f"{place}{error.strerror or error}{mend}", 1)
    hint = "cxrbench --debug … shows the traceback"
    return _say(f"{type(error).__name__}: {error} ({hint})", 1)


def _say(line: str, status: int) -> int:
    typer.echo(f"cxrbench: {line}", err=True)
    return status


if __name__ == "__main__":
    main()
