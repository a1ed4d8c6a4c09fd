"""What a summary holds: the contract between the harness and the pages of `reports`.

A summary is a plain dictionary, and `reports` takes it as one. What is written here is what the
harness promises to put into it; every summary that a test makes is held to it.
`RunSummary.model_json_schema()` gives the same as JSON Schema.
"""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import JsonValue

from benchmark.summary_pieces import (
    Banner,
    Boxes,
    Check,
    Checklist,
    Curves,
    Finding,
    Line,
    Looks,
    Metric,
    NamedFinding,
    Piece,
    Provenance,
    Published,
    Row,
    RowName,
    RowOver,
    RunData,
    SharedData,
    Split,
)


class AuditSplit(Piece):
    """One of the two splits of an audit: images of each part, patients of test."""

    name: str
    fingerprint: str
    description: str
    train: int
    valid: int
    test: int
    patients: int
    #: Of the test images, the share whose patient is in train.
    shared: float


class Audit(Piece):
    """What leaks; see `benchmark.audits.summary.audit_content`."""

    protocols: list[AuditSplit]
    lines: list[Line]
    kinds: dict[RowName, str]
    memory: RowName | None
    patients: int
    by_lot: bool
    level: float
    draws: int


class GridCell(Piece):
    """A cell of a grid, and what its rows got on test."""

    name: str
    at: str
    drawn: str
    report: str
    split: str
    test: int
    auc: dict[RowName, float | None]
    setting: dict[RowName, str]
    failed: dict[RowName, str]


class Grid(Piece):
    """Means and spreads over cells; see `benchmark.grids.summary`."""

    varies: str
    folds: str
    caution: str
    sources: list[str]
    averaged: int
    figures: list[Line]
    cells: list[GridCell]


class Difference(Piece):
    """Something that is not the same in all runs that are compared: its value in each."""

    what: str
    values: dict[str, str]


class Tested(Piece):
    """What several runs were all tested on."""

    source: Literal["phantom", "nih"]
    images: int
    patients: int


class Runs(Piece):
    """The change of every row from the first run; see `benchmark.comparing.summary`."""

    names: list[str]
    changes: list[Line]
    rows_apart: list[Difference]
    options: list[Difference]
    circumstances: list[Difference]
    images: int
    patients: int
    level: float
    draws: int
    margin: float


class Titled(Piece):
    """What every summary holds."""

    name: str
    title: str
    #: When the summary was made, ISO 8601 in UTC.
    created: str
    banners: list[Banner]
    findings: list[NamedFinding]


class Summary(Titled):
    """What the summary of something that was run holds."""

    #: How figures come about, in words, by topic.
    protocol: dict[str, str]
    provenance: Provenance
    #: The experiment file, all defaults filled in.
    experiment: str


class RunSummary(Summary):
    """What `benchmark.summary.summarize` makes of a run."""

    data: RunData
    #: Images that show two findings, in the order of `findings`; the diagonal has one alone.
    cooccurrence: list[list[int]]
    split: Split
    rows: list[Row]
    #: Whether thresholds come from halves of test, for want of a valid part.
    crossfitted: bool
    metrics: list[Metric]
    #: ``[evaluation]`` of the experiment.
    evaluation: dict[str, JsonValue]
    #: The further tables of the evaluation, by their names.
    tables: dict[str, list[Line]]
    checks: list[Check]
    #: Of finished rows, by finding; where test lacks a class there are none.
    curves: dict[RowName, dict[Finding, Curves]]
    #: Of rows that have epochs, a line each.
    history: dict[RowName, list[dict[str, float | None]]]
    localization: list[Boxes]
    looks: list[Looks]
    published: Published
    checklists: list[Checklist]
    #: Where an audit of the run's own split lies in its folder.
    audit: Audit | None = None


class GridSummary(Summary):
    """What `benchmark.grids.summary.summarize_grid` makes of a grid."""

    data: SharedData
    rows: list[RowOver]
    grid: Grid


class AuditSummary(Summary):
    """What `benchmark.audits.summary.summarize_audit` makes of an audit."""

    data: SharedData
    rows: list[RowOver]
    audit: Audit


class ComparisonSummary(Titled):
    """What `benchmark.comparing.summary.summarize_runs` makes of several runs."""

    data: Tested
    rows: list[RowOver]
    runs: Runs


def kind_of(summary: Mapping[str, Any]) -> type[Titled]:
    """Return which of the four a summary is."""
    if "runs" in summary:
        return ComparisonSummary
    if "grid" in summary:
        return GridSummary
    return RunSummary if "metrics" in summary else AuditSummary
