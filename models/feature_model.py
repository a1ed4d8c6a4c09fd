"""FeatureModel: any scikit-learn-style estimator on named features."""

import sys
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import NonNegativeInt, PositiveInt

from features.cache import cached
from features.embeddings import LAST, Embedding
from features.errors import InputError, unknown
from features.extractor import Extractor
from features.findings import FINDINGS, display
from features.metadata import encode
from features.progress import Progress, silent
from features.radiographs import Radiographs
from features.texture import HOG, LBP
from models.base import Estimate, Job, Model, unheard

#: What `features` may name, beside rows.
FEATURES = ("hog", "lbp", "embedding", "metadata")

#: Those that have a place in the image.
TEXTURES = ("hog", "lbp")

#: What stands before the name of a row whose network makes the features.
ROW = "row:"

#: What each brings and costs: its dimensions, and a core's seconds for an image of 128 pixels.
COSTS = {"hog": (1764, 0.0016), "lbp": (480, 0.0048), "metadata": (6, 0)}
COST_OF_ROW = (1024, 0.023)
SECONDS_OF_EMBEDDING = 0.025

#: Bytes of a saved tree.
TREE = 1060

#: Cells of HOG along a side of the image, whatever its size: the features keep their number.
HOG_GRID = 8


class FeatureModel(Model):
    """A classifier on features: a subclass says which features and which classifier.

    The classifier may score one finding or all at once; findings are taken apart as needed. Unknown
    labels keep a radiograph out of that finding's fit. A finding with one class in the training
    part gets its prevalence, and a note.

    Attributes
    ----------
    features : tuple of str, or one str
        Any of `FEATURES`, side by side in this order: ``hog`` and ``lbp`` (texture), ``embedding``
        (pooled activations of a frozen backbone), ``metadata`` (age, sex, view position), or
        ``row:NAME`` (what the network of another row, fine-tuned in this run, has before its last
        layer).
    size : int
        Side of the images, in pixels; texture's cells and the backbone's input go with it.
    backbone, weights : str
        The network behind ``embedding``, as `features.backbones.build` takes them.
    embedding_seed : int
        Where a backbone's random weights come from. Not the fit's own seed, so that embeddings are
        extracted once for all of them.
    embedding_grids : tuple of int
        Of which stages ``embedding`` holds the activations, and averaged over how many cells, as
        `features.embeddings.Embedding` takes its ``grids``.
    trusted : tuple of str
        Types that a saved estimator may hold beside the usual ones, named as skops does.

    Examples
    --------
    A whole model file::

        from sklearn.linear_model import LogisticRegression
        from models.feature_model import FeatureModel

        class Team7(FeatureModel):
            features = ("hog",)

            def estimator(self, seed):
                return LogisticRegression(max_iter=500, random_state=seed)
    """

    features: tuple[str, ...] = ("hog", "lbp")
    size: PositiveInt = 128
    backbone: str = "resnet50"
    weights: str = "random"
    embedding_seed: NonNegativeInt = 0
    embedding_grids: tuple[NonNegativeInt, NonNegativeInt, NonNegativeInt, NonNegativeInt] = LAST

    trusted: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **options: Any) -> None:
        """Take the title from the file's first line where the class gives none."""
        super().__init_subclass__(**options)
        if not cls.title:
            text = cls.__doc__ or getattr(sys.modules.get(cls.__module__), "__doc__", None) or ""
            cls.title = text.strip().split("\n")[0].rstrip(".") or cls.__name__

    def __init__(self, **options: Any) -> None:
        if isinstance(options.get("features", self.features), str):  # one name, without a list
            options["features"] = (options.get("features", self.features),)
        super().__init__(**options)
        if not self.features:
            raise InputError(f"{self.name()}.features is empty: name any of {', '.join(FEATURES)}")
        for name in self.features:
            if name not in FEATURES and not name.startswith(ROW):
                known = (*FEATURES, f"{ROW}NAME")
                raise unknown("feature", name, known, where=f"{self.name()}.features")
        self._extractors: dict[str, Extractor] = {}

    @abstractmethod
    def estimator(self, seed: int) -> Any:
        """Return a new classifier, in the manner of scikit-learn.

        Parameters
        ----------
        seed : int
            The one source of randomness, usually its ``random_state``.
        """

    @property
    def builds_on(self) -> tuple[str, ...]:
        """The rows whose networks make features."""
        return tuple(name.removeprefix(ROW) for name in self.features if name.startswith(ROW))

    def depends_on(self) -> dict[str, Any]:
        """Return the options that the features read; a file of weights counts by its content."""
        if "embedding" in self.features:
            from features.backbones import weights_digest

            self._embedding()  # refuses what it cannot extract
            return self.options | {"weights": weights_digest(self.weights)}
        idle = {"backbone", "weights", "embedding_seed", "embedding_grids"}
        if not {"hog", "lbp"} & set(self.features):
            idle.add("size")
        return {name: value for name, value in self.options.items() if name not in idle}

    def estimate(self, train: int, total: int) -> Estimate | None:
        """Estimate extraction and boosting on two cores; None where nothing is boosted."""
        rounds = self.options.get("rounds")
        if rounds is None:
            return None
        widths, seconds = zip(*map(self._cost, self.features), strict=True)
        extraction = total * sum(seconds) * (self.size / 128) ** 2
        trees = rounds * len(FINDINGS)
        boosting = trees * sum(widths) * (1e-6 + 1.3e-9 * train)
        start = 20 if "embedding" in self.features else 3
        return Estimate(start + (extraction + boosting) / 2, trees * TREE)

    def fit(self, train: Radiographs, valid: Radiographs, job: Job) -> Self:
        """Extract the features, which may lie on disk, and fit the estimator."""
        from models.auc import Standing
        from models.estimators import fit_findings

        if train.labels is None or valid.labels is None:
            raise ValueError("a model is fitted to radiographs with labels")
        self.rows, self._extractors = job.rows, {}
        X = self._matrix(train, job.progress)
        watched = self._matrix(valid, job.progress), valid.labels
        self.findings = train.findings
        each = None if job.report is unheard else Standing(valid, job.report)
        self._fitted = fit_findings(
            self.estimator(job.seed), X, train.labels, watched, job.progress, each
        )
        self.facts = self._facts(train)
        return self

    def predict(self, radiographs: Radiographs) -> np.ndarray:
        """Score radiographs: shape (n, findings), in [0, 1]."""
        return self._fitted.predict(self._matrix(radiographs))

    @property
    def heatmap_methods(self) -> tuple[str, ...]:
        """Gain and SHAP values, as `models.tree_maps` has them."""
        from models import tree_maps

        return tree_maps.METHODS if self._maps_are_ours else ()

    @property
    def why_no_heatmaps(self) -> str:
        """Why there are none: no feature has a place, or no trees of ours split on them."""
        from models.one_vs_rest import OneVsRestXGBoost

        if not self._maps_are_ours:
            return ""
        if not set(TEXTURES) & set(self.features):
            return f"none of its features ({', '.join(self.features)}) has a place in the image"
        if not isinstance(self.estimator(0), OneVsRestXGBoost):
            return "its classifier is not OneVsRestXGBoost"
        return ""

    @property
    def _maps_are_ours(self) -> bool:
        """False where a subclass says in its own way where it looks."""
        return type(self).heatmaps is FeatureModel.heatmaps

    @property
    def heatmap_note(self) -> str:
        """How much of the trees' gain has no place in the image, and so is on no map."""
        shares = dict(zip(self.features, self.facts.get("gain", ()), strict=False))
        blind = {name: share for name, share in shares.items() if name not in TEXTURES}
        if not blind or not self._maps_are_ours:
            return ""
        share = f"{sum(blind.values()):.0%} of its trees' gain, averaged over the findings,"
        return f"{share} has no place in the image ({', '.join(blind)})"

    def heatmaps(
        self,
        radiographs: Radiographs,
        finding: str,
        *,
        layer: str = "",
        method: str = "",
    ) -> np.ndarray:
        """Return where the texture lies that a finding's trees split on; see `models.tree_maps`.

        ``gain`` is one map for all radiographs: what splits have gained in training. ``shap`` is
        one for each: what of it speaks for the finding there.
        """
        from models import tree_maps
        from models.estimators import total_gain

        if self.why_no_heatmaps:
            raise InputError(f"{self.name()} has no heat maps: {self.why_no_heatmaps}")
        if finding not in self.findings:
            raise unknown("finding", finding, self.findings, where=self.name())
        if layer:
            raise InputError(f"{self.name()} is no network: it has no layer '{layer}'")
        booster = self._fitted.booster(self.findings.index(finding))
        if self.heatmap_method(method) == "shap":
            worth = tree_maps.contributions(booster, self._matrix(radiographs))
            return tree_maps.heatmaps(self._layout(), worth)
        worth = total_gain(booster, self.facts["dimensions"])[None]
        return tree_maps.heatmaps(self._layout(), worth).repeat(len(radiographs), axis=0)

    def _layout(self) -> list[tuple[Extractor | None, int]]:
        """Return what makes the features that have a place, and how many each makes."""
        return [
            (self._extractor(name) if name in TEXTURES else None, width)
            for name, width in zip(self.features, self.facts["widths"], strict=True)
        ]

    def _cost(self, name: str) -> tuple[int, float]:
        if name == "embedding":
            return self._embedding().width, SECONDS_OF_EMBEDDING
        return COSTS.get(name, COST_OF_ROW)

    def _matrix(self, radiographs: Radiographs, progress: Progress = silent) -> np.ndarray:
        """Return the features of radiographs side by side: shape (n, d), float32."""
        return np.hstack([self._one(name, radiographs, progress) for name in self.features])

    def _one(self, name: str, radiographs: Radiographs, progress: Progress) -> np.ndarray:
        if name == "metadata":
            return encode(radiographs.table)
        if name not in self._extractors:
            self._extractors[name] = self._extractor(name)
        return cached(radiographs, self._extractors[name], progress)

    def _extractor(self, name: str) -> Extractor:
        if name == "hog":
            return HOG(size=self.size, cell=max(self.size // HOG_GRID, 1))
        if name == "lbp":
            return LBP(size=self.size)
        if name == "embedding":
            return self._embedding()
        return self.rows[name.removeprefix(ROW)].model().embedding()

    def _embedding(self) -> Embedding:
        return Embedding(
            self.size, self.backbone, self.weights, self.embedding_seed, self.embedding_grids
        )

    def _facts(self, radiographs: Radiographs) -> dict[str, Any]:
        one = radiographs.take([0])
        widths = [self._one(name, one, silent).shape[1] for name in self.features]
        one_class = [
            name for at, name in enumerate(self.findings) if at not in self._fitted.columns
        ]
        notes = [
            f"{display(name)} has one class in the training part: its score is its prevalence"
            for name in one_class
        ]
        facts: dict[str, Any] = {
            "features": list(self.features),
            "dimensions": sum(widths),
            "widths": widths,
            "notes": notes,
            **self._fitted.trees(),
        }
        if (gains := self._fitted.gains()) is not None:
            facts["gain"] = _shares(gains, widths)
        if "embedding" in self.features:
            facts |= {"weights": self.weights, "weights_digest": self.depends_on()["weights"]}
        return facts

    def _save(self, folder: Path) -> None:
        self._fitted.save(folder)

    def _load(self, folder: Path) -> None:
        from models.estimators import FittedFindings

        self._fitted = FittedFindings.load(folder, self.trusted)


def _shares(gains: np.ndarray, widths: list[int]) -> list[float]:
    """Return the share that each kind of feature has in the gain, averaged over the findings."""
    blocks = np.split(gains, np.cumsum(widths)[:-1], axis=1)
    sums = np.column_stack([block.sum(axis=1) for block in blocks])
    grown = sums[sums.sum(axis=1) > 0]
    shares = (grown / grown.sum(axis=1, keepdims=True)).sum(axis=0) / max(len(grown), 1)
    return shares.round(4).tolist()
