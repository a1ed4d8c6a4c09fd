"""Two ways of doing the same work, timed in turns: a machine's noise then meets both alike."""

import time
from collections.abc import Callable
from statistics import median

import pytest


def ratio(ours: Callable[[], object], theirs: Callable[[], object], *, rounds: int = 5) -> float:
    """Return how many times longer `theirs` takes: the median over rounds, after one unmeasured.

    Both are called in every round, and the one that begins changes from round to round.
    """
    ratios = []
    for k in range(rounds + 1):
        seconds = {}
        for work in (ours, theirs) if k % 2 else (theirs, ours):
            start = time.perf_counter()
            work()
            seconds[work] = time.perf_counter() - start
        ratios.append(seconds[theirs] / seconds[ours])
    return median(ratios[1:])


@pytest.fixture
def side_by_side(capsys) -> Callable[..., float]:
    """Measure a ratio and print it, whether or not pytest captures."""

    def measure(title: str, ours, theirs, *, rounds: int = 5) -> float:
        found = ratio(ours, theirs, rounds=rounds)
        with capsys.disabled():
            print(f"\n{title}: {found:.2f} times faster")
        return found

    return measure
