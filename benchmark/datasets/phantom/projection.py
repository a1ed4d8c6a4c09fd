"""From absorption to a grey image: beam, scatter, noise, film curve, borders and markers."""

import math

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
    hardness, scatter, dose = np.clip(rng.standard_normal(3), -2, 2).tolist()
    hardness = (4.1 if portable else 4.4) * (1 + 0.06 * hardness)
    size = absorption.shape[0]
    light = np.exp(-hardness * ndimage.gaussian_filter(absorption, 0.0018 * size))
    light *= _heel(size, rng)
    share = (0.30 if portable else 0.17) * (1 + 0.25 * scatter)
    light = (1 - share) * light + share * (0.75 * _far(light) + 0.02)
    photons = (80000 if portable else 130000) * math.exp(0.25 * dose)
    grain = rng.standard_normal(absorption.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, 0.0022 * size) * (0.0022 * size * 3.5)
    light += grain * np.sqrt(light / photons)
    return _develop(-np.log(np.maximum(light, 1e-4)), portable, rng)


def _heel(size: int, rng: np.random.Generator) -> np.ndarray:
    # The beam is a little stronger to one side.
    steps = np.linspace(-1, 1, size, dtype=np.float32)
    across, down = (0.05 * rng.standard_normal(2)).tolist()
    return (1 + across * steps[None, :]) * (1 + down * steps[:, None])


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
    sharpen, *wander = np.clip(rng.standard_normal(4), -1.4, 1.6).tolist()
    detail = density - ndimage.gaussian_filter(density, 0.02 * size)
    density = density + (0.35 + 0.25 * sharpen) * detail
    low, high = np.percentile(density[::4, ::4], (8, 96)).tolist()
    low += ((-0.16 if portable else -0.06) + 0.08 * wander[0]) * (high - low)
    high += (0.20 + 0.08 * wander[1]) * (high - low)
    grey = (density - low) / (high - low) + 0.10
    grey = np.where(grey > 0.2, grey, 0.2 * np.exp(np.minimum(grey, 0.2) / 0.2 - 1))
    grey = grey ** math.exp(0.16 * wander[2] - 0.06)
    return np.where(grey < 0.8, grey, 0.8 + 0.22 * np.tanh((grey - 0.8) / 0.22)).astype(np.float32)


def finish(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shutter the borders, set the side marker and return 8-bit grey."""
    grey = _shutter(grey, rng)
    _mark(grey, rng)
    return np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)


def _mark(grey: np.ndarray, rng: np.random.Generator) -> None:
    # A lead letter in an upper corner: R on the patient's right, which is the image's left.
    size, side = grey.shape[0], "L" if rng.random() < 0.75 else "R"
    scale = max(1, round(size * (0.006 + 0.004 * rng.random())))
    letter = np.kron([[int(c) for c in row] for row in _GLYPHS[side]], np.ones((scale, scale)))
    high, wide = letter.shape
    margin, top = int(size * (0.03 + 0.10 * rng.random())), int(size * (0.03 + 0.14 * rng.random()))
    left = margin if side == "R" else size - margin - wide
    spot = grey[top : top + high, left : left + wide]
    np.copyto(spot, np.float32(0.94 - 0.1 * rng.random()), where=letter > 0)


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
