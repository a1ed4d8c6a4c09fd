"""KerasModel: the one training loop; a subclass says only what its network is."""

import re
from abc import abstractmethod
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_args

import numpy as np
from pydantic import Field, FiniteFloat, NonNegativeInt, PositiveInt

from features.backbones import SMALLEST
from features.errors import InputError, unknown
from features.extractor import Extractor
from features.files import read_json, write_json
from features.findings import NO_FINDING
from features.fingerprint import digest
from features.progress import Progress, silent
from features.radiographs import Radiographs
from models import backend, gpu, losses, sharing
from models.base import Estimate, Job, Model
from models.price import Price
from models.space import Choice, Float, Range

if TYPE_CHECKING:
    import keras

#: Share of its moving statistics that a batch normalisation keeps at a step, where it starts from
#: nothing. Keras' own .99 suits ImageNet's million steps; in a training of a few hundred the
#: statistics lag behind weights that still move fast. `cnn6` on 742 radiographs at 64 pixels: the
#: same AUC on valid, but losses up to .53 in epochs 9 to 13, where .9 gives .37 at most.
MOMENTUM_FROM_RANDOM = 0.9


#: Share of units that a dropout leaves out.
Dropout = Annotated[float, Field(ge=0, lt=1)]

#: Side, in pixels, of images that a backbone can shrink to a feature map.
BackboneSide = Annotated[int, Field(ge=SMALLEST)]

Rate = Annotated[FiniteFloat, Field(gt=0)]


