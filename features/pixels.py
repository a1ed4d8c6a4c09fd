"""Decode once: a memory-mapped store of grey values, built in parallel, shared by every model."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import joblib
import numpy as np
from filelock import FileLock, Timeout

from features.errors import InputError, WorkError
from features.files import write_json
from features.fingerprint import code_digest, digest
from features.images import DamagedImage, decode
from features.progress import Progress, silent

#: Images that one task decodes: enough to make the task's own cost small, few enough for memory.
CHUNK = 64

#: What stands for the content of a file that cannot be read.
NO_CONTENT = bytes(16)


@dataclass(frozen=True)
class Contents:
    """What the files of an archive hold, whatever the size they are decoded at.

    Parameters
    ----------
    fingerprint : str
        Digest of the bytes of all files, in order.
    damaged : dict of int to str
        What is wrong with each file that cannot be read, by position.
    """

    fingerprint: str
    damaged: dict[int, str]


class PixelArchive:
    """The image files of a data set, decoded once for each size that is asked for.

    A store lies under ``folder/pixels`` and is keyed by the path, length and modification time of
    every file, so that a file that changed is decoded again. Runs at the same time share one build.

    Parameters
    ----------
    files : sequence of Path
        One image file a radiograph. Files that are missing or damaged are known by `damaged`; their
        pixels are zero.
    folder : Path
        Where caches lie.

    Raises
    ------
    InputError
        If there are no files.
    """

    def __init__(self, files: Sequence[Path], folder: Path) -> None:
        if not len(files):
            raise InputError("an archive needs at least one image file")
        self._files = tuple(map(os.fspath, files))  # a tenth of what as many Paths weigh
        self.folder = Path(folder)

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return f"PixelArchive({len(self)} files, folder={str(self.folder)!r})"

    @property
    def files(self) -> list[Path]:
        """The image files, in order."""
        return [Path(file) for file in self._files]

    def store(self, size: int, progress: Progress = silent) -> np.ndarray:
        """Return all grey values at a size, decoding the files where no run has yet.

        Parameters
        ----------
        size : int
            Side of the square images, in pixels.
        progress : callable, optional
            Told how many files are decoded.

        Returns
        -------
        numpy.memmap
            Shape (n, size, size), uint8, read-only.
        """
        if size < 1:
            raise InputError(f"images need a side of at least 1 pixel; size is {size}")
        file = self._home / f"{size}.npy"
        if not self.holds(size):
            self._home.mkdir(parents=True, exist_ok=True)
            with FileLock(f"{file}.lock"):
                if not self.holds(size):
                    self._build(file, size, progress)
        return np.load(file, mmap_mode="r")

    def prepare(self, size: int, progress: Progress = silent) -> Contents:
        """Build the store of a size and return what the files hold.

        Parameters
        ----------
        size : int
            Side of the square images, in pixels.
        progress : callable, optional
            Told how many files are decoded.
        """
        self.store(size, progress)
        return self._contents

    def holds(self, size: int) -> bool:
        """Whether the store of a size is built for these files as they are now."""
        try:
            store = np.load(self._home / f"{size}.npy", mmap_mode="r")
            return store.shape == (len(self), size, size) and bool(self._contents)
        except (OSError, ValueError, RuntimeError):  # damaged is as good as missing
            return False

    @property
    def decoded(self) -> bool:
        """Whether a store of some size is built for these files as they are now."""
        return any(self._home.glob("*.npy"))

    @property
    def fingerprint(self) -> str:
        """Digest of the bytes of all files; known once a store of any size is built."""
        return self._contents.fingerprint

    @property
    def damaged(self) -> dict[int, str]:
        """What is wrong with which file, by position; known once a store of any size is built."""
        return self._contents.damaged

    @cached_property
    def _home(self) -> Path:
        """The folder of these files as they are now."""
        return self.folder / "pixels" / digest(list(_states(self._files)), code_digest(__name__))

    @cached_property
    def _contents(self) -> Contents:
        try:
            said = json.loads((self._home / "contents.json").read_text("utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            raise RuntimeError("the archive is not decoded yet: call prepare(size) first") from None
        return Contents(said["fingerprint"], {int(at): why for at, why in said["damaged"].items()})

    def _build(self, file: Path, size: int, progress: Progress) -> None:
        """Decode into a partial file, which takes its name only when all is in it."""
        partial = file.with_suffix(".partial")
        _clear(self.folder / "pixels", keep=partial)
        try:
            start = _allocate(partial, (len(self), size, size))
            contents = self._decode(partial, start, size, progress)
            write_json(self._home / "contents.json", vars(contents))
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)

    def _decode(self, partial: Path, start: int, size: int, progress: Progress) -> Contents:
        """Decode all files into an allocated one, chunk by chunk, over joblib's workers."""
        digests = np.zeros((len(self), 16), "uint8")
        damaged: dict[int, str] = {}
        tasks = (
            joblib.delayed(_decode_chunk)(self._files[at : at + CHUNK], at, size, partial, start)
            for at in range(0, len(self), CHUNK)
        )
        progress("decoding", 0, len(self))
        for at, contents, reasons in joblib.Parallel(return_as="generator")(tasks):
            chunk = np.frombuffer(contents, "uint8").reshape(-1, 16)
            digests[at : at + len(chunk)] = chunk
            self._confirm(reasons, size)
            damaged |= reasons
            progress("decoding", at + len(chunk), len(self))
        return Contents(digest(digests), damaged)

    def _confirm(self, damaged: dict[int, str], size: int) -> None:
        """Make sure that what a worker cannot read cannot be read here either.

        Else the files that another machine does not see would pass for damaged ones.
        """
        for at, reason in damaged.items():
            with suppress(DamagedImage):
                decode(Path(self._files[at]), size)
                raise WorkError(
                    f"a worker cannot read {self._files[at]} ({reason}), and this process can: "
                    "the radiographs must lie where all machines see them"
                )


