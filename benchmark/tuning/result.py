"""What tuning has found: a table of trials, and an experiment file that `run` takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmark.experiment import Experiment
from features.files import write_text


@dataclass(frozen=True, eq=False)
class Tuning:
    """What tuning a row has found.

    Attributes
    ----------
    row : str
        The row.
    experiment : Path
        The experiment file with the best options.
    table : pandas.DataFrame
        One line a trial: trial, state, auc (on *valid*; NaN unless done), reached and step (the
        AUC so far when the trial last reported), seconds, its options, reason.
    defaults, best : dict
        The options that were tuned: as the experiment has them, and the best.
    auc, default_auc : float
        Macro AUC on *valid* of either; NaN where the defaults are not done.
    images : int
        Of *valid*.
    """

    row: str
    experiment: Path
    table: pd.DataFrame
    defaults: dict[str, Any]
    best: dict[str, Any]
    auc: float
    default_auc: float
    images: int

    @property
    def gain(self) -> float:
        """What the best options add to the AUC of the defaults on *valid*."""
        return self.auc - self.default_auc

    def lines(self) -> list[dict[str, str]]:
        """Return the options as a terminal shows them: those of the experiment, and the best."""
        options = [
            {"option": name, "default": shown(value), "best": shown(self.best[name])}
            for name, value in self.defaults.items()
        ]
        figures = {"default": f"{self.default_auc:.4f}", "best": f"{self.auc:.4f}"}
        return [*options, {"option": "macro AUC on valid", **figures}]

    def record(self) -> dict[str, Any]:
        """Return the result as JSON has it."""
        trials = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        figures = {"auc": self.auc, "default_auc": self.default_auc, "gain": self.gain}
        known = {name: None if np.isnan(value) else value for name, value in figures.items()}
        said = {"row": self.row, "experiment": str(self.experiment), "best": self.best}
        return said | known | {"defaults": self.defaults, "trials": trials}

    def conclusion(self) -> str:
        """Say how many trials there were, what they brought, and what that is worth."""
        counts = self.table["state"].value_counts()
        states = ", ".join(f"{count} {state}" for state, count in counts.items())
        gain = "the defaults have no figure" if np.isnan(self.gain) else f"gain {self.gain:+.4f}"
        return (
            f"{len(self.table)} trials ({states}); {gain} on the {self.images} images of valid "
            "that chose it: on others, expect less"
        )


def shown(value: Any) -> str:
    """Return an option's value as readers want it: a float to four digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def tuned_name(experiment: Experiment) -> str:
    """Return what the experiment is called once a row of it is tuned."""
    return f"{experiment.name.removesuffix('-tuned')[:90]}-tuned"


def tuned_title(experiment: Experiment, row: str) -> str:
    """Return the title of the experiment once this row of it is tuned."""
    return f"{experiment.title or experiment.name}; {row} tuned"


def table_of(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the trials as a table: a line each, its options in columns of their own."""
    apart = [
        {key: value for key, value in line.items() if key not in ("options", "reason")}
        | line["options"]
        | {"reason": line["reason"]}
        for line in lines
    ]
    return pd.DataFrame(apart or {"trial": []})


def tuned(
    experiment: Experiment,
    row: str,
    out: Path,
    lines: list[dict[str, Any]],
    defaults: dict[str, Any],
    images: int,
) -> Tuning | None:
    """Write the experiment with the options of the best trial.

    Parameters
    ----------
    experiment, row
        Which row of what was tuned.
    out : Path
        The experiment file.
    lines : list of dict
        The trials; see `benchmark.tuning.study.Study.lines`.
    defaults : dict
        The options of the experiment.
    images : int
        Of *valid*.

    Returns
    -------
    Tuning or None
        None where no trial is done; nothing is written then.
    """
    done = [line for line in lines if line["state"] == "done"]
    if not done:
        return None
    best = max(done, key=lambda line: line["auc"])  # the first of equals
    own = experiment.models.get(row, {}) | best["options"]
    changes = {"name": tuned_name(experiment), "title": tuned_title(experiment, row)}
    changed = experiment.replace(changes | {"models": experiment.models | {row: own}})
    write_text(out, changed.to_toml())
    first = [line["auc"] for line in done if line["options"] == defaults]
    return Tuning(
        row,
        out,
        table_of(lines),
        defaults,
        best["options"],
        best["auc"],
        first[0] if first else float("nan"),
        images,
    )
