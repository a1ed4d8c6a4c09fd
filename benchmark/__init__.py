"""The harness: data sets, split, runner, evaluation, summary, command line.

>>> from benchmark import run, open_run  # doctest: +SKIP
>>> run("demo", models=["cnn6"]).metrics  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmark.api import Run, compare_runs, open_run, run, tune
    from benchmark.audits.run import audit
    from benchmark.scoring import score

__all__ = ["Run", "audit", "compare_runs", "open_run", "run", "score", "tune"]


def __getattr__(name: str) -> Any:
    # Loaded on first use: `cxrbench --help` must not wait for pandas.
    if name == "audit":
        from benchmark.audits.run import audit

        return audit
    if name == "score":
        from benchmark.scoring import score

        return score
    if name in __all__:
        from benchmark import api

        return getattr(api, name)
    raise AttributeError(f"module 'benchmark' has no attribute '{name}'")
