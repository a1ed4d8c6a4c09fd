"""The page's sections in groups, so that a reader finds one among many."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

#: The first section of each group, and what the group is called.
_GROUPS = {
    "Result": (
        *("grid", "leaderboard", "checks", "findings", "comparison"),
        *("changes", "changes_by_finding"),
    ),
    "Scores": ("thresholds", "curves", "calibration"),
    "For whom": ("subgroups", "labels", "literature"),
    "Models": ("training", "cost", "gallery", "localization"),
    "Evidence": ("audit", "data", "run", "checklists", "downloads", "differing"),
}


def grouped(sections: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    """Part sections into runs of one group each, in their order.

    Parameters
    ----------
    sections : iterable of `reports.sections.Section`
        One of no group stays with the one before it.
    """
    group, placed = "", []
    for section in sections:
        group = next((name for name, keys in _GROUPS.items() if _key(section) in keys), group)
        placed.append((group, section))
    return [(name, [it for _, it in of]) for name, of in groupby(placed, lambda pair: pair[0])]


def _key(section: Any) -> str:
    return section["key"] if isinstance(section, dict) else section.key
