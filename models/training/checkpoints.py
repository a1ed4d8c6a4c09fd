"""What a training leaves behind each epoch, so that a killed one goes on where it was."""

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from features.files import write_with
from models.training import weights


class Checkpoints:
    """The folder of one training: its state after the last epoch, the weights of the best.

    The state holds every variable of network and optimiser, those of the generators of random
    numbers too, and the history. What callbacks count follows from the history, and the order of
    the images from the epoch, so nothing else is needed to go on as if nothing had happened.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    monitor : {"val_loss", "val_auc"}
        The figure that decides on the best epoch; the earlier of two equals wins.
    key : str
        What tells this training from any other. What another has left in the folder is not read.

    Attributes
    ----------
    lines : list of dict
        The history: a line a finished epoch.
    stopped : bool
        Whether the last epoch was the last of all, for want of progress.
    """

    def __init__(self, folder: Path, monitor: str, key: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._monitor, self._key = folder, monitor, key
        self._file = folder / "state.npz"
        said = self._said()
        mine = said.get("key") == key
        self.lines: list[dict[str, Any]] = said["lines"] if mine else []
        self.stopped: bool = said["stopped"] if mine else False
        if self.lines and not self._best_file.is_file():
            self.lines, self.stopped = [], False

    def _said(self) -> dict[str, Any]:
        """Return what the state says; nothing where it is none, or was cut short with the power."""
        try:
            with np.load(self._file, allow_pickle=False) as state:
                return json.loads(str(state["said"]))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile):
            return {}

    @property
    def best(self) -> int:
        """The best epoch so far, counted from 1."""
        sign = -1 if self._monitor == "val_auc" else 1
        return min(self.lines, key=lambda line: sign * line[self._monitor])["epoch"]

    def save(self, network: keras.Model, line: dict[str, Any], *, stopped: bool) -> None:
        """Take in an epoch that is finished: its figures, its weights if best, the state.

        The state is put in place at once, after the weights that it speaks of and before older
        ones go: whenever the process dies, what it finds next time belongs together.
        """
        self.lines.append(line)
        self.stopped = stopped
        if self.best == line["epoch"]:
            weights.save(network, self._best_file)
        said = json.dumps({"key": self._key, "lines": self.lines, "stopped": stopped})
        values = [np.asarray(variable) for variable in _variables(network)]
        write_with(self._file, lambda file: np.savez(file, *values, said=np.array(said)))
        for file in self._folder.glob("best-*.weights.h5"):
            if file != self._best_file:
                file.unlink()

    def restore(self, network: keras.Model, *, optimizer: bool = True) -> None:
        """Put the variables back to where the last epoch left them.

        Parameters
        ----------
        network : keras.Model
            Compiled.
        optimizer : bool, optional
            Also those of its optimiser; not where a new phase begins with one of its own.
        """
        variables = _variables(network) if optimizer else network.variables
        with np.load(self._file, allow_pickle=False) as state:
            for number, variable in enumerate(variables):
                variable.assign(state[f"arr_{number}"])

    def load_best(self, network: keras.Model) -> None:
        """Give the network the weights of the best epoch."""
        weights.load(network, self._best_file)

    @property
    def _best_file(self) -> Path:
        return self._folder / f"best-{self.best:04}.weights.h5"


def _variables(network: keras.Model) -> list[keras.Variable]:
    return [*network.variables, *network.optimizer.variables]
