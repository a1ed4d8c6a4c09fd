"""The page's sections in groups, so that a reader finds one among many."""

from collections.abc import Iterable
from itertools import groupby

from reports.sections import Section

#: The sections of each group, by what it is called.
_GROUPS = {
    "Result": (
        *("grid", "leaderboard", "checks", "findings", "comparison"),
        *("changes", "changes_by_finding"),
    ),
    "Scores": ("thresholds", "curves", "calibration"),
    "For whom": ("subgroups", "labels", "literature"),
    "Models": ("training", "cost", "localization"),
    "Evidence": ("audit", "data", "run", "checklists", "differing"),
}


def grouped(sections: Iterable[Section]) -> list[tuple[str, list[Section]]]:
    """Part sections into runs of one group each, in their order.

    Parameters
    ----------
    sections : iterable of `reports.sections.Section`
        One of no group stays with the one before it.
    """
    group, placed = "", []
    for section in sections:
        group = next((name for name, keys in _GROUPS.items() if section.key in keys), group)
        placed.append((group, section))
    return [(name, [it for _, it in of]) for name, of in groupby(placed, lambda pair: pair[0])]
