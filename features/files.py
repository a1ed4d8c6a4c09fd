"""Writing files so that a reader never sees half of one."""

import json
import os
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any


def write_with(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place at once.

    Parameters
    ----------
    path : Path
        Where the file shall stand; its folder is made.
    write : callable
        Given the temporary path, which has the suffix of `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        write(temporary)
        temporary.replace(path)
    except OSError as error:
        if error.filename:  # nobody knows of the temporary one
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file at once."""
    write_with(path, lambda temporary: temporary.write_text(text, "utf-8"))


def write_files(folder: Path, files: Iterable[tuple[str, bytes]]) -> list[Path]:
    """Write files under a folder, each at once; return their paths."""
    written = []
    for name, content in files:
        write_with(folder / name, partial(Path.write_bytes, data=content))
        written.append(folder / name)
    return written


def write_json(path: Path, content: Any) -> None:
    """Write JSON, indented, at once; what JSON cannot say is written as its `str`."""
    write_text(path, json.dumps(content, indent=2, default=str) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file; an empty dictionary where there is none."""
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}
