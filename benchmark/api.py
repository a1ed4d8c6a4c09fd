"""The roof for Python: run an experiment, open a run, see its report in a notebook.

Beside the command line, which stands on it, this is the only file that opens every room.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.console import Console
from benchmark.experiment import Experiment, load
from benchmark.run_folder import RunFolder
from features.files import write_text

if TYPE_CHECKING:
    import pandas as pd


class Run:
    """A run: its tables, and its report; shows itself in a notebook.

    Parameters
    ----------
    folder : str or Path
        The run folder.
    failed : mapping of str to str, optional
        Why rows failed, by their names.
    """

    def __init__(self, folder: str | Path, failed: Mapping[str, str] | None = None) -> None:
        self._run = RunFolder.existing(folder)
        self.failed = dict(failed or {})

    def __repr__(self) -> str:
        return f"Run('{self.path}')"

    def _repr_html_(self) -> str:
        from reports import page

        return page.fragment(self.summary)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._run.path

    @property
    def metrics(self) -> "pd.DataFrame":
        """One line a row, part and finding, and for macro and micro means."""
        return self._run.metrics()

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """The macro means of each row on test, best AUC first."""
        table = self.metrics.query("part == 'test' and finding == 'macro'")
        columns = ["auc", "ap", "precision", "recall", "f1"]
        return table.set_index("row")[columns].sort_values("auc", ascending=False)

    @property
    def truth(self) -> "pd.DataFrame":
        """The labels: indexed by image, a column a finding."""
        return self._run.truth()

    @property
    def split(self) -> "pd.DataFrame":
        """Which part each image is in, and what the table says of it."""
        return self._run.split()

    def scores(self, row: str) -> "pd.DataFrame":
        """Return a row's probabilities on all parts, indexed by image."""
        return self._run.row(row).scores()

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything that the report shows, as one plain dictionary."""
        from benchmark.summary import summarize

        return summarize(self._run)

    def write_report(self) -> Path:
        """Build report.html in the run folder."""
        from reports import page

        write_text(self._run.report, page.render(self.summary))
        return self._run.report


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
    out: str | Path | None = None,
    fresh: bool = False,
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
    out : str or Path, optional
        The run folder; ``runs/<name>`` by default.
    fresh : bool, optional
        Fit every row again.
    quiet : bool, optional
        Say nothing but warnings.

    Returns
    -------
    Run
        With the reasons of failed rows in `failed`.

    Raises
    ------
    InputError
        If something given cannot be used.
    """
    from benchmark.runner import run_experiment

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
    )
    folder = Path(out) if out else Path("runs") / chosen.name
    with Console(quiet=quiet) as console:
        outcome = run_experiment(chosen, folder, console=console, fresh=fresh)
    finished = Run(folder, outcome.failed)
    finished.write_report()
    return finished


def configure(
    experiment: str | Experiment,
    *,
    models: Sequence[str] = (),
    add_models: Sequence[str] = (),
    data: str | Path | None = None,
    table: str | None = None,
    limit: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
) -> Experiment:
    """Return an experiment with the changes that a user asked for; see `run`."""
    chosen = load(experiment) if isinstance(experiment, str) else experiment
    given = {
        "data.folder": None if data is None else str(data),
        "data.table": table,
        "data.limit": limit,
        "data.size": size,
        "split.seed": seed,
        "training.seed": seed,
    }
    chosen = chosen.replace({place: value for place, value in given.items() if value is not None})
    chosen = chosen.replace(options or {})
    return _with_models(chosen, models, add_models)


def _with_models(
    experiment: Experiment, models: Sequence[str], add_models: Sequence[str]
) -> Experiment:
    """Keep only some rows, and add others; a file becomes a row of its own name."""
    rows = [*(models or experiment.rows), *add_models]
    files = {Path(row).stem: str(Path(row).resolve()) for row in rows if row.endswith(".py")}
    names = [Path(row).stem if row.endswith(".py") else row for row in rows]
    changes = {f"models.{name}.model": file for name, file in files.items()}
    return experiment.replace(changes | {"rows": list(dict.fromkeys(names))})


def open_run(folder: str | Path) -> Run:
    """Open a finished run.

    Parameters
    ----------
    folder : str or Path
        The run folder.

    Raises
    ------
    InputError
        If the folder holds no run.
    """
    return Run(folder)
