"""What a training leaves behind each epoch, so that a killed one goes on where it was."""

import json
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from features.files import write_with


class Checkpoints:
    """The folder of one training: its state after the last epoch, and after the best.

    A state holds every variable of network and optimiser, those of the generators of random
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
        said = {file: _said(file) for file in folder.glob("epoch-*.npz")}
        mine = {file: it for file, it in said.items() if it.get("key") == key}
        for file in sorted(mine, reverse=True):  # the newest that its best epoch still stands by
            self.lines: list[dict[str, Any]] = mine[file]["lines"]
            self.stopped: bool = mine[file]["stopped"]
            if self._file(self.best) in mine:
                return
        self.lines, self.stopped = [], False

    @property
    def best(self) -> int:
        """The best epoch so far, counted from 1."""
        sign = -1 if self._monitor == "val_auc" else 1
        return min(self.lines, key=lambda line: sign * line[self._monitor])["epoch"]

    def save(self, network: keras.Model, line: dict[str, Any], *, stopped: bool) -> None:
        """Take in an epoch that is finished: its figures, its state.

        Older states go when the new one is in its place, all but that of the best epoch: whenever
        the process dies, what it finds next time belongs together.
        """
        self.lines.append(line)
        self.stopped = stopped
        said = json.dumps({"key": self._key, "lines": self.lines, "stopped": stopped})
        values = [np.asarray(variable) for variable in _variables(network)]
        last = self._file(line["epoch"])
        write_with(last, lambda file: np.savez(file, *values, said=np.array(said)))
        for file in self._folder.glob("epoch-*.npz"):
            if file not in (last, self._file(self.best)):
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
        self._load(self.lines[-1]["epoch"], variables)

    def load_best(self, network: keras.Model) -> None:
        """Put the network's variables back to where the best epoch left them."""
        self._load(self.best, network.variables)

    def _load(self, epoch: int, variables: list[keras.Variable]) -> None:
        with np.load(self._file(epoch), allow_pickle=False) as state:
            for number, variable in enumerate(variables):
                variable.assign(state[f"arr_{number}"])

    def _file(self, epoch: int) -> Path:
        return self._folder / f"epoch-{epoch:04}.npz"


def _said(file: Path) -> dict[str, Any]:
    """Return what a state says; nothing where it is none, or was cut short with the power."""
    try:
        with np.load(file, allow_pickle=False) as state:
            return json.loads(str(state["said"]))
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return {}


def _variables(network: keras.Model) -> list[keras.Variable]:
    """Return the variables of a state: the network's own come first, whatever is frozen."""
    return [*network.variables, *network.optimizer.variables]
