"""Checks of how the rows came about: what they started from, and whether all are there."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from benchmark.checks.check import Remark, check
from benchmark.evaluation.evidence import Evidence


@check("CXR006", "Random weights", "warning")
def random_weights(evidence: Evidence) -> Iterator[Remark]:
    """Ask what the networks started from.

    The network started from random weights where ImageNet's are usual. Its figures say little about
    the architecture: on ChestX-ray14, ImageNet's weights are worth about .02 of AUC in the
    literature, and more on few radiographs. Give weights with `--set training.weights=imagenet`, or
    a file of them where nothing can be downloaded.
    """
    blank = tuple(row for row in evidence.rows if _said(evidence, row, "weights") == "random")
    if blank:
        yield Remark("random weights, no pre-training", rows=blank)


@check("CXR020", "Rows missing", "warning")
def rows_missing(evidence: Evidence) -> Iterator[Remark]:
    """Name the rows that did not finish.

    A row that was asked for is not finished, and is in no table. A comparison of those that did
    finish is a comparison of survivors. The row's log.txt says what happened; the same command fits
    it again.
    """
    for row, reason in evidence.unfinished.items():
        yield Remark(reason, rows=(row,))


@check("CXR021", "Versions differ between rows", "info")
def versions_differ(evidence: Evidence) -> Iterator[Remark]:
    """Compare the versions with which rows were fitted.

    Rows of this run were fitted with different versions of a library. A row that is finished is
    kept when libraries change, unless its features do. Figures may differ a little for that reason
    alone. `--fresh` fits all rows again, with what is installed now.
    """
    used: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in evidence.rows:
        for library, version in (_said(evidence, row, "versions") or {}).items():
            used[library][version].append(row)
    for library, versions in used.items():
        if len(versions) > 1:
            told = (f"{version} ({', '.join(rows)})" for version, rows in versions.items())
            yield Remark(f"{library} {', '.join(told)}")


def _said(evidence: Evidence, row: str, key: str) -> Any:
    return evidence.about.get(row, {}).get(key)
