"""One image file, whatever its format, to grey values."""

from collections.abc import Callable
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from stat import S_ISDIR, S_ISREG

import numpy as np
from PIL import Image, UnidentifiedImageError

#: More pixels than this, or a larger file, is no radiograph but a decompression bomb or a mistake.
MAX_PIXELS = 2**26
MAX_BYTES = 2**28


class DamagedImage(Exception):
    """A file that is missing, cannot be read or holds no radiograph.

    Parameters
    ----------
    path : Path
        The file.
    reason : str
        What is wrong with it, in a line.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


def read_grey(path: Path) -> np.ndarray:
    """Read an image file as grey values, at its own size.

    Colour becomes luminance; transparency is ignored.

    Parameters
    ----------
    path : Path
        A file that ends in one of `IMAGE_SUFFIXES`.

    Returns
    -------
    numpy.ndarray
        Shape (h, w), uint8, or uint16 where the file holds more than eight bits a pixel.

    Raises
    ------
    DamagedImage
        If the file is missing, truncated, too large or no image.
    """
    return _grey(path, _bytes(path))


def decode(path: Path, size: int) -> tuple[np.ndarray, bytes]:
    """Read an image file once: its grey values at a size, and the digest of its bytes.

    Parameters
    ----------
    path : Path
        A file that ends in one of `IMAGE_SUFFIXES`.
    size : int
        Side of the square returned, in pixels. What is not square is stretched to it, as are the
        data set's boxes.

    Returns
    -------
    pixels : numpy.ndarray
        Shape (size, size), uint8.
    digest : bytes
        16 bytes that stand for the file's content.

    Raises
    ------
    DamagedImage
        If the file is missing, truncated, too large or no image.
    """
    content = _bytes(path)
    return resized(_grey(path, content), size), blake2b(content, digest_size=16).digest()


def resized(grey: np.ndarray, size: int) -> np.ndarray:
    """Resize grey values to a square of eight bits, antialiased.

    Parameters
    ----------
    grey : numpy.ndarray
        Shape (h, w), uint8 or uint16.
    size : int
        Side of the square, in pixels.

    Returns
    -------
    numpy.ndarray
        Shape (size, size), uint8. Deep grey values are scaled by the full range of their bits.
    """
    if grey.dtype == np.uint8:
        return np.asarray(Image.fromarray(grey).resize((size, size), Image.Resampling.BILINEAR))
    scaled = Image.fromarray(grey.astype("float32") * np.float32(255 / full_range(grey)))
    values = np.asarray(scaled.resize((size, size), Image.Resampling.BILINEAR))
    return np.rint(values).astype("uint8")


def full_range(grey: np.ndarray) -> int:
    """Return the largest value that the bits in use can hold: 4095 for an image of twelve bits.

    Radiographs have 8, 10, 12, 14 or 16 bits, whatever the depth of the file that holds them.
    """
    bits = int(grey.max()).bit_length()
    return 2 ** max(8, bits + bits % 2) - 1


def _bytes(path: Path) -> bytes:
    try:
        state = path.stat()
        if not (S_ISREG(state.st_mode) or S_ISDIR(state.st_mode)):  # a pipe may never end
            raise DamagedImage(path, "it is no regular file")
        if not 0 < state.st_size <= MAX_BYTES:
            raise DamagedImage(path, f"{state.st_size} bytes are no radiograph")
        return path.read_bytes()
    except FileNotFoundError:
        raise DamagedImage(path, "there is no such file") from None
    except OSError as error:
        raise DamagedImage(path, error.strerror or str(error)) from None


def _grey(path: Path, content: bytes) -> np.ndarray:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise DamagedImage(path, f"its name ends in none of {', '.join(IMAGE_SUFFIXES)}")
    try:
        return reader(content)
    except UnidentifiedImageError as error:  # its own words hold an address in memory
        raise DamagedImage(path, "cannot identify it as PNG or JPEG") from error
    except Exception as error:  # a decoder meets broken files with whatever it likes to raise
        raise DamagedImage(path, str(error) or type(error).__name__) from error


def _picture(content: bytes) -> np.ndarray:
    """Read PNG or JPEG, whichever the bytes are."""
    with Image.open(BytesIO(content), formats=("PNG", "JPEG")) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"{image.width} by {image.height} pixels are no radiograph")
        if image.mode.startswith("I"):  # more than eight bits a pixel
            return np.asarray(image).astype("uint16")
        return np.asarray(image.convert("L"))


#: Who reads what, by the end of the file's name.
_READERS: dict[str, Callable[[bytes], np.ndarray]] = {
    ".png": _picture,
    ".jpg": _picture,
    ".jpeg": _picture,
}

IMAGE_SUFFIXES: tuple[str, ...] = tuple(_READERS)
