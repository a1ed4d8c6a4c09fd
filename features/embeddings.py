"""Embeddings: the pooled activations of a backbone."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from features.backbones import build, weights_digest
from features.extractor import Extractor


@dataclass(frozen=True)
class Embedding(Extractor):
    """The last feature map of a backbone, averaged over the image.

    Parameters
    ----------
    size : int
        Side of the images, in pixels.
    backbone : str
        One of `features.backbones.BACKBONES`.
    weights : str
        ``"imagenet"``, ``"random"`` or the path of a file of weights.
    seed : int
        Where random weights come from.

    References
    ----------
    Saxe et al., "On random weights and unsupervised feature learning", ICML 2011: why a backbone
    that has learnt nothing still makes useful features.
    """

    size: int = 224
    backbone: str = "resnet50"
    weights: str = "random"
    seed: int = 0

    name: ClassVar[str] = "embedding"
    libraries: ClassVar[tuple[str, ...]] = ("keras", "numpy")
    parallel: ClassVar[bool] = False
    batch: ClassVar[int] = 32

    def key(self) -> dict[str, Any]:
        """Return what tells these features from others: a file of weights counts by its content."""
        import keras

        content = {"weights": weights_digest(self.weights), "engine": keras.backend.backend()}
        return super().key() | content

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract (n, channels).

        Raises
        ------
        InputError, WorkError
            If the backbone or its weights cannot be had, as `features.backbones.build` says.
        """
        return self.network.predict(pixels[..., None], batch_size=self.batch, verbose=0)

    @cached_property
    def network(self):
        """The extractor as a `keras.Model`: from (n, size, size, 1) uint8 to (n, channels)."""
        import keras
        from keras import ops

        backbone = build(self.backbone, size=self.size, weights=self.weights, seed=self.seed)
        grey = keras.Input((self.size, self.size, 1), dtype="uint8")
        features = backbone(ops.repeat(ops.cast(grey, "float32"), 3, axis=-1), training=False)
        return keras.Model(grey, ops.mean(ops.cast(features, "float32"), axis=(1, 2)))
