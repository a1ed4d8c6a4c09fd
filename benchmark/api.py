"""The roof for Python: run an experiment, open a run, tune a row, compare runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.configuring import configure
from benchmark.console import Console
from benchmark.executors.executor import Executor
from benchmark.experiment import Experiment
from benchmark.opened import Run
from benchmark.run_folder import RunFolder

if TYPE_CHECKING:
    from benchmark.comparing.runs import RunsCompared
    from benchmark.tuning.result import Tuning


def run(
    experiment: str | Experiment = "demo",
    *,
    models: Sequence[str] = (),
    add_models: Sequence[str] = (),
    data: str | Path | None = None,
    table: str | None = None,
    limit: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    grid: Mapping[str, Sequence[Any]] | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    executor: str = "local",
    quiet: bool = False,
) -> Run:
    """Run an experiment, or what is left of it, and write its report.

    Parameters
    ----------
    experiment : str or Experiment, optional
        A shipped experiment's name, a TOML file, or an experiment.
    models : sequence of str, optional
        Only these rows: names, or Python files.
    add_models : sequence of str, optional
        Rows beside the experiment's.
    data : str or Path, optional
        The folder of the radiographs.
    table : str, optional
        Which of the data set's tables to read.
    limit : int, optional
        Read no more than so many images.
    size : int, optional
        Side of the images, in pixels.
    seed : int, optional
        Of split and training both.
    options : mapping, optional
        Further values by their dotted place: ``{"models.cnn6.epochs": 3}``.
    grid : mapping, optional
        Lists of values by their dotted place, a cell for each combination:
        ``{"split.seed": range(5)}``.
    out : str or Path, optional
        The run folder; ``runs/<name>`` by default.
    fresh : bool, optional
        Fit every row again.
    executor : str, optional
        Where parallel work runs: ``local``, or ``dask://HOST:PORT`` (docs/clusters.md).
    quiet : bool, optional
        Say nothing but warnings.

    Returns
    -------
    Run
        With the reasons of failed rows in `failed`; of a grid a `benchmark.grids.run.GridRun`.

    Raises
    ------
    InputError
        If something given cannot be used.
    WorkError
        If a cluster cannot be used.
    """
    from benchmark.grids.runner import run_grid
    from benchmark.runner import run_experiment

    workers = Executor.parse(executor)
    chosen = configure(
        experiment,
        models=models,
        add_models=add_models,
        data=data,
        table=table,
        limit=limit,
        size=size,
        seed=seed,
        options=options,
        grid=grid,
    )
    folder = Path(out) if out else Path("runs") / chosen.name
    work = run_grid if chosen.grid else run_experiment
    with Console(quiet=quiet) as console:
        work(chosen, folder, console=console, fresh=fresh, executor=workers)
    finished = open_run(folder)
    finished.write_report()
    return finished


def tune(
    experiment: str | Experiment,
    row: str,
    *,
    trials: int = 20,
    storage: str | None = None,
    out: str | Path | None = None,
    data: str | Path | None = None,
    table: str | None = None,
    limit: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    quiet: bool = False,
) -> "Tuning":
    """Choose a row's options by its macro AUC on *valid*, or go on doing so.

    The first trial has the options as they are, so the result is no worse on *valid*. No image of
    *test* is read, and its labels serve to part the patients alone. What is chosen so is flattered
    on *valid*; what it is worth is for `run` to say, on *test*.

    Parameters
    ----------
    experiment : str or Experiment
        A shipped experiment's name, a TOML file, or an experiment.
    row : str
        One of its rows, another model, or a Python file; its model declares a `search_space`.
    trials : int, optional
        How many in all, those of earlier calls and of other machines among them.
    storage : str, optional
        A database URL as SQLAlchemy has it, for several machines; SQLite beside `out` by default.
    out : str or Path, optional
        The experiment file to write, with the best options, for `run` to take;
        ``tuning/<experiment>-<row>.toml`` by default. The table of trials lies beside it.
    data, table, limit, size, seed, options
        As `run` takes them.
    quiet : bool, optional
        Say nothing but warnings.

    Returns
    -------
    Tuning
        With `best` (the options), `auc`, `gain` over the defaults, and `table` (a DataFrame).

    Raises
    ------
    InputError
        If the row cannot be tuned, Optuna is missing, or something given cannot be used.
    WorkError
        If no trial was finished.
    """
    from joblib import parallel_config

    from benchmark.tuning.trials import tune as tune_row

    chosen = configure(
        experiment,
        add_models=[row],
        data=data,
        table=table,
        limit=limit,
        size=size,
        seed=seed,
        options=options,
    )
    name = Path(row).stem if row.endswith(".py") else row
    place = Path(out) if out else Path("tuning") / f"{chosen.name}-{name}.toml"
    with Console(quiet=quiet) as console, parallel_config(backend="loky", n_jobs=-1):
        return tune_row(chosen, name, out=place, trials=trials, storage=storage, console=console)


def compare_runs(folders: Sequence[str | Path]) -> "RunsCompared":
    """Hold runs against the first of them: the change of every row, on the same draws of patients.

    Parameters
    ----------
    folders : sequence of str or Path
        Run folders, two or more, whose test parts are the same images with the same labels.

    Returns
    -------
    RunsCompared
        With `table` (a DataFrame); shows itself in a notebook.

    Raises
    ------
    InputError
        If a folder holds no run, or the runs are not judged alike.
    """
    from benchmark.comparing.runs import RunsCompared

    return RunsCompared(folders)


def open_run(folder: str | Path) -> Run:
    """Open a finished run, a grid of runs, or an audit.

    Parameters
    ----------
    folder : str or Path
        The run folder.

    Raises
    ------
    InputError
        If the folder holds no run.
    """
    from benchmark.audits.folder import AuditFolder
    from benchmark.audits.run import Audit
    from benchmark.grids.run import GridRun

    is_grid = RunFolder.existing(folder).experiment().grid
    if AuditFolder(folder).is_audit:
        return Audit(folder)
    return GridRun(folder) if is_grid else Run(folder)
