"""Two ways of doing the same work, timed in turns: a machine's noise then meets both alike."""

import time
from collections.abc import Callable
from statistics import median

import pytest


def ratios(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> list[float]:
    """Return how many times longer `theirs` takes, round by round, after one unmeasured.

    Both are called in every round, and the one that begins changes from round to round.
    """
    found = []
    for k in range(rounds + 1):
        seconds = {}
        for work in (ours, theirs) if k % 2 else (theirs, ours):
            start = time.perf_counter()
            work()
            seconds[work] = time.perf_counter() - start
        found.append(seconds[theirs] / seconds[ours])
    return found[1:]


@pytest.fixture
def side_by_side(capsys) -> Callable[..., float]:
    """Return the median ratio of some rounds and print it, whether or not pytest captures."""

    def measure(title: str, ours, theirs, *, rounds: int = 5) -> float:
        found = ratios(ours, theirs, rounds)
        with capsys.disabled():
            span = f"{min(found):.2f} to {max(found):.2f} in {rounds} rounds"
            print(f"\n{title}: {median(found):.2f} times faster ({span})")
        return median(found)

    return measure
