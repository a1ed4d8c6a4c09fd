"""What a trained network makes of a radiograph before it scores any finding."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from features.extractor import Extractor

if TYPE_CHECKING:
    import keras

    from models.keras_model import KerasModel


@dataclass(frozen=True)
class NetworkEmbedding(Extractor):
    """The activations under the logits of a fitted model's network.

    Parameters
    ----------
    size : int
        Side of the images, in pixels: the network's own.
    content : str
        Digest of the network.
    model : KerasModel
        What holds it.
    network : keras.Model
        From (n, size, size) pixels to the activations.
    """

    content: str = field(kw_only=True)
    model: "KerasModel" = field(kw_only=True, compare=False, repr=False)
    network: "keras.Model" = field(kw_only=True, compare=False, repr=False)

    name: ClassVar[str] = "network"
    libraries: ClassVar[tuple[str, ...]] = ("keras", "numpy")
    parallel: ClassVar[bool] = False

    def key(self) -> dict[str, Any]:
        """Return what tells these features from others: the network, by its content."""
        import keras

        return {"network": self.content, "engine": keras.backend.backend()}

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract (n, units)."""
        return self.model.embed(self.network, pixels)
