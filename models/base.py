"""Model and Job: the contract between the harness and everything that scores radiographs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    Protocol,
    Self,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from pydantic import TypeAdapter, ValidationError

from features.errors import InputError, unknown
from features.extractor import Extractor
from features.files import read_json, write_json
from features.progress import Progress, silent
from features.radiographs import Radiographs
from models.space import Range

if TYPE_CHECKING:
    import pandas as pd


class FinishedRow(Protocol):
    """A finished row, as a row that builds on it sees it."""

    def scores(self) -> "pd.DataFrame":
        """Return its probabilities on all parts: indexed by image, a column a finding."""

    def model(self) -> "Model":
        """Load its model."""


#: Finished rows by their names.
Rows = Mapping[str, FinishedRow]

#: Called with a step (an epoch, a number of findings) and the macro AUC on *valid* so far.
Report = Callable[[int, float], None]


def unheard(step: int, auc: float) -> None:
    """Listen to nothing: the default wherever a `Report` is taken."""


@dataclass(frozen=True)
class Job:
    """What the runner lends a fit.

    Parameters
    ----------
    folder : Path
        The fit's own folder, for checkpoints and the like; exists.
    seed : int
        The one source of randomness.
    progress : callable
        Told how far the fit is.
    rows : mapping of str to FinishedRow
        Those that the model builds on, finished.
    report : callable
        Told the macro AUC on *valid* that the fit has reached, step by step from 1. Tuning ends
        there what promises nothing; `unheard` where nobody listens.
    """

    folder: Path
    seed: int = 0
    progress: Progress = silent
    rows: Rows = field(default_factory=dict)
    report: Report = unheard


@dataclass(frozen=True)
class Estimate:
    """What a fit may cost on a machine of two cores, as far as anyone can know beforehand.

    Parameters
    ----------
    seconds : float
        Of fitting and scoring.
    disk : int
        Bytes that the fitted model takes.
    """

    seconds: float
    disk: int


class Model(ABC):
    """One row of the report: radiographs in, one probability a finding out.

    A subclass states its options as annotated class attributes (``epochs: int = 30``); a value
    given by keyword replaces the default and is held to the annotation. Attributes annotated as
    `ClassVar` are no options.

    Attributes
    ----------
    title : str
        What the model is, in a line, as readers see it.
    kind : {"floor", "classical", "deep", "ensemble"}
        A floor is what every other row must beat; an ensemble is made of other rows.
    search_space : dict of str to Float, Int or Choice
        The options that ``cxrbench tune`` may change, and to what; see `models.space`.
    findings : tuple of str
        The columns of `predict`, known once fitted.
    rows : mapping of str to FinishedRow
        What the model builds on, once fitted or loaded.
    history : list of dict
        One entry an epoch or round, where there are any: ``{"epoch": 1, "loss": …}``.
    facts : dict
        What the report should say of the fitted model: ``parameters``, ``weights``, ``notes`` (a
        list of sentences), …; JSON-able.

    Raises
    ------
    InputError
        If an option is unknown or its value is not of the annotated type.
    """

    title: ClassVar[str] = ""
    kind: ClassVar[Literal["floor", "classical", "deep", "ensemble"]] = "classical"
    seeded: ClassVar[bool] = True  # False where the seed changes nothing
    search_space: ClassVar[dict[str, Range]] = {}

    def __init__(self, **options: Any) -> None:
        self.findings: tuple[str, ...] = ()
        self.history: list[dict] = []
        self.facts: dict[str, Any] = {}
        self.rows: Rows = {}
        types = self.option_types()
        for name, value in options.items():
            if name not in types:
                raise unknown("option", name, types, where=self.name())
            setattr(self, name, _checked(value, types[name], f"{self.name()}.{name}"))

    @classmethod
    def name(cls) -> str:
        """Return the row's name: that of the model's file."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def option_types(cls) -> dict[str, Any]:
        """Return the type of each option by its name, those of the base classes first."""
        hints = get_type_hints(cls, include_extras=True)
        return {
            name: hint
            for name, hint in hints.items()
            if get_origin(hint) is not ClassVar and not name.startswith("_") and hasattr(cls, name)
        }

    @property
    def card(self) -> dict[str, Any]:
        """Return what a reader is told of the model: name, title, kind and options; JSON-able."""
        return {
            "model": self.name(),
            "title": self.title or self.name(),
            "kind": self.kind,
            "options": self.options,
        }

    @property
    def options(self) -> dict[str, Any]:
        """Return the value of every option, defaults included."""
        return {name: getattr(self, name) for name in self.option_types()}

    @property
    def settled(self) -> dict[str, Any]:
        """The options for a fit on whatever machine: as `depends_on` has decided them here."""
        return self.options

    @property
    def builds_on(self) -> tuple[str, ...]:
        """The names of the rows that must be finished before this one is fitted."""
        return ()

    def space(self) -> dict[str, Range]:
        """Return the search space, widened where it does not hold what an option is set to.

        Raises
        ------
        InputError
            If it names what is no option, holds a value that the option's type refuses, or cannot
            hold what the option is set to.
        """
        types, where = self.option_types(), f"search_space of {self.name()}"
        spans = {}
        for name, span in self.search_space.items():
            if name not in types:
                raise unknown("option", name, types, where=where)
            if not isinstance(span, Range):
                raise InputError(f"{where}: {name} = {span!r} is no Float, Int or Choice")
            for value in span.ends:
                _checked(value, types[name], f"{where}.{name}")
            try:
                spans[name] = span.including(getattr(self, name))
            except InputError as error:
                raise InputError(f"{where} cannot hold what {name} is set to: {error}") from None
        return spans

    def depends_on(self) -> dict[str, Any]:
        """Return what a fit depends on beside data, split, seed and code: here, every option.

        The rows that it builds on count beside these.
        """
        return self.options

    def estimate(self, train: int, total: int) -> Estimate | None:
        """Estimate what fitting `train` images and scoring `total` costs; None for no idea."""
        return None

    @abstractmethod
    def fit(self, train: Radiographs, valid: Radiographs, job: Job) -> Self:
        """Learn from `train`; every choice is made on `valid`.

        Parameters
        ----------
        train, valid : Radiographs
            With labels. Neither holds a patient of the other, nor of the test part.
        job : Job
            Folder, seed, progress, and the rows that `builds_on` names; what builds on any keeps
            them as `rows`.
        """

    @abstractmethod
    def predict(self, radiographs: Radiographs) -> np.ndarray:
        """Score radiographs, which carry neither labels nor boxes.

        Returns
        -------
        numpy.ndarray
            Shape (n, findings), floats in [0, 1], in the order of `findings`.
        """

    def heatmaps(
        self,
        radiographs: Radiographs,
        finding: str,
        *,
        layer: str = "",
        method: str = "",
    ) -> np.ndarray:
        """Return where in radiographs the evidence for a finding lies, for a model that can say.

        Parameters
        ----------
        radiographs : Radiographs
            Without labels and boxes, as `predict` takes them.
        finding : str
            One of `findings`.
        layer : str, optional
            Of a network: the layer to look at; see `models.gradcam.heatmaps`.
        method : str, optional
            One of `heatmap_methods`; the first by default.

        Returns
        -------
        numpy.ndarray
            Shape (n, h, w), float32, at least 0; over the whole image, on whatever grid the model
            looks with. Values compare within an image and not between images.

        Raises
        ------
        InputError
            If the model has no heat maps, or no such finding, layer or method.
        """
        raise InputError(f"{self.name()} has no heat maps: {self.why_no_heatmaps}")

    @property
    def heatmap_methods(self) -> tuple[str, ...]:
        """How the model can say where it looks, the usual way first."""
        return ()

    @property
    def why_no_heatmaps(self) -> str:
        """Why the model, as its options are, cannot say where it looks; empty where it can."""
        says = type(self).heatmaps is not Model.heatmaps
        return "" if says else "its model does not say where it looks"

    @property
    def heatmap_note(self) -> str:
        """What the heat maps of the fitted model leave out, in a clause; empty for nothing."""
        return ""

    def heatmap_method(self, asked: str = "") -> str:
        """Return the method that is asked for, or the usual one.

        Raises
        ------
        InputError
            If it is none of `heatmap_methods`.
        """
        known = self.heatmap_methods
        if asked and asked not in known:
            raise unknown("method", asked, known, where=self.name())
        return asked or next(iter(known), "")

    def embedding(self) -> Extractor:
        """Return what makes features of what a fitted network has before its last layer.

        Raises
        ------
        InputError
            If the model is no network that looks at pixels.
        """
        raise InputError(f"{self.name()} is no network: it has no embedding to build on")

    def save(self, folder: Path) -> None:
        """Write the fitted model into a folder, as plain data: nothing that runs on loading."""
        said = {"options": self.options, "findings": self.findings, "facts": self.facts}
        write_json(folder / "model.json", said)
        self._save(folder)

    @classmethod
    def load(cls, folder: Path, rows: Rows | None = None) -> Self:
        """Read what `save` wrote into a model that predicts the same.

        Parameters
        ----------
        folder : Path
            Where it was saved.
        rows : mapping of str to FinishedRow, optional
            Those that the model builds on.
        """
        said = read_json(folder / "model.json")
        model = cls(**said["options"])
        model.findings = tuple(said["findings"])
        model.facts = said["facts"]
        model.rows = rows or {}
        model._load(folder)
        return model

    @abstractmethod
    def _save(self, folder: Path) -> None: ...

    @abstractmethod
    def _load(self, folder: Path) -> None: ...


def _checked(value: Any, hint: Any, where: str) -> Any:
    """Hold a value to a type, or say in one line what was wanted."""
    try:
        return TypeAdapter(hint).validate_python(value)
    except ValidationError as error:
        if get_origin(hint) is Literal:
            row, _, option = where.rpartition(".")
            raise unknown(option, value, map(str, get_args(hint)), where=row) from None
        said = " or: ".join(dict.fromkeys(one["msg"] for one in error.errors()))
        raise InputError(f"{where} = {value!r}: {said}") from None
