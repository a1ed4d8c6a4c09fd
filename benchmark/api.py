"""The roof for Python: run an experiment, open a run, see its report in a notebook.

Beside the command line, which stands on it, this is the only file that opens every room.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from benchmark.configuring import configure
from benchmark.console import Console
from benchmark.executors.executor import Executor
from benchmark.experiment import Experiment
from benchmark.run_folder import RunFolder
from features.errors import unknown
from features.files import write_files, write_text

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.comparing.runs import RunsCompared
    from benchmark.explain import Explanation
    from benchmark.tuning.result import Tuning


class Run:
    """A run: its tables, and its report; shows itself in a notebook.

    Parameters
    ----------
    folder : str or Path
        The run folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._run = RunFolder.existing(folder)

    def __repr__(self) -> str:
        return f"Run('{self.path}')"

    def _repr_html_(self) -> str:
        return fragment(self.summary)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._run.path

    @property
    def failed(self) -> dict[str, str]:
        """Why rows failed, by their names."""
        statuses = {name: self._run.row(name).status for name in self._run.experiment().rows}
        failed = {name: it for name, it in statuses.items() if it.get("state") == "failed"}
        return {name: status["reason"] for name, status in failed.items()}

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
    def checks(self) -> "pd.DataFrame":
        """What a reviewer would remark: a line each, the gravest first; see docs/checks.md."""
        return self._run.table("checks")

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
        from benchmark.audits.summary import audit_within
        from benchmark.summary import summarize

        return summarize(self._run) | audit_within(self._run)

    def evaluate(self) -> None:
        """Evaluate the finished rows again, from split.csv, truth.csv and their scores.csv."""
        from benchmark.runner import evaluate

        self._run.write_evaluation(evaluate(self._run, self._run.experiment()))

    def write_report(self) -> Path:
        """Build report.html in the run folder, and evaluation/checklist.md."""
        from benchmark.checklists.answers import markdown

        if answered := self.summary.get("checklists"):  # a grid has none
            self._run.write_checklist(markdown(answered, title=self.summary["title"]))
        return write_page(self._run.report, self.summary)

    def export(self, *formats: str) -> list[Path]:
        """Write what the report shows as files of their own, into the run folder.

        Parameters
        ----------
        *formats : {"csv", "md", "tex", "json", "svg", "pdf", "html"}
            Tables go to ``tables/<table>.<format>``, drawings to ``figures/<drawing>.<format>``;
            ``html`` is the report itself.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        InputError
            If a format is unknown.
        """
        kinds = known_formats(formats)
        pages = [self.write_report()] if "html" in kinds else []
        return pages + write_exports(self.path, self.summary, kinds)

    def explain(
        self,
        row: str,
        *,
        findings: Sequence[str] = (),
        images: Sequence[str] = (),
        part: str = "test",
        layer: str = "",
        method: str = "",
        top: int = 4,
        share: float = 0.5,
        data: str | Path | None = None,
        out: str | Path | None = None,
        executor: str = "local",
        quiet: bool = False,
    ) -> "Explanation":
        """Show where a finished row looked, and hold its heat maps against the boxes.

        A gallery and a picture of each of its maps are written beside the row. Where no finding
        and no image is left out, the table of boxes and a few of the maps are kept in the run, and
        the report shows them.

        Parameters
        ----------
        row : str
            A row whose model has heat maps.
        findings, images : sequence of str, optional
            Only these.
        part : {"test", "valid", "train", "all"}, optional
            Whose radiographs.
        layer : str, optional
            The network's layer to look at; the last with a map that is fine enough by default.
        method : str, optional
            Of networks ``"grad-cam"`` or ``"hirescam"``, of trees ``"gain"`` or ``"shap"``; the
            first by default.
        top : int, optional
            Radiographs of each finding and outcome in the gallery.
        share : float, optional
            A predicted box goes round what reaches this share of the map's maximum.
        data : str or Path, optional
            Where the radiographs are, if not where the experiment says.
        out : str or Path, optional
            Where gallery and pictures go; into the row's folder by default, those of some findings
            or images apart from those of all.
        executor : str, optional
            Who decodes radiographs: ``local``, or ``dask://HOST:PORT``.
        quiet : bool, optional
            Show no progress.

        Returns
        -------
        Explanation
            With `table` and `judged` (DataFrames) and `gallery` (the page).

        Raises
        ------
        InputError
            If the row, a finding, an image, the part, the layer or the method is unknown, the row
            has no heat maps, or the radiographs are not to be found.
        """
        from benchmark.cases import Request
        from benchmark.explain import explain
        from benchmark.gallery import gallery_content, write_gallery
        from reports import gallery

        request = Request(findings, images, part, layer, method, top, share, data)
        workers = Executor.parse(executor).ambient(self.path)
        with Console(quiet=quiet) as console, workers:
            found = explain(self._run, row, request, progress=console.progress)
            shown = gallery_content(self._run, found, progress=console.progress)
            pictures = gallery.pictures(shown, console.progress)
            kept = self._run.row(row).heatmaps
            folder = Path(out) if out else kept if request.is_whole else kept / "selected"
            page = write_gallery(folder, gallery.render(shown), pictures)
        if request.is_whole:
            link = None if out else f"models/{quote(row)}/{kept.name}/{page.name}"
            self._keep(found, gallery.selection(shown) | {"gallery": link})
        return replace(found, gallery=page)

    def _keep(self, found: "Explanation", looks: dict[str, Any]) -> None:
        """Keep with the row what the report shows of where it looked; write the report again."""
        row = self._run.row(found.row)
        row.write_looks(looks)
        if len(found.table):
            row.write_localization(found.table, found.judged)
        self.__dict__.pop("summary", None)  # it has more to say now
        self.write_report()


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