class KerasModel(Model):
    """A network trained on radiographs; a subclass defines `network` and, perhaps, `inputs`.

    Attributes
    ----------
    size : int
        Side of the images, in pixels.
    epochs : int
        The most passes over *train*.
    head_epochs : int
        Fine-tuning in two phases: so many passes before, that train what stands on the backbone
        alone. The backbone's batch normalisations stay as they came, in both phases.
    head_learning_rate : float
        Adam's in that first phase.
    batch_size : int
        The most radiographs of a step.
    sampling : {"shuffled", "balanced"}
        Whether an epoch shows every image once, or every finding as often as any other; see
        `models.training.orders`.
    learning_rate : float
        Adam's first.
    loss : {"bce", "weighted_bce", "focal"}
        See `models.losses.make`.
    gamma : float
        Of the focal loss.
    balanced : bool
        Whether the focal loss balances the classes of each finding.
    monitor : {"val_loss", "val_auc"}
        What decides on the best epoch, on stopping and on the learning rate.
    patience : int
        Epochs without a better one before training stops; 0 for never.
    reduce_patience : int
        Epochs without a better one before the learning rate is halved; 0 for never.
    no_finding : bool
        Whether No Finding is learnt beside the findings; it is left out of the scores.
    rotation, flip, brightness : float, bool, float
        Augmentation: degrees, mirroring, share of 255. See `models.training.layers.augment`.
    mixed_precision : "auto" or bool
        Whether to compute in 16 bits; "auto" where there is a GPU.
    deterministic : bool
        Whether two trainings must give the same bits, at some cost on a GPU.
    devices : "all" or int
        Among how many GPUs (CPUs, where there is none) each batch is shared out.
    steps_per_execution : int
        Steps handed to the device at a time: for a GPU that would wait for Python between them.
    trained : keras.Model
        The network itself, from `inputs` to the logits of `outputs`, once fitted or loaded.
    """

    kind = "deep"
    price: ClassVar[Price | None] = None
    search_space: ClassVar[dict[str, Range]] = {
        "learning_rate": Float(1e-5, 1e-2, log=True),
        "batch_size": Choice(8, 16, 32, 64),
        "loss": Choice(*get_args(losses.LossName)),
    }

    size: PositiveInt = 224
    epochs: PositiveInt = 30
    head_epochs: NonNegativeInt = 0
    head_learning_rate: Rate = 1e-3
    batch_size: PositiveInt = 32
    sampling: Literal["shuffled", "balanced"] = "shuffled"
    learning_rate: Rate = 1e-3
    loss: losses.LossName = "bce"
    gamma: Annotated[FiniteFloat, Field(ge=0)] = 2.0
    balanced: bool = True
    monitor: Literal["val_loss", "val_auc"] = "val_loss"
    patience: NonNegativeInt = 5
    reduce_patience: NonNegativeInt = 2
    no_finding: bool = False
    rotation: Annotated[float, Field(ge=0, le=180)] = 0.0
    flip: bool = False
    brightness: Annotated[float, Field(ge=0, le=1)] = 0.0
    mixed_precision: backend.Mixed = "auto"
    deterministic: bool = False
    devices: sharing.Devices = 1
    steps_per_execution: PositiveInt = 1

    sharing: sharing.Sharing  # what shares each batch, once fitted
    precision: str  # the dtype policy

    _restoring = False  # True while a saved network is rebuilt: its weights come from its own file

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sharing, self.precision = sharing.ALONE, "float32"

    @abstractmethod
    def network(self, images: "keras.KerasTensor") -> "keras.KerasTensor":
        """Define the network, from its images to the layer before the findings.

        The logits are added by the caller. Layers and initialisers need no seed: what they leave
        open follows from the job's.

        Parameters
        ----------
        images : keras.KerasTensor
            Shape (n, size, size, 1), float32 in 0..255, augmented in training; or whatever
            `inputs` returns, (n, features).

        Returns
        -------
        keras.KerasTensor
            Shape (n, units).
        """

    def inputs(self, radiographs: Radiographs, progress: Progress = silent) -> Any:
        """Return what goes into the network: pixels, unless a subclass has features for it.

        Returns
        -------
        array-like
            Shape (n, size, size), uint8, or (n, features), float32; indexed by positions.
        """
        return radiographs.pixels(self.size, progress)

    def backbone(self, name: str, images: "keras.KerasTensor", weights: str) -> "keras.KerasTensor":
        """Return the feature map of a backbone with its own preprocessing; all of it is trained.

        Parameters
        ----------
        name : str
            One of `features.backbones.BACKBONES`.
        images : keras.KerasTensor
            Shape (n, size, size, 1), floats in 0..255.
        weights : str
            What to start from: ``"imagenet"``, ``"random"`` or a path.

        Returns
        -------
        keras.KerasTensor
            Shape (n, h, w, channels).
        """
        from keras import layers

        from features import backbones

        network = backbones.build(
            name,
            size=self.size,
            weights="random" if self._restoring else weights,
            seed=self._seed,
            batch_norm_momentum=MOMENTUM_FROM_RANDOM if weights == "random" else 0.99,
        )
        return network(layers.Concatenate()([images] * 3))

    @property
    def outputs(self) -> tuple[str, ...]:
        """What the network learns: the findings and, where asked for, No Finding as the last."""
        more = self.no_finding and NO_FINDING not in self.findings
        return (*self.findings, NO_FINDING) if more else self.findings

    def targets(self, radiographs: Radiographs) -> np.ndarray:
        """Return what the network is to learn of radiographs.

        No Finding is present where every finding is absent, and unknown where one is unknown and
        none is present.

        Returns
        -------
        numpy.ndarray
            Shape (n, outputs), float32: 1 present, 0 absent, NaN unknown.
        """
        labels = radiographs.labels
        if labels is None:
            raise ValueError("the labels of these radiographs are withheld")
        if len(self.outputs) == labels.shape[1]:
            return labels
        some = np.where((labels == 1).any(axis=1), 1, labels.max(axis=1))
        return np.column_stack([labels, 1 - some]).astype("float32")

    def build(self, shape: tuple[int, ...], dtype: str, *, seed: int) -> "keras.Model":
        """Put the network together: pixels, augmentation, the subclass's layers, logits.

        Parameters
        ----------
        shape : tuple of int
            Of one radiograph's inputs: (size, size) pixels or (features,).
        dtype : str
            Of the inputs.
        seed : int
            The one source of randomness.

        Returns
        -------
        keras.Model
            From (n, *shape) to (n, outputs).
        """
        import keras

        from models.training.layers import augment, grey

        self._seed = seed
        images = given = keras.Input(shape, dtype=dtype)
        if len(shape) > 1:
            images = augment(
                grey(given),
                rotation=self.rotation,
                flip=self.flip,
                brightness=self.brightness,
                seed=seed,
            )
        # In 32 bits whatever the rest computes in: a loss needs the digits.
        logits = keras.layers.Dense(len(self.outputs), dtype="float32", name="logits")
        # Engines take letters, digits and underscores for a name, and a letter or a digit first.
        name = re.sub(r"\W", "_", self.name(), flags=re.ASCII).lstrip("_") or "network"
        network = keras.Model(given, logits(self.network(images)), name=name)
        backend.own_randomness(network)
        return network

    def depends_on(self) -> dict[str, Any]:
        """Return the options, the content of weights, and what of the engine shows unimported.

        Raises
        ------
        InputError
            If the engine, or the file of weights, cannot serve the options.
        """
        backend.check_installed()
        sharing.check_sharing(self.devices)
        precision = backend.precision(self.mixed_precision, gpu=gpu.has_driver())
        engine = {"backend": backend.name(), "precision": precision}
        started = self._beginning()["weights_digest"]
        return self.options | engine | ({"weights": started} if started else {})

    def estimate(self, train: int, total: int) -> Estimate | None:
        """Estimate from the row's `price`, as if no epoch were spared."""
        if self.price is None:
            return None
        return self.price.estimate(
            train,
            total,
            size=self.size,
            batch_size=self.batch_size,
            epochs=self.epochs,
            head_epochs=self.head_epochs,
        )

    def fit(self, train: Radiographs, valid: Radiographs, job: Job) -> Self:  # noqa: D102
        from models.training import loop
        from models.training.plan import described, plan_of

        if self.deterministic:  # first of all: an engine may read its flags but once
            backend.make_deterministic()
        self.findings, self.facts = train.findings, self.facts | self._beginning()
        key = self._key(train, valid, job.seed)
        self.sharing = sharing.shared_by(self.devices)  # before anything is computed
        learn, choose = (
            loop.Part(self.inputs(part, job.progress), self.targets(part))
            for part in (train, valid)
        )
        plan = plan_of(self, learn.targets, choose.targets, seed=job.seed)
        with self._session(job.seed):
            shape, dtype = learn.inputs.shape[1:], str(learn.inputs.dtype)
            self.trained = self.build(shape, dtype, seed=job.seed)
            if len(plan.sharing) > 1:
                sharing.synchronise(self.trained)
            self.history, best, before = loop.train(
                self.trained,
                learn,
                choose,
                plan,
                folder=job.folder,
                key=key,
                progress=job.progress,
                report=job.report,
            )
        self.facts |= described(self, plan, best, before)
        return self

    def _beginning(self) -> dict[str, Any]:
        """Return what the training starts from; asked before it, for a file may move meanwhile."""
        from features.backbones import weights_digest

        weights = getattr(self, "weights", None)
        return {"weights": weights, "weights_digest": weights and weights_digest(weights)}

    def predict(self, radiographs: Radiographs) -> np.ndarray:  # noqa: D102
        from scipy.special import expit

        if not len(radiographs):
            return np.zeros((0, len(self.findings)), "float32")
        logits = self._outputs(self.trained, self.inputs(radiographs))
        return expit(logits[:, : len(self.findings)])

    def embedding(self) -> Extractor:  # noqa: D102
        import keras

        from models.network_embedding import NetworkEmbedding

        logits = self.trained.get_layer("logits")
        # Once for all blocks of images: an engine compiles every new network anew.
        headless = self.from_pixels(keras.Model(self.trained.inputs, logits.input))
        content = digest(self.card, *self.trained.get_weights())
        return NetworkEmbedding(self.size, content=content, model=self, network=headless)

    def embed(self, network: "keras.Model", pixels: Any) -> np.ndarray:
        """Return what the fitted network without its last layer makes of images."""
        return self._outputs(network, pixels).astype("float32", copy=False)

    def _outputs(self, network: "keras.Model", inputs: Any) -> np.ndarray:
        """Return what a network makes of inputs, batch by batch: shape (n, units)."""
        from models.training.batches import Batches, predict

        batches = Batches(
            inputs,
            batch_size=self.batch_size,
            sharing=self.sharing,
            equal=bool(backend.jit()),
        )
        with self._session(seed=0):
            return predict(network, batches)

    @property
    def heatmap_methods(self) -> tuple[str, ...]:
        """Grad-CAM, and what else `models.gradcam` knows."""
        from models import gradcam

        return gradcam.METHODS

    def heatmaps(
        self,
        radiographs: Radiographs,
        finding: str,
        *,
        layer: str = "",
        method: str = "",
    ) -> np.ndarray:
        """Return where the evidence for a finding lies, as `models.gradcam` finds it."""
        from models import gradcam

        if finding not in self.findings:
            raise unknown("finding", finding, self.findings, where=self.name())
        return gradcam.heatmaps(
            self.from_pixels(),
            radiographs.pixels(self.size),
            self.findings.index(finding),
            layer=layer,
            method=self.heatmap_method(method),
            batch_size=self.batch_size,
        )

    def from_pixels(self, network: "keras.Model | None" = None) -> "keras.Model":
        """Return the fitted network, or a part of it, as one that takes (n, size, size) pixels.

        A subclass that learns from features puts what computes them in front.

        Parameters
        ----------
        network : keras.Model, optional
            From what `inputs` returns to anything; to the logits by default.

        Raises
        ------
        InputError
            If such a subclass does not.
        """
        network = network or self.trained
        if len(network.input_shape) != 3:
            raise InputError(f"{self.name()} learns from features: it takes no pixels")
        return network

    def _save(self, folder: Path) -> None:
        from models.training import weights

        given = self.trained.inputs[0]
        write_json(folder / "inputs.json", {"shape": given.shape[1:], "dtype": given.dtype})
        weights.save(self.trained, folder / "network.weights.h5")

    def _load(self, folder: Path) -> None:
        backend.start()
        from models.training import weights

        self._restoring = True
        given = read_json(folder / "inputs.json")
        with self._session(seed=0):
            self.trained = self.build(tuple(given["shape"]), given["dtype"], seed=0)
        weights.load(self.trained, folder / "network.weights.h5")
        self._restoring = False

    def _session(self, seed: int) -> AbstractContextManager[None]:
        self.precision = backend.precision(self.mixed_precision, gpu=backend.devices() > 0)
        return backend.session(seed=seed, precision=self.precision, scope=self.sharing.scope)

    def _key(self, train: Radiographs, valid: Radiographs, seed: int) -> str:
        """Digest what makes two trainings the same, but for the code and the pixels themselves."""
        parts = [item for part in (train, valid) for item in (list(part.images), part.labels)]
        # Keras orders the variables: another version's state may not fit, or fit wrongly.
        return digest(self.name(), version("keras"), self.depends_on(), seed, *parts)
