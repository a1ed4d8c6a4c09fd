"""Embeddings: the pooled activations of a backbone."""

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

import numpy as np

from features.backbones import BACKBONES, build, check_size, weights_digest
from features.errors import InputError, unknown
from features.extractor import Extractor

#: Cells along a side of the image for each of a backbone's four stages, shallow first; 0 for none.
Grids = tuple[int, int, int, int]

#: The last feature map, averaged over the image.
LAST: Grids = (0, 0, 0, 1)


@dataclass(frozen=True)
class Embedding(Extractor):
    """Feature maps of a backbone, averaged over the image or over the cells of a grid.

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
    grids : tuple of int
        For the end of each of the backbone's four stages, shallow first: the cells along a side
        over which its map is averaged, 0 to leave it out. The last map over the whole image is
        ``(0, 0, 0, 1)``.

    Raises
    ------
    InputError
        If the backbone is unknown, or `grids` are not four such numbers, one of them above 0.

    References
    ----------
    Saxe et al., "On random weights and unsupervised feature learning", ICML 2011: why a backbone
    that has learnt nothing still makes useful features. He et al., "Spatial pyramid pooling in deep
    convolutional networks for visual recognition", IEEE TPAMI 37, 2015: maps averaged over cells.

    Examples
    --------
    >>> Embedding(backbone="densenet121", grids=(4, 0, 0, 1)).width  # 16 × 256 + 1024
    5120
    """

    size: int = 224
    backbone: str = "resnet50"
    weights: str = "random"
    seed: int = 0
    grids: Grids = LAST

    name: ClassVar[str] = "embedding"
    libraries: ClassVar[tuple[str, ...]] = ("keras", "numpy")
    parallel: ClassVar[bool] = False
    batch: ClassVar[int] = 32

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise unknown("backbone", self.backbone, BACKBONES)
        check_size(self.backbone, self.size)
        if len(self.grids) != len(self._stages) or min(self.grids) < 0 or not any(self.grids):
            raise InputError(
                f"grids = {list(self.grids)}: give the cells along a side for each of the "
                f"{len(self._stages)} stages of {self.backbone}, 0 for none, one above 0"
            )

    @property
    def width(self) -> int:
        """How many features an image has."""
        return sum(
            grid**2 * channels
            for grid, channels in zip(self.grids, self._stages.values(), strict=True)
        )

    def key(self) -> dict[str, Any]:
        """Return what tells these features from others: a file of weights counts by its content."""
        import keras

        content = {"weights": weights_digest(self.weights), "engine": keras.backend.backend()}
        return super().key() | content

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract (n, width): stage by stage, cell by cell in the order of reading.

        Raises
        ------
        InputError, WorkError
            If the weights cannot be had or do not fit, as `features.backbones.build` says.
        """
        return self.network.predict(pixels[..., None], batch_size=self.batch, verbose=0)

    @cached_property
    def network(self):
        """The extractor as a `keras.Model`: from (n, size, size, 1) uint8 to (n, width)."""
        import keras
        from keras import ops

        backbone = build(self.backbone, size=self.size, weights=self.weights, seed=self.seed)
        wanted = [(name, grid) for name, grid in zip(self._stages, self.grids, strict=True) if grid]
        maps = [backbone.get_layer(name).output for name, _ in wanted]
        grey = keras.Input((self.size, self.size, 1), dtype="uint8")
        colour = ops.repeat(ops.cast(grey, "float32"), 3, axis=-1)
        found = keras.Model(backbone.input, maps)(colour, training=False)
        parts = [
            pooled(ops.cast(features, "float32"), grid)
            for features, (_, grid) in zip(found, wanted, strict=True)
        ]
        return keras.Model(grey, ops.concatenate(parts, axis=-1))

    @property
    def _stages(self) -> dict[str, int]:
        return BACKBONES[self.backbone].stages


def pooled(features, grid: int):
    """Average a feature map over cells.

    Parameters
    ----------
    features : tensor
        Shape (n, side, side, channels).
    grid : int
        Cells along a side. Where it does not divide the side neighbours share a row or column, so
        that no cell is empty, however small the map.

    Returns
    -------
    tensor
        Shape (n, grid * grid * channels), cell by cell in the order of reading.
    """
    from keras import ops

    side = features.shape[1]
    spans = [slice(k * side // grid, -(-(k + 1) * side // grid)) for k in range(grid)]
    cells = [ops.mean(features[:, *cell], axis=(1, 2)) for cell in product(spans, repeat=2)]
    return ops.concatenate(cells, axis=-1)
