"""From absorption to a grey image: beam, scatter, noise, film curve, borders and markers."""

import numpy as np
from scipy import ndimage

_GLYPHS = {
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
}


def expose(absorption: np.ndarray, view: str, rng: np.random.Generator) -> np.ndarray:
    """Expose a detector behind the body and develop the image.

    Parameters
    ----------
    absorption : ndarray, shape (size, size), float32
        What each ray meets; 1 is a chest's soft tissue from front to back.
    view : {"PA", "AP"}
        AP images are taken with a portable tube: softer, with more scatter and noise.
    rng : Generator
        The visit's.

    Returns
    -------
    ndarray, shape (size, size), float32
        Grey, 0 (black) to 1 (white).
    """
    portable = view == "AP"
    hardness = (4.1 if portable else 4.4) * (1 + 0.06 * rng.standard_normal())
    size = absorption.shape[0]
    light = np.exp(-np.float32(hardness) * ndimage.gaussian_filter(absorption, 0.0018 * size))
    light *= _heel(size, rng)
    share = np.clip((0.30 if portable else 0.17) * (1 + 0.25 * rng.standard_normal()), 0.05, 0.6)
    light = (1 - share) * light + share * (0.75 * _far(light) + 0.02)
    dose = (80000 if portable else 130000) * np.exp(0.25 * rng.standard_normal())
    grain = rng.standard_normal(absorption.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, 0.0022 * size) * (0.0022 * size * 3.5)
    light += grain * np.sqrt(light / dose)
    return _develop(-np.log(np.maximum(light, 1e-4)), portable, rng)


def _heel(size: int, rng: np.random.Generator) -> np.ndarray:
    # The beam is a little stronger to one side.
    steps = np.linspace(-1, 1, size, dtype=np.float32)
    a, b = 0.05 * rng.standard_normal(2)
    return (1 + np.float32(a) * steps[None, :]) * (1 + np.float32(b) * steps[:, None])


def _far(light: np.ndarray) -> np.ndarray:
    # Scatter is so wide a blur that an eighth of the pixels will do.
    step = max(light.shape[0] // 32, 1)
    side = light.shape[0] // step
    small = light[: side * step, : side * step].reshape(side, step, side, step).mean((1, 3))
    wide = ndimage.gaussian_filter(small, 0.10 * side)
    return ndimage.zoom(wide, light.shape[0] / side, order=1, mode="nearest", grid_mode=True)


def _develop(density: np.ndarray, portable: bool, rng: np.random.Generator) -> np.ndarray:
    # The scanner sharpens, sets its window by the image's own range, and bends the curve.
    size = density.shape[0]
    sharpen = np.clip(0.35 + 0.25 * rng.standard_normal(), 0, 1)
    density = density + np.float32(sharpen) * (density - ndimage.gaussian_filter(density, 0.02 * size))
    low, high = np.percentile(density[::4, ::4], (8, 96))
    low += ((-0.18 if portable else -0.06) + 0.08 * rng.standard_normal()) * (high - low)
    high += (0.20 + 0.08 * rng.standard_normal()) * (high - low)
    grey = (density - low) / (high - low) + 0.10
    grey = np.where(grey > 0.2, grey, 0.2 * np.exp(np.minimum(grey, 0.2) / 0.2 - 1))
    grey = grey ** np.float32(np.exp(0.18 * rng.standard_normal() - 0.1))
    return np.where(grey < 0.8, grey, 0.8 + 0.22 * np.tanh((grey - 0.8) / 0.22)).astype(np.float32)


def finish(grey: np.ndarray, view: str, rng: np.random.Generator) -> np.ndarray:
    """Shutter the borders, set the side marker and return 8-bit grey."""
    size = grey.shape[0]
    grey = _shutter(grey, rng)
    side = "L" if rng.random() < 0.75 else "R"
    scale = max(1, round(size * (0.006 + 0.004 * rng.random())))
    glyph = np.kron([[int(c) for c in row] for row in _GLYPHS[side]], np.ones((scale, scale)))
    x, y = (0.03 + 0.10 * rng.random()), (0.03 + 0.14 * rng.random())
    left = size * x if side == "R" else size * (1 - x) - glyph.shape[1]
    rows, columns = (slice(int(a), int(a) + n) for a, n in zip((size * y, left), glyph.shape))
    grey[rows, columns] = np.where(glyph > 0, 0.94 - 0.1 * rng.random(), grey[rows, columns])
    return np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)


def _shutter(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = grey.shape[0]
    steps = (np.arange(size, dtype=np.float32) + 0.5) / size
    x, y = steps[None, :], steps[:, None]
    closed = rng.random(4) < 0.35
    inset = np.where(closed, 0.06 * rng.random(4) ** 1.5, -0.1)
    tilt = 0.03 * rng.standard_normal(4)
    inside = np.minimum(
        np.minimum(x - inset[0] - tilt[0] * y, 1 - x - inset[1] - tilt[1] * y),
        np.minimum(y - inset[2] - tilt[2] * x, 1 - y - inset[3] - tilt[3] * x),
    )
    border = 0.02 if rng.random() < 0.9 else 0.96
    return np.where(inside > 0, grey, np.float32(border))
