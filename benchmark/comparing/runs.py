"""A comparison of runs for Python: its table, and its page in a notebook."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmark import pages
from benchmark.comparing.alike import open_runs
from benchmark.evaluation.evidence import Evidence
from features.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


class RunsCompared:
    """Runs held against the first of them; shows itself in a notebook.

    Parameters
    ----------
    folders : sequence of str or Path
        Run folders, two or more.

    Raises
    ------
    InputError
        If a folder holds no run, or the runs are not judged alike; see
        `benchmark.comparing.alike.open_runs`.
    """

    def __init__(self, folders: Sequence[str | Path]) -> None:
        self._runs = open_runs(folders)

    def __repr__(self) -> str:
        return f"RunsCompared({[str(run.path) for run in self._runs.values()]})"

    def _repr_html_(self) -> str:
        return pages.fragment(self.summary)

    @property
    def names(self) -> list[str]:
        """What the runs are called; the first is what the others are held against."""
        return list(self._runs)

    @cached_property
    def _evidence(self) -> dict[str, Evidence]:
        from benchmark.runner import evidence_of

        return {name: evidence_of(run, run.experiment()) for name, run in self._runs.items()}

    @cached_property
    def table(self) -> "pd.DataFrame":
        """The changes: a line a metric, row, run and finding, and for macro and micro."""
        from benchmark.comparing.changes import changes_table

        return changes_table(self._evidence)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything that the page shows, as one plain dictionary."""
        from benchmark.comparing.summary import summarize_runs

        return summarize_runs(self._runs, self._evidence, self.table)

    def write_report(self, out: str | Path | None = None) -> Path:
        """Write the page.

        Parameters
        ----------
        out : str or Path, optional
            Where; beside the first run by default, under both runs' names.
        """
        return pages.write_page(self._place(out), self.summary)

    def export(self, *formats: str, out: str | Path | None = None) -> list[Path]:
        """Write what the page shows as files of their own, into a folder named as the page is.

        Parameters
        ----------
        *formats : str
            As `benchmark.opened.Run.export` takes them; ``html`` is the page itself.
        out : str or Path, optional
            As for `write_report`.
        """
        kinds, page = pages.known_formats(formats), self._place(out)
        written = [self.write_report(page)] if "html" in kinds else []
        return written + pages.write_exports(page.with_suffix(""), self.summary, kinds)

    def _place(self, out: str | Path | None) -> Path:
        from benchmark.comparing.summary import name_of

        if out and Path(out).suffix != ".html":  # tables and figures go into a folder without it
            raise InputError(f"--out {out}: the page's file ends in .html")
        beside = next(iter(self._runs.values())).path.resolve().parent
        return Path(out) if out else beside / f"{name_of(self.names)}.html"

    def lines(self) -> list[dict[str, str]]:
        """Return the changes of the macro AUC as a table of words."""
        found = self.table.query("metric == 'auc' and finding == 'macro'")
        return [
            {
                "row": line["row"],
                "run": line["run"],
                self.names[0]: _figure(line["before"]),
                "AUC": _figure(line["after"]),
                "change": _figure(line["difference"], "+"),
                "interval": f"{_figure(line['low'], '+')} to {_figure(line['high'], '+')}",
                "verdict": "same scores" if line["same_scores"] else line["verdict"],
            }
            for line in found.to_dict("records")
        ]


def _figure(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3f}" if value == value else ""  # NaN: an empty cell
