"""The conformance suite: what the harness expects of every row, checked on a tiny data set."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from features.errors import InputError
from features.findings import FINDINGS
from features.pixels import PixelArchive
from features.radiographs import Radiographs
from models import registry
from models.base import Job, Model

#: Settings that make any model quick; each is used where the model knows the option.
TINY: dict[str, Any] = {
    "size": 32,
    "epochs": 1,
    "batch_size": 8,
    "rounds": 3,
    "weights": "random",
    "deterministic": True,
}

#: Scores may differ by rounding where the work is batched in another way.
TOLERANCE = 1e-5

#: Suffixes of files that run code when they are loaded.
UNSAFE = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth")


def tiny_radiographs(folder: Path, *, images: int = 36, size: int = 32) -> Radiographs:
    """Write small noisy pictures in which a bright corner means the first finding.

    Parameters
    ----------
    folder : Path
        Where pictures and their decoded pixels go.
    images : int, optional
        How many; every three belong to one patient. The last finding is in none of them.
    size : int, optional
        Side, in pixels.
    """
    from PIL import Image

    random = np.random.default_rng(0)
    labels = (random.random((images, len(FINDINGS))) < 0.4).astype(np.float32)
    labels[:, -1] = 0
    files = [folder / f"{k:08d}_000.png" for k in range(images)]
    for file, present in zip(files, labels[:, 0], strict=True):
        picture = random.integers(0, 120, (size, size), dtype=np.uint8)
        picture[: size // 2, : size // 2] += np.uint8(100 * present)
        Image.fromarray(picture).save(file)
    table = pd.DataFrame(
        {
            "patient": [str(k // 3) for k in range(images)],
            "age": random.integers(20, 90, images).astype(float),
            "sex": random.choice(["F", "M"], images),
            "view": random.choice(["PA", "AP"], images),
            "follow_up": np.arange(images) % 3,
            "width": 2048.0,
            "height": 2048.0,
        },
        index=pd.Index([file.name for file in files], name="image"),
    )
    boxes = pd.DataFrame(columns=["image", "finding", "x", "y", "width", "height"])
    archive = PixelArchive(files, folder / "cache")
    return Radiographs(table, labels, FINDINGS, boxes, archive, np.arange(images))


@dataclass(frozen=True)
class StandIn:
    """A row for another to build on, fitted to the tiny data set."""

    fitted: Model
    radiographs: Radiographs

    def scores(self) -> pd.DataFrame:
        """Return its probabilities: indexed by image, a column a finding."""
        images = pd.Index(self.radiographs.images, name="image")
        scores = self.fitted.predict(self.radiographs.without_truth())
        return pd.DataFrame(scores, index=images, columns=list(self.fitted.findings))

    def model(self) -> Model:
        """Return its model."""
        return self.fitted


@dataclass(frozen=True)
class Bench:
    """A model on the bench: fitted once, looked at by every check."""

    kind: type[Model]
    folder: Path

    @cached_property
    def radiographs(self) -> Radiographs:
        """The tiny data set."""
        return tiny_radiographs(self.folder)

    @cached_property
    def parts(self) -> tuple[Radiographs, Radiographs]:
        """What the model is fitted to: train and valid."""
        return self.radiographs.take(np.arange(24)), self.radiographs.take(np.arange(24, 36))

    @cached_property
    def model(self) -> Model:
        """The model, fitted."""
        return self.fit("first", seed=0)

    @cached_property
    def scores(self) -> np.ndarray:
        """What it predicts on everything."""
        return np.asarray(self.model.predict(self.radiographs.without_truth()))

    @cached_property
    def rows(self) -> dict[str, StandIn]:
        """What the model builds on: the models of those names."""
        kinds = {name: registry.find(name) for name in _tiny(self.kind).builds_on}
        benches = {name: Bench(kind, _subfolder(self.folder, name)) for name, kind in kinds.items()}
        return {name: StandIn(bench.model, self.radiographs) for name, bench in benches.items()}

    def fit(self, name: str, *, seed: int) -> Model:
        """Fit a fresh model, again where it failed before; returns what `fit` returned."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return _tiny(self.kind).fit(*self.parts, Job(folder, seed, rows=self.rows))


def _tiny(kind: type[Model]) -> Model:
    known = {key: value for key, value in TINY.items() if key in kind.option_types()}
    return kind(**known)


def names_itself(bench: Bench) -> str | None:
    """Require a title that readers understand."""
    return None if bench.kind.title else "set `title`: one line that says what the model is"


def defaults_are_valid(bench: Bench) -> str | None:
    """Require every default to be of its option's own type."""
    bench.kind(**bench.kind().options)
    return None


