"""A study of Optuna's: what is tried next, what is ended early, what is kept and put back.

The only file that knows Optuna, which is imported when this file is.
"""

import logging
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning, StorageInternalError
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from benchmark.process import Failure
from features.errors import InputError, WorkError
from models.base import Report
from models.space import Choice, Int, Range, Value

#: Seconds between two signs of life of a running trial, and without one until it counts as dead.
HEARTBEAT, GRACE = 10, 40

#: How often a trial that died with its machine is put back: it may be what the machine dies of.
RETRIES = 3

#: A trial may be ended early once so many are complete, from so many steps on.
COMPLETE_FIRST, STEPS_FIRST = 4, 5

STATES = {
    TrialState.COMPLETE: "done",
    TrialState.PRUNED: "ended early",
    TrialState.FAIL: "failed",
    TrialState.RUNNING: "running",
}


@dataclass(frozen=True)
class Trial:
    """What is tried.

    Parameters
    ----------
    number : int
        Its own, also when it is tried again after it was cut short.
    options : dict
        Values by option.
    report : callable
        To be told the AUC on *valid* so far; raises where the trial is to end there.
    """

    number: int
    options: dict[str, Value]
    report: Report


class Sampler(BaseSampler):
    """Optuna's TPE, its lot drawn anew for each trial from the seed and the trial's number.

    So a study that goes on does not try again what it began with, nor do two machines try the
    same.

    References
    ----------
    Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._tpe = TPESampler(seed=seed)

    def before_trial(self, study, trial):  # noqa: D102
        seed = np.random.SeedSequence([self._seed, trial.number]).generate_state(1)[0]
        self._tpe = TPESampler(seed=int(seed), constant_liar=True)

    def infer_relative_search_space(self, study, trial):  # noqa: D102
        return self._tpe.infer_relative_search_space(study, trial)

    def sample_relative(self, study, trial, search_space):  # noqa: D102
        return self._tpe.sample_relative(study, trial, search_space)

    def sample_independent(self, study, trial, param_name, param_distribution):  # noqa: D102
        return self._tpe.sample_independent(study, trial, param_name, param_distribution)


class Study:
    """Trials of one row, kept in a database; see `opened`."""

    def __init__(self, study: optuna.Study, space: Mapping[str, Range]) -> None:
        self._study, self._space = study, space

    @property
    def name(self) -> str:
        """The study's name in the database."""
        return self._study.study_name

    def run(
        self,
        trials: int,
        judge: Callable[[Trial], float],
        *,
        told: Callable[[dict[str, Any]], None],
        waiting: Callable[[int], None],
    ) -> None:
        """Go on until so many trials in all have ended, those of other machines among them.

        Parameters
        ----------
        trials : int
            How many.
        judge : callable
            Returns the figure of a trial, the higher the better, or raises `Failure`.
        told : callable
            Told the line of each trial of ours that has ended; see `lines`.
        waiting : callable
            Told, once, how many trials of others it remains to wait for.
        """
        before = 0
        while True:
            optuna.storages.fail_stale_trials(self._study)
            states = [line["state"] for line in self.lines()]
            running = states.count("running")
            if len(states) < trials:
                self._study.optimize(
                    self._objective(judge),
                    n_trials=1,
                    catch=(Failure,),
                    callbacks=[lambda _, trial: told(_line(trial))],
                )
            elif running:
                if running != before:
                    waiting(running)
                time.sleep(1)
            else:
                return
            before = running

    def _objective(self, judge: Callable[[Trial], float]) -> Callable[[optuna.Trial], float]:
        def objective(trial: optuna.Trial) -> float:
            number = trial.user_attrs.get("number", trial.number)
            trial.set_user_attr("number", number)
            options = {name: _suggest(trial, name, span) for name, span in self._space.items()}
            try:
                # The first, the defaults, is what all others are held against: it sees its end.
                return judge(Trial(number, options, _reporting(trial, ends_early=number > 0)))
            except optuna.TrialPruned:
                raise
            except Failure as failure:
                trial.set_user_attr("reason", failure.reason)
                raise
            except BaseException:  # Ctrl-C, a full disk, a lost database: no fault of its options
                put_back = RetryHeartbeatStaleTrialCallback()
                put_back(self._study, self._study.trials[trial.number])
                raise

        return objective

    def lines(self) -> list[dict[str, Any]]:
        """Return a line a trial that has ended or is running.

        Returns
        -------
        list of dict
            ``trial`` (its number), ``state`` (one of `STATES`), ``auc`` (on *valid*; NaN unless
            done), ``reached`` (the AUC at the last step that it reported), ``step``, ``seconds``,
            ``reason`` of a failure, and ``options``. What was cut short and put back has no line
            but that of its next try.
        """
        trials = self._study.get_trials(deepcopy=False)
        put_back = {number for t in trials for number in t.system_attrs.get("retry_history", ())}
        lines = [_line(t) for t in trials if _is_begun(t) and t.number not in put_back]
        return sorted(lines, key=lambda line: line["trial"])


