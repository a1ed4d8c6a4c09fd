"""Hyper-parameters: chosen on *valid* alone; no image of *test* is opened.

Of the labels of *test* only one use is made, the run's own: patients are parted so that every part
has its share of each finding.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pandas as pd

from benchmark.console import Console
from benchmark.csv_files import write_csv
from benchmark.experiment import Experiment, load
from benchmark.process import Failure, run_row
from benchmark.row import RowTask
from benchmark.row_folder import RowFolder
from benchmark.rows import Row, fingerprint_of, rows_of
from benchmark.tuning.parts import Parts
from benchmark.tuning.result import Tuning, shown, table_of, tuned, tuned_name, tuned_title
from features.errors import InputError, WorkError, unknown
from features.fingerprint import digest
from models.space import Range

if TYPE_CHECKING:
    from benchmark.tuning.study import Trial


@dataclass(frozen=True)
class Bench:
    """Where trials are judged: each in a process of its own, so that what kills it is known.

    Parameters
    ----------
    row : Row
        The row, its options as the experiment has them.
    parts : Parts
        What it is fitted to and judged on.
    folder : Path
        Where trials leave their logs.
    name : str
        The study's.
    seed : int
        The training seed.
    console : Console
        Where progress goes.
    """

    row: Row
    parts: Parts
    folder: Path
    name: str
    seed: int
    console: Console

    def judge(self, trial: "Trial") -> float:
        """Return the macro AUC on *valid* of the row with a trial's options.

        Parameters
        ----------
        trial : Trial
            What is tried. One that was cut short goes on in the folder that it left.

        Raises
        ------
        Failure
            If the fit failed.
        """
        folder = RowFolder(self.folder / str(trial.number))
        fingerprint = digest(self.name, trial.options)
        if folder.status.get("fingerprint") != fingerprint:  # a trial of another study
            shutil.rmtree(folder.path, ignore_errors=True)
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.set_status(state="running", fingerprint=fingerprint)
        task = RowTask(
            folder=folder.path,
            fingerprint=fingerprint,
            source=self.row.source,
            options=self.row.model.options | trial.options,
            seed=self.seed,
            train=self.parts.train,
            valid=self.parts.valid,
            everything=self.parts.valid.without_truth(),
            listens=True,
        )
        try:
            with self.console.frame(f"trial {trial.number}") as progress:
                run_row(task, folder.log, progress, report=trial.report)
            if not folder.is_done(fingerprint):
                raise Failure("its process ended before it was done; see log.txt")
            auc = self.parts.auc(folder.scores())
        except Exception:  # and not Ctrl-C: tried again, a training goes on where it was
            _leave_log(folder)
            raise
        _leave_log(folder)
        return auc

    def told(self, line: dict[str, Any]) -> None:
        """Say how a trial ended."""
        ends = {
            "done": f"AUC {line['auc']:.4f} on valid",
            "ended early": f"ended early at step {line['step']}, AUC {line['reached']:.4f} so far",
            "failed": f"failed: {line['reason']}",
        }
        options = ", ".join(f"{name} {shown(value)}" for name, value in line["options"].items())
        self.console.say(f"trial {line['trial']}: {ends[line['state']]}; {options}")

    def waiting(self, trials: int) -> None:
        """Say what is waited for."""
        self.console.say(f"waiting for {trials} trials that run elsewhere, or were killed")


def _leave_log(folder: RowFolder) -> None:
    for path in folder.path.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)  # workers may still be ending in it
        elif path != folder.log:
            path.unlink(missing_ok=True)


def tune(
    experiment: Experiment,
    row: str,
    *,
    out: Path,
    trials: int,
    storage: str | None = None,
    console: Console,
) -> Tuning:
    """Choose the options of a row by its macro AUC on *valid*.

    The first trial has the options of the experiment, so the result is no worse than these.

    Parameters
    ----------
    experiment : Experiment
        What the row is part of.
    row : str
        A row whose model declares a search space.
    out : Path
        The experiment file to write, with the best options. Beside it lie the table of trials,
        their logs and, unless `storage` names another, the database.
    trials : int
        How many in all, those of earlier calls and of other machines among them.
    storage : str, optional
        A database URL as SQLAlchemy has it; one that several machines reach lets them share the
        trials.
    console : Console
        Where progress goes.

    Raises
    ------
    InputError
        If the row cannot be tuned, the experiment has a grid, Optuna is missing, or `out` or
        `storage` cannot be used.
    WorkError
        If no trial was finished, or the database does not answer.
    """
    if trials < 1:
        raise InputError(f"trials = {trials}: at least one is needed")
    _refuse_grid(experiment)
    study = _optuna()
    mine = _tunable(experiment, row)
    space = mine.model.space()
    defaults = {name: mine.model.options[name] for name in space}
    _check_out(out, experiment, row)
    parts = Parts.read(experiment, mine.model.options.get("size", experiment.data.size), console)
    parts.auc(pd.DataFrame(0.0, parts.valid.images, list(parts.valid.findings)))
    seed = experiment.training.seed
    name = f"{experiment.name} {row} {_fingerprint(mine, space, parts, seed)}"
    out.parent.mkdir(parents=True, exist_ok=True)
    url = storage or f"sqlite:///{_beside(out, 'study.db').resolve()}"
    bench = Bench(mine, parts, _beside(out, "trials"), name, seed, console)
    with study.opened(name, url, space, defaults, seed=seed) as opened:
        console.say(f"study '{name}': {len(opened.lines())} of {trials} trials are there")
        try:
            opened.run(trials, bench.judge, told=bench.told, waiting=bench.waiting)
        finally:  # also after Ctrl-C: what has been found can be used
            lines = opened.lines()
            write_csv(_beside(out, "trials.csv"), table_of(lines).set_index("trial"))
            found = tuned(experiment, row, out, lines, defaults, len(parts.valid))
    if found is None:
        raise WorkError(f"no trial of {row} was finished; the last: {lines[-1]['reason']}")
    return found


def _refuse_grid(experiment: Experiment) -> None:
    """Refuse to choose on one split what is judged on others: valid here is in test there."""
    if experiment.grid:
        raise InputError(
            f"{experiment.name} has a [grid], and options are chosen on one split: what is valid "
            "in one cell may be test in another; give --set 'grid={}' to tune without it"
        )


def _optuna() -> ModuleType:
    """Import what needs Optuna, or say how to come by it."""
    try:
        from benchmark.tuning import study
    except ModuleNotFoundError as error:
        if error.name != "optuna":
            raise
        raise InputError("tuning needs Optuna: pip install 'cxrbench[tune]'") from None
    return study


def _tunable(experiment: Experiment, row: str) -> Row:
    """Return the row, or say why it cannot be tuned."""
    rows = {each.name: each for each in rows_of(experiment)}
    if row not in rows:
        raise unknown("row", row, rows, where=experiment.name)
    model = rows[row].model
    if not model.search_space:
        able = [name for name, each in rows.items() if each.model.search_space] or ["none"]
        raise InputError(
            f"{row} declares no search_space; rows of {experiment.name} that do: {', '.join(able)}"
        )
    if model.builds_on:
        raise InputError(
            f"{row} builds on {', '.join(model.builds_on)}: only what stands alone can be tuned"
        )
    model.depends_on()  # refuses what a fit could not use, before anything is read
    return rows[row]


def _fingerprint(row: Row, space: Mapping[str, Range], parts: Parts, seed: int) -> str:
    """Digest what makes trials comparable: data, split, options, seed, code, search space."""
    spans = {name: repr(span) for name, span in space.items()}
    return digest(fingerprint_of(row, parts.digest(), seed, []), spans)


def _beside(out: Path, what: str) -> Path:
    return out.with_name(f"{out.stem}-{what}")


def _check_out(out: Path, experiment: Experiment, row: str) -> None:
    """Refuse a place where the result would not be found, or would replace something else.

    What it may replace is an earlier result for the row, or the very experiment that is tuned.
    """
    if out.suffix != ".toml":
        raise InputError(f"--out {out}: the result is an experiment file, which ends in .toml")
    if not out.exists():
        return
    there = load(str(out))
    if there.name != tuned_name(experiment):
        raise InputError(f"--out {out} is there, and no result of tuning {experiment.name}")
    if there.title not in (experiment.title, tuned_title(experiment, row)):
        raise InputError(
            f"--out {out} holds what tuning another row has found: '{there.title}'; to tune both, "
            f"tune {row} of {out}"
        )