def tunes_its_options(bench: Bench) -> str | None:
    """Require the search space to be of options, each held to its type, and its default inside."""
    model = bench.kind()
    for name, span in model.space().items():
        if span != model.search_space[name]:
            default = model.options[name]
            return f"search_space: {name} = {default!r}, the default, lies outside"
    return None


def refuses_unknown_options(bench: Bench) -> str | None:
    """Require a mistyped option to be an error, not a silent default."""
    try:
        bench.kind(no_such_option=1)
    except InputError:
        return None
    return "an unknown option is accepted; let Model.__init__ read the options"


def fit_returns_the_model(bench: Bench) -> str | None:
    """Require fit to return self, as in scikit-learn."""
    return None if isinstance(bench.model, bench.kind) else "fit must return self"


def knows_its_findings(bench: Bench) -> str | None:
    """Require a fitted model to say which finding each column is."""
    if tuple(bench.model.findings) == FINDINGS:
        return None
    return f"after fit, findings must be those of train; they are {bench.model.findings}"


def predicts_probabilities(bench: Bench) -> str | None:
    """Require a number in [0, 1] an image and finding, also for one that train does not hold."""
    wanted = (len(bench.radiographs), len(FINDINGS))
    if bench.scores.shape != wanted:
        return f"predict gives shape {bench.scores.shape}, not {wanted}"
    if not np.isfinite(bench.scores).all():
        return "predict gives scores that are not finite"
    low, high = bench.scores.min(), bench.scores.max()
    return None if low >= 0 and high <= 1 else f"predict gives scores from {low:.3g} to {high:.3g}"


def scores_each_image_alone(bench: Bench) -> str | None:
    """Require an image's scores not to depend on its place or its neighbours."""
    order = np.random.default_rng(1).permutation(len(bench.radiographs))[:20]
    again = bench.model.predict(bench.radiographs.take(order).without_truth())
    gap = np.abs(again - bench.scores[order]).max()
    return None if gap <= TOLERANCE else f"in another order scores differ by up to {gap:.2g}"


def leaves_inputs_alone(bench: Bench) -> str | None:
    """Require labels and pixels to be as they were."""
    _ = bench.scores
    before = tiny_radiographs(_subfolder(bench.folder, "untouched"))
    labels = np.concatenate([part.labels for part in bench.parts])
    if not np.array_equal(labels, np.asarray(before.labels)):
        return "labels have changed"
    if not np.array_equal(bench.radiographs.pixels(32), before.pixels(32)):
        return "pixels have changed"
    return None


def repeats_for_a_seed(bench: Bench) -> str | None:
    """Require the same scores of the same seed."""
    again = bench.fit("second", seed=0).predict(bench.radiographs.without_truth())
    gap = np.abs(again - bench.scores).max()
    return None if gap <= TOLERANCE else f"two fits with one seed differ by up to {gap:.2g}"


def survives_saving(bench: Bench) -> str | None:
    """Require a model that was saved and loaded to predict the same."""
    saved = _subfolder(bench.folder, "saved")
    bench.model.save(saved)
    again = bench.kind.load(saved, bench.rows).predict(bench.radiographs.without_truth())
    gap = np.abs(again - bench.scores).max()
    return None if gap <= TOLERANCE else f"after loading scores differ by up to {gap:.2g}"


def saves_plain_data(bench: Bench) -> str | None:
    """Require that nothing saved is executed on loading."""
    saved = _subfolder(bench.folder, "plain")
    bench.model.save(saved)
    found = [file.name for file in saved.rglob("*") if file.suffix in UNSAFE]
    return f"these files can run code: {', '.join(found)}" if found else None


def _subfolder(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


CHECKS: tuple[Callable[[Bench], str | None], ...] = (
    names_itself,
    defaults_are_valid,
    tunes_its_options,
    refuses_unknown_options,
    fit_returns_the_model,
    knows_its_findings,
    predicts_probabilities,
    scores_each_image_alone,
    leaves_inputs_alone,
    repeats_for_a_seed,
    survives_saving,
    saves_plain_data,
)


def run_checks(model: str) -> Iterator[tuple[str, str | None]]:
    """Run every check on a model.

    Parameters
    ----------
    model : str
        A name or a Python file; see `models.registry.find`.

    Yields
    ------
    name : str
        The check's name, in words.
    reason : str or None
        What is wrong; None where the model passes.
    """
    kind = registry.find(model)
    with TemporaryDirectory() as folder:
        bench = Bench(kind, Path(folder))
        for check in CHECKS:
            yield check.__name__.replace("_", " "), _reason(check, bench)


def _reason(check: Callable[[Bench], str | None], bench: Bench) -> str | None:
    try:
        return check(bench)
    except Exception as error:  # whatever a student's model raises is a finding, not a crash
        return f"{type(error).__name__}: {error}"
