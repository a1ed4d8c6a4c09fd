"""What a run says while it works: bars on a terminal, plain lines elsewhere; always on stderr."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Self

from rich import progress as bars
from rich.console import Console as Rich

from features.errors import one_line
from features.progress import Progress


class Console(AbstractContextManager):
    """Says what happens. Use as a context manager.

    Parameters
    ----------
    quiet : bool, optional
        Say nothing but warnings.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._rich = Rich(stderr=True, quiet=False, highlight=False, soft_wrap=True)
        self._quiet = quiet
        columns = (
            bars.TextColumn("{task.description}"),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeRemainingColumn(),
        )
        live = self._rich.is_terminal or self._rich.is_jupyter
        self._bars = bars.Progress(
            *columns, console=self._rich, transient=True, disable=quiet or not live
        )
        self._tasks: dict[str, bars.TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def say(self, line: str) -> None:
        """Say what has been found or done."""
        if not self._quiet:
            self._rich.print(one_line(line), markup=False)

    def warn(self, *lines: str) -> None:
        """Say what the user should know, even when quiet."""
        for line in lines:
            self._rich.print(one_line(f"warning: {line}"), style="yellow", markup=False)

    def kept(self, row: str) -> None:
        """Say that a row was finished before."""
        self.say(f"{row}: finished before, kept")

    def failed(self, row: str, reason: str) -> None:
        """Say that a row failed, and why."""
        self._rich.print(one_line(f"{row}: failed: {reason}"), style="red", markup=False)

    def progress(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is: the `Progress` of this console."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total)
        if done >= total:
            self._bars.remove_task(self._tasks.pop(stage))

    @contextmanager
    def row(self, name: str) -> Iterator[Progress]:
        """Frame a row's fit: say how long it took, and clear its bars."""
        start = time.perf_counter()
        with self.frame(name) as progress:
            yield progress
        self.say(f"{name}: finished in {time.perf_counter() - start:.0f} s")

    @contextmanager
    def frame(self, name: str) -> Iterator[Progress]:
        """Frame some work: name it on its bars, and clear them however it ends."""
        before = set(self._tasks)
        try:
            yield lambda stage, done, total: self.progress(f"{name}: {stage}", done, total)
        finally:
            for stage in set(self._tasks) - before:
                self._bars.remove_task(self._tasks.pop(stage))
