"""How long work tells how far it is, without knowing who listens."""

from collections.abc import Callable

#: Called with the name of the stage, the units done and the units in all.
Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Listen to nothing: the default wherever a `Progress` is taken."""
