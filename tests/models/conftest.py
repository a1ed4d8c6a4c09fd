"""Radiographs small enough to train on in a second."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from features.pixels import PixelArchive
from features.radiographs import Radiographs


@pytest.fixture(scope="session")
def spotted(tmp_path_factory) -> Callable[..., Radiographs]:
    """Make noisy grey images; the first finding is a bright square, the second a dark one."""

    def make(n: int, *, size: int = 32, seed: int = 0) -> Radiographs:
        rng = np.random.default_rng(seed)
        labels = (rng.random((n, 2)) < 0.4).astype("float32")
        folder = tmp_path_factory.mktemp("spotted")
        files = [folder / f"{number:04}.png" for number in range(n)]
        for file, (bright, dark) in zip(files, labels, strict=True):
            image = rng.normal(128, 20, (size, size))
            for shade in [240] * bool(bright) + [10] * bool(dark):
                top, left = rng.integers(0, size - size // 4, 2)
                image[top : top + size // 4, left : left + size // 4] = shade
            Image.fromarray(image.clip(0, 255).astype("uint8")).save(file)
        table = pd.DataFrame(
            {
                "patient": [str(number) for number in range(n)],
                "age": 50.0,
                "sex": "F",
                "view": "PA",
                "follow_up": 0,
                "width": float(size),
                "height": float(size),
            },
            index=pd.Index([file.name for file in files], name="image"),
        )
        archive = PixelArchive(files, folder / "cache")
        return Radiographs(table, labels, ("Mass", "Emphysema"), archive=archive, rows=np.arange(n))

    return make
