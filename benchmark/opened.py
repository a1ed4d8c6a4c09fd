"""A run that has been opened: its tables, its report, and where its rows looked."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from benchmark import pages
from benchmark.console import Console
from benchmark.executors.executor import Executor
from benchmark.run_folder import RunFolder
from features.errors import unknown

if TYPE_CHECKING:
    import pandas as pd

    from benchmark.explain import Explanation


class Run:
    """A run: its tables, and its report; shows itself in a notebook.

    Parameters
    ----------
    folder : str or Path
        The run folder.
    """

    def __init__(self, folder: str | Path) -> None:
        self._run = RunFolder.existing(folder)

    def __repr__(self) -> str:
        return f"Run('{self.path}')"

    def _repr_html_(self) -> str:
        return pages.fragment(self.summary)

    @property
    def path(self) -> Path:
        """The run folder."""
        return self._run.path

    @property
    def failed(self) -> dict[str, str]:
        """Why rows failed, by their names."""
        statuses = {name: self._run.row(name).status for name in self._run.experiment().rows}
        failed = {name: it for name, it in statuses.items() if it.get("state") == "failed"}
        return {name: status["reason"] for name, status in failed.items()}

    @property
    def metrics(self) -> "pd.DataFrame":
        """One line a row, part and finding, and for macro and micro means."""
        return self._run.metrics()

    @property
    def leaderboard(self) -> "pd.DataFrame":
        """The macro means of each row on test, best AUC first."""
        table = self.metrics.query("part == 'test' and finding == 'macro'")
        columns = ["auc", "ap", "precision", "recall", "f1"]
        return table.set_index("row")[columns].sort_values("auc", ascending=False)

    @property
    def checks(self) -> "pd.DataFrame":
        """What a reviewer would remark: a line each, the gravest first; see docs/checks.md."""
        return self._run.table("checks")

    @property
    def truth(self) -> "pd.DataFrame":
        """The labels: indexed by image, a column a finding."""
        return self._run.truth()

    @property
    def split(self) -> "pd.DataFrame":
        """Which part each image is in, and what the table says of it."""
        return self._run.split()

    def scores(self, row: str) -> "pd.DataFrame":
        """Return a row's probabilities on all parts, indexed by image.

        Raises
        ------
        InputError
            If the run has no such row, or has not finished it.
        """
        finished = [name for name in self._run.experiment().rows if self._is_done(name)]
        if row not in finished:
            raise unknown("finished row", row, finished, where=str(self.path))
        return self._run.row(row).scores()

    def _is_done(self, row: str) -> bool:
        return self._run.row(row).status.get("state") == "done"

    @cached_property
    def summary(self) -> dict[str, Any]:
        """Everything that the report shows, as one plain dictionary."""
        from benchmark.audits.summary import audit_within
        from benchmark.summary import summarize

        return summarize(self._run) | audit_within(self._run)

    def evaluate(self) -> None:
        """Evaluate the finished rows again, from split.csv, truth.csv and their scores.csv."""
        from benchmark.runner import evaluate

        self._run.write_evaluation(evaluate(self._run, self._run.experiment()))
        self._forget_summary()

    def _forget_summary(self) -> None:
        """Make the next summary from the folder again, which says something else now."""
        self.__dict__.pop("summary", None)

    def write_report(self) -> Path:
        """Build report.html in the run folder, and evaluation/checklist.md."""
        from benchmark.checklists.answers import markdown

        if answered := self.summary.get("checklists"):  # a grid has none
            self._run.write_checklist(markdown(answered, title=self.summary["title"]))
        return pages.write_page(self._run.report, self.summary)

    def export(self, *formats: str) -> list[Path]:
        """Write what the report shows as files of their own, into the run folder.

        Parameters
        ----------
        *formats : {"csv", "md", "tex", "json", "svg", "pdf", "html"}
            Tables go to ``tables/<table>.<format>``, drawings to ``figures/<drawing>.<format>``;
            ``html`` is the report itself.

        Returns
        -------
        list of Path
            What was written.

        Raises
        ------
        InputError
            If a format is unknown.
        """
        kinds = pages.known_formats(formats)
        written = [self.write_report()] if "html" in kinds else []
        return written + pages.write_exports(self.path, self.summary, kinds)

    def explain(
        self,
        row: str,
        *,
        findings: Sequence[str] = (),
        images: Sequence[str] = (),
        part: str = "test",
        layer: str = "",
        method: str = "",
        top: int = 4,
        share: float = 0.5,
        data: str | Path | None = None,
        out: str | Path | None = None,
        executor: str = "local",
        quiet: bool = False,
    ) -> "Explanation":
        """Show where a finished row looked, and hold its heat maps against the boxes.

        A gallery and a picture of each of its maps are written beside the row. Where no finding
        and no image is left out, the table of boxes and a few of the maps are kept in the run, and
        the report shows them.

        Parameters
        ----------
        row : str
            A row whose model has heat maps.
        findings, images : sequence of str, optional
            Only these.
        part : {"test", "valid", "train", "all"}, optional
            Whose radiographs.
        layer : str, optional
            The network's layer to look at; the last with a map that is fine enough by default.
        method : str, optional
            Of networks ``"grad-cam"`` or ``"hirescam"``, of trees ``"gain"`` or ``"shap"``; the
            first by default.
        top : int, optional
            Radiographs of each finding and outcome in the gallery.
        share : float, optional
            A predicted box goes round what reaches this share of the map's maximum.
        data : str or Path, optional
            Where the radiographs are, if not where the experiment says.
        out : str or Path, optional
            Where gallery and pictures go; into the row's folder by default, those of some findings
            or images apart from those of all.
        executor : str, optional
            Who decodes radiographs: ``local``, or ``dask://HOST:PORT``.
        quiet : bool, optional
            Show no progress.

        Returns
        -------
        Explanation
            With `table` and `judged` (DataFrames) and `gallery` (the page).

        Raises
        ------
        InputError
            If the row, a finding, an image, the part, the layer or the method is unknown, the row
            has no heat maps, or the radiographs are not to be found.
        """
        from benchmark.cases import Request
        from benchmark.explain import explain
        from benchmark.gallery import gallery_content

        request = Request(findings, images, part, layer, method, top, share, data)
        workers = Executor.parse(executor).ambient(self.path)
        with Console(quiet=quiet) as console, workers:
            found = explain(self._run, row, request, progress=console.progress)
            shown = gallery_content(self._run, found, progress=console.progress)
            kept = self._run.row(row).heatmaps
            folder = Path(out) if out else kept if request.is_whole else kept / "selected"
            page = pages.write_gallery_page(folder, shown, console.progress)
        if request.is_whole:
            link = None if out else f"models/{quote(row)}/{kept.name}/{page.name}"
            self._keep(found, pages.selection(shown) | {"gallery": link})
        return replace(found, gallery=page)

    def _keep(self, found: "Explanation", looks: dict[str, Any]) -> None:
        """Keep with the row what the report shows of where it looked; write the report again."""
        row = self._run.row(found.row)
        row.write_looks(looks)
        if len(found.table):
            row.write_localization(found.table, found.judged)
        self._forget_summary()
        self.write_report()
