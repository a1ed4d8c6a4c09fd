"""Every check by its code, and the table of what they have to say."""

import pkgutil
from functools import cache
from importlib import import_module

import pandas as pd

from benchmark import checks
from benchmark.checks.check import LEVELS, Check
from benchmark.evaluation.evidence import Evidence
from features.errors import unknown

#: The columns of evaluation/checks.csv, in order.
COLUMNS = ("code", "level", "row", "finding", "text", "link", "muted")

#: What stands between several rows or findings in a cell.
BETWEEN = "; "


@cache
def available() -> dict[str, Check]:
    """Return every check of this folder's files by its code, in the order of the codes."""
    names = (module.name for module in pkgutil.iter_modules(checks.__path__))
    modules = [import_module(f"{checks.__name__}.{name}") for name in names]
    found = {it for module in modules for it in vars(module).values() if isinstance(it, Check)}
    return {it.code: it for it in sorted(found, key=lambda it: it.code)}


def check_codes(codes: tuple[str, ...]) -> None:
    """Refuse codes that no check has.

    Raises
    ------
    InputError
        If there is none of one of them.
    """
    for code in codes:
        if code not in available():
            raise unknown("check", code, available(), where="evaluation.mute")


def checks_table(evidence: Evidence) -> pd.DataFrame:
    """Make every check; a line a remark, the gravest first.

    Parameters
    ----------
    evidence : Evidence
        What is looked at; ``mute`` of its settings names the checks that are muted.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`. Level ``unjudged`` is of checks that could not be made. What is muted
        is there too, and said to be so.
    """
    lines = [
        {
            "code": check.code,
            "level": check.level if remark.judged else "unjudged",
            "row": BETWEEN.join(remark.rows),
            "finding": BETWEEN.join(remark.findings),
            "text": remark.text,
            "link": check.link,
            "muted": remark.judged and check.code in evidence.settings.mute,
        }
        for check in available().values()
        for remark in check(evidence)
    ]
    lines.sort(key=lambda line: LEVELS.index(str(line["level"])))
    return pd.DataFrame(lines, columns=list(COLUMNS))