@contextmanager
def opened(
    name: str, url: str, space: Mapping[str, Range], defaults: Mapping[str, Value], *, seed: int
) -> Iterator[Study]:
    """Open a study, or begin it: with the defaults as its first trial.

    Parameters
    ----------
    name : str
        What tells it from others in the database.
    url : str
        The database's, as SQLAlchemy has it.
    space : mapping of str to Range
        What may be tried.
    defaults : mapping of str to value
        What is tried first.
    seed : int
        The one source of randomness.

    Raises
    ------
    InputError
        If the URL is none, or its driver is not installed.
    WorkError
        If the database does not answer, or was made by another version of Optuna.
    """
    with _quietly():
        storage = _storage(url)
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            load_if_exists=True,
            direction="maximize",
            sampler=Sampler(seed),
            pruner=optuna.pruners.MedianPruner(COMPLETE_FIRST, STEPS_FIRST),
        )
        study.enqueue_trial(dict(defaults), skip_if_exists=True)
        try:
            yield Study(study, space)
        except (SQLAlchemyError, StorageInternalError) as error:
            raise WorkError(f"--storage: {_first_line(error)}") from error
        finally:
            storage.remove_session()
            storage.engine.dispose()


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence Optuna, which would tell of every trial: we tell of it ourselves."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)  # heartbeats: since 2.9
            yield
    finally:
        optuna.logging.set_verbosity(before)


def _storage(url: str, attempts: int = 3) -> RDBStorage:
    """Open a database; once more where it fails, for another process may be making its tables."""
    is_sqlite = url.startswith("sqlite")  # which waits for a lock only as long as it is told
    try:
        return RDBStorage(
            url,
            {"pool_pre_ping": True} | ({"connect_args": {"timeout": 60}} if is_sqlite else {}),
            heartbeat_interval=HEARTBEAT,
            grace_period=GRACE,
            heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(RETRIES),
        )
    except ArgumentError:
        raise InputError(
            "--storage is no database URL, such as postgresql://user@host/database"
        ) from None
    except ImportError as error:
        raise InputError(f"--storage: install its driver: {error.__cause__ or error}") from None
    except (SQLAlchemyError, RuntimeError) as error:
        if attempts > 1:
            time.sleep(1)
            return _storage(url, attempts - 1)
        raise WorkError(f"--storage: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    """Say what a database has to say, not what Optuna wraps it in."""
    return next(iter(str(error.__cause__ or error).splitlines()), type(error).__name__)


def _suggest(trial: optuna.Trial, name: str, span: Range) -> Value:
    if isinstance(span, Choice):
        return cast(Value, trial.suggest_categorical(name, span.values))
    if isinstance(span, Int):
        return trial.suggest_int(name, span.low, span.high, log=span.log)
    return trial.suggest_float(name, span.low, span.high, log=span.log)


def _reporting(trial: optuna.Trial, *, ends_early: bool) -> Report:
    def report(step: int, auc: float) -> None:
        if math.isnan(auc):
            return
        trial.report(auc, step)
        if ends_early and trial.should_prune():
            raise optuna.TrialPruned

    return report


def _is_begun(trial: FrozenTrial) -> bool:
    """Whether a trial got as far as its options: one that died before is running for ever."""
    running = trial.state == TrialState.RUNNING
    return "number" in trial.user_attrs if running else trial.state in STATES


def _line(trial: FrozenTrial) -> dict[str, Any]:
    cut_short = "cut short too often to be tried again" * (trial.state == TrialState.FAIL)
    done, step = trial.state == TrialState.COMPLETE, trial.last_step
    return {
        "trial": trial.user_attrs.get("number", trial.number),
        "state": STATES[trial.state],
        "auc": trial.value if done else math.nan,
        "reached": math.nan if step is None else trial.intermediate_values[step],
        "step": step,
        "seconds": trial.duration.total_seconds() if trial.duration else math.nan,
        "reason": trial.user_attrs.get("reason", cut_short),
        "options": trial.params,
    }
