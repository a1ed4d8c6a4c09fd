"""An audit for Python: run one, or open one that is finished."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark.audits.folder import AuditFolder
from benchmark.configuring import configure
from benchmark.console import Console
from benchmark.executors.executor import Executor
from benchmark.experiment import Experiment
from benchmark.opened import Run
from features.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.explain import Explanation


class Audit(Run):
    """An audit: its table, the runs on both splits, its report; shows itself in a notebook.

    `metrics` are those of both runs; splits, scores and heat maps belong to one of them.

    Parameters
    ----------
    folder : str or Path
        The audit's folder.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(folder)
        self._audit = self._run = AuditFolder(folder)

    def __repr__(self) -> str:
        return f"Audit('{self.path}')"

    @property
    def runs(self) -> dict[str, Run]:
        """The run on the split by patient, and that on the image-level split."""
        return {name: Run(run.path) for name, run in self._audit.runs.items()}

    @property
    def table(self) -> "pd.DataFrame":
        """AUC on both splits and the inflation: a line a row and finding, and for macro means."""
        return self._audit.audit()

    @property
    def failed(self) -> dict[str, str]:
        """Why rows failed, by their names and splits."""
        runs = self.runs.items()
        return {f"{row} ({name})": why for name, run in runs for row, why in run.failed.items()}

    @property
    def metrics(self) -> "pd.DataFrame":
        """The metrics of both runs under each other; the first column says which."""
        import pandas as pd

        tables = {name: run.metrics for name, run in self.runs.items()}
        return pd.concat(tables, names=["protocol"]).reset_index(0).reset_index(drop=True)

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """The macro means on both test parts, the best AUC by patient first."""
        macro = self.table.query("finding == 'macro'").drop(columns=["finding", "note"])
        return macro.set_index("row").sort_values("auc_patient", ascending=False)

    @property
    def truth(self) -> "pd.DataFrame":
        """The labels, the same on both splits."""
        return self._audit.runs["patient"].truth()

    @property
    def split(self) -> "pd.DataFrame":
        """Not of an audit: see `runs`."""
        raise self._of_a_run("a split")

    def scores(self, row: str) -> "pd.DataFrame":
        """Raise `InputError`: see `runs`."""
        raise self._of_a_run("scores")

    def explain(self, row: str, **request: Any) -> "Explanation":
        """Raise `InputError`: see `runs`."""
        raise self._of_a_run("heat maps")

    def _of_a_run(self, what: str) -> InputError:
        patient = self._audit.runs["patient"].path
        return InputError(f"{self.path} is an audit: {what} belong to a run, such as {patient}")

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything that the report shows, as one plain dictionary."""
        from benchmark.audits.summary import summarize_audit

        return summarize_audit(self._audit)

    def evaluate(self) -> None:
        """Evaluate both runs again, from their own files, and audit.csv with them."""
        from benchmark.audits.runner import evaluate_audit

        evaluate_audit(self._audit)
        self._forget_summary()

    def records(self) -> list[dict[str, Any]]:
        """Return audit.csv as JSON has it: one dictionary a line, None for what is not."""
        return json.loads(self.table.to_json(orient="records"))

    def lines(self) -> list[dict[str, str]]:
        """Return the macro means as a table of words."""
        return [
            {
                "row": str(row),
                "by patient": _figure(line["auc_patient"]),
                "by image": _figure(line["auc_image"]),
                "inflation": _figure(line["inflation"], sign="+"),
                "interval": _span(line["inflation_low"], line["inflation_high"]),
                "train, by patient": _figure(line["train_auc_patient"]),
                "train, by image": _figure(line["train_auc_image"]),
            }
            for row, line in self.leaderboard.to_dict("index").items()
        ]

    def conclusion(self) -> list[str]:
        """Say what the figures are, what failed, and how far the image-level split leaks."""
        failed = [f"{row} failed: {reason}" for row, reason in self.failed.items()]
        content = self.summary["audit"]
        leaks = {it["name"]: it["shared"] for it in content["protocols"]}
        level, drawn = f"{100 * content['level']:g}%", f"{content['patients']:,} patients"
        return [
            *failed,
            f"macro AUC on test; {level} intervals, {content['draws']:,} draws of {drawn}: of who "
            "is tested, not of the lot of the splits or the training (--seed)",
            f"test images whose patient is in train: {leaks['image']:.1%} by image, "
            f"{leaks['patient']:.1%} by patient",
        ]


def _figure(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}" if value == value else ""  # NaN: an empty cell


def _span(low: float, high: float) -> str:
    return f"{low:+.3f} to {high:+.3f}" if low == low else ""


def audit(
    experiment: str | Experiment = "demo",
    *,
    models: Sequence[str] = (),
    data: str | Path | None = None,
    table: str | None = None,
    limit: int | None = None,
    size: int | None = None,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    out: str | Path | None = None,
    fresh: bool = False,
    executor: str = "local",
    quiet: bool = False,
) -> Audit:
    """Show what an image-level split would have let one claim, and write the report.

    Parameters
    ----------
    experiment : str or Experiment, optional
        A shipped experiment's name, a TOML file, or an experiment.
    models : sequence of str, optional
        What is fitted on both splits, names or Python files; by default the rows that cost little
        (`benchmark.audits.runner.ROWS`), not the experiment's.
    data, table, limit, size, seed, options
        As `run` takes them.
    out : str or Path, optional
        The audit's folder; ``runs/<name>-audit`` by default. In the folder of a run, as ``audit``,
        it becomes a section of that run's report.
    fresh : bool, optional
        Fit every row again.
    executor : str, optional
        Where parallel work runs: ``local``, or ``dask://HOST:PORT``.
    quiet : bool, optional
        Say nothing but warnings.

    Returns
    -------
    Audit
        With `table` (a DataFrame), and the reasons of failed rows in `failed`.

    Raises
    ------
    InputError
        If something given cannot be used.
    WorkError
        If a cluster cannot be used.
    """
    from benchmark.audits.runner import ROWS, run_audit

    workers = Executor.parse(executor)
    chosen = configure(
        experiment,
        models=models or ROWS,
        data=data,
        table=table,
        limit=limit,
        size=size,
        seed=seed,
        options=options,
    )
    folder = Path(out) if out else Path("runs") / f"{chosen.name}-audit"
    with Console(quiet=quiet) as console:
        run_audit(chosen, folder, console=console, fresh=fresh, executor=workers)
    finished = Audit(folder)
    finished.write_report()
    return finished