@dataclass(frozen=True, eq=False)
class PixelView:
    """Some images of a store, in an order of their own; read only when indexed.

    Parameters
    ----------
    store : numpy.ndarray
        Shape (m, size, size), uint8, usually memory-mapped.
    rows : numpy.ndarray
        Shape (n,), int: which images of the store.
    """

    store: np.ndarray
    rows: np.ndarray

    dtype = np.dtype("uint8")

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, size, size)."""
        return (len(self.rows), *self.store.shape[1:])

    def __getitem__(self, index) -> np.ndarray:
        return np.array(self.store[self.rows[index]])

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)

    def take(self, rows: Sequence[int] | np.ndarray) -> "PixelView":
        """Return a view of some of these images, reading none."""
        return PixelView(self.store, self.rows[np.asarray(rows)])

    def __reduce__(self):
        """Pickle a memory-mapped store by its name, so that workers map it themselves."""
        if isinstance(self.store, np.memmap):
            return _reopened, (str(self.store.filename), self.rows)
        return PixelView, (self.store, self.rows)


def _reopened(file: str, rows: np.ndarray) -> PixelView:
    return PixelView(np.load(file, mmap_mode="r"), rows)


def _states(files: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield the real path, length and modification time of each file; a missing one has neither."""
    real = cache(os.path.realpath)  # folders are few and dear to resolve, files are many
    for file in files:
        folder, name = os.path.split(file)
        try:
            state = os.stat(file)  # noqa: PTH116 - a Path for each of 112,120 files takes longer
            # Permission may come later, and changes neither length nor time.
            length = state.st_size if os.access(file, os.R_OK) else -2
            changed = state.st_mtime_ns
        except OSError:
            length, changed = -1, -1
        yield os.path.join(real(folder), name), length, changed  # noqa: PTH118 - as above


def _decode_chunk(
    files: Sequence[str], at: int, size: int, partial: Path, start: int
) -> tuple[int, bytes, dict[int, str]]:
    """Decode some files to their place in an allocated one; return their digests and damages."""
    pixels = np.zeros((len(files), size, size), "uint8")
    digests: list[bytes] = []
    damaged: dict[int, str] = {}
    for place, file in enumerate(files):
        try:
            pixels[place], content = decode(Path(file), size)
        except DamagedImage as error:
            content = NO_CONTENT
            damaged[at + place] = error.reason
        digests.append(content)
    # Plain writes: a full disk raises here, where a memory map would kill the process. And for
    # writing only: a file that is read as well is written by NFS in whole pages, and a page may
    # hold pixels that another machine is writing.
    with open(partial, "wb", opener=_without_truncating) as out:
        out.seek(start + at * size * size)
        out.write(pixels.data)
    return at, b"".join(digests), damaged


def _without_truncating(file: str, flags: int) -> int:
    return os.open(file, flags & ~os.O_TRUNC & ~os.O_CREAT)


def _allocate(file: Path, shape: tuple[int, ...]) -> int:
    """Make an .npy file of zeros and return where its values begin."""
    with file.open("wb") as out:
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(out, header)
        start = out.tell()
        out.truncate(start + int(np.prod(shape, dtype="int64")))
    return start


def _clear(folder: Path, keep: Path) -> None:
    """Remove what builds left that died: nobody holds their lock."""
    for partial in set(folder.glob("*/*.partial")) - {keep}:
        with suppress(Timeout), FileLock(f"{partial.with_suffix('.npy')}.lock", timeout=0):
            partial.unlink(missing_ok=True)
