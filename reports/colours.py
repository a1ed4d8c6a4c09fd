"""The page's colours on light paper, for drawings that leave it: read from its own stylesheet."""

import re
from functools import cache
from importlib.resources import files

import numpy as np

_PLAIN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}),")
_MIXED = re.compile(
    r"--([\w-]+): color-mix\(in oklab, var\(--([\w-]+)\) (\d+)%, var\(--([\w-]+)\)\)"
)
_SAME = re.compile(r"--([\w-]+): var\(--([\w-]+)\);")

#: Linear sRGB → cone responses, and the cube roots of these → OKLab.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@cache
def light() -> dict[str, str]:
    """Return every colour of ``_variables.css`` by its variable, as ``#rrggbb``."""
    source = files("reports").joinpath("templates", "_variables.css").read_text(encoding="utf-8")
    colours = dict(_PLAIN.findall(source))
    for name, first, share, second in _MIXED.findall(source):
        colours[name] = mix(colours[first], colours[second], int(share) / 100)
    return colours | {name: colours[of] for name, of in _SAME.findall(source) if of in colours}


def mix(first: str, second: str, share: float) -> str:
    """Mix `share` of one colour with another, as ``color-mix(in oklab, …)`` of CSS does.

    Examples
    --------
    >>> mix("#000000", "#ffffff", 0.5)
    '#636363'

    References
    ----------
    B. Ottosson, "A perceptual color space for image processing", 2020.
    """
    return _from_oklab(share * _to_oklab(first) + (1 - share) * _to_oklab(second))


def _to_oklab(colour: str) -> np.ndarray:
    value = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return _LAB @ np.cbrt(_CONES @ linear)


def _from_oklab(lab: np.ndarray) -> str:
    linear = np.linalg.solve(_CONES, np.linalg.solve(_LAB, lab) ** 3).clip(0, 1)
    value = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(255 * part):02x}" for part in value)
