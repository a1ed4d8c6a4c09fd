"""What a file of weights holds, told from shapes and from plain JSON: nothing in it is run."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

from features.errors import one_line

#: Parts of an array's place in a file that make it no parameter of a layer.
STATES = ("optimizer", "seed_generator")


@dataclass(frozen=True)
class Held:
    """What a network or a file of weights holds.

    Parameters
    ----------
    shapes : Counter
        How many arrays there are of each shape; kernels of convolutions have four dimensions.
    name : str, optional
        What the network calls itself.

    Examples
    --------
    >>> print(Held(Counter({(3, 3, 1, 8): 1, (8,): 1}), "small"))
    1 convolution, 80 parameters
    """

    shapes: Counter
    name: str = ""

    @property
    def convolutions(self) -> Counter:
        """The shapes of four dimensions."""
        return Counter({shape: n for shape, n in self.shapes.items() if len(shape) == 4})

    def __str__(self) -> str:
        convolutions = self.convolutions.total()
        parameters = sum(prod(shape) * n for shape, n in self.shapes.items())
        return f"{convolutions} convolution{'s' * (convolutions != 1)}, {parameters:,} parameters"

    def surrounds(self, other: "Held") -> bool:
        """Say whether this is the other, or the other with layers round it that do not convolve."""
        return self.convolutions == other.convolutions and self.shapes >= other.shapes


def held_by(network) -> Held:
    """Return what a network holds."""
    return Held(Counter(tuple(array.shape) for array in network.weights), network.name)


def held_in(file: Path) -> Held:
    """Return what a file of weights holds.

    Parameters
    ----------
    file : Path
        HDF5 or, where it ends in ``.keras``, an archive with such a file inside.

    Raises
    ------
    Exception
        What h5py or zipfile raise where it cannot be read.
    """
    import h5py

    shapes: Counter = Counter()

    def count(place: str, item) -> None:
        if isinstance(item, h5py.Dataset) and not any(state in place for state in STATES):
            shapes[item.shape] += 1

    with _opened(file) as (content, description):
        content.visititems(count)
        return Held(shapes, _name(description))


@contextmanager
def _opened(file: Path) -> Iterator[tuple[Any, Any]]:
    """Open the arrays of a file and find its description of the network, if it has one."""
    import h5py

    with ExitStack() as opened:
        source: IO[bytes] = opened.enter_context(file.open("rb"))
        if file.suffix != ".keras":
            content = opened.enter_context(h5py.File(source, "r"))
            yield content, content.attrs.get("model_config")
            return
        archive = opened.enter_context(ZipFile(source))
        source = opened.enter_context(archive.open("model.weights.h5"))
        described = "config.json" in archive.namelist()
        content = opened.enter_context(h5py.File(source, "r"))
        yield content, archive.read("config.json") if described else None


def _name(description: Any) -> str:
    try:
        return one_line(str(json.loads(description)["config"]["name"]))
    except (TypeError, ValueError, LookupError, RecursionError):  # it may be anything
        return ""
