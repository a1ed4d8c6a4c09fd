"""Extractor: pixels in, features out."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np


@dataclass(frozen=True)
class Extractor(ABC):
    """One kind of feature: a frozen dataclass whose fields are its parameters.

    Parameters
    ----------
    size : int
        Side of the images it takes, in pixels.

    Attributes
    ----------
    name : str
        How models and users call the features.
    libraries : tuple of str
        The distributions whose versions may change the features.
    parallel : bool
        False where the extractor itself keeps every core or a GPU busy: it then runs in the calling
        process alone.
    """

    size: int = 128

    name: ClassVar[str]
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    parallel: ClassVar[bool] = True

    def key(self) -> dict[str, Any]:
        """Return what tells its features from others: parameters, and the content of files."""
        return asdict(self)

    @abstractmethod
    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        """Extract features, each image's by itself.

        Parameters
        ----------
        pixels : numpy.ndarray
            Shape (n, size, size), uint8.

        Returns
        -------
        numpy.ndarray
            Shape (n, d), float32.
        """
