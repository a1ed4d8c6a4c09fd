"""The small multiples of a run's report: curves by finding, training by row."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import figures, numbers, tables, views
from reports.palette import RowStyle, row_styles

Summary = Mapping[str, Any]

#: What is drawn while a network trains: heading, train part's name, valid part's name.
_MEASURES = (
    ("Loss", "loss", "val_loss"),
    ("Accuracy", "accuracy", "val_accuracy"),
    ("Macro AUC", "auc", "val_auc"),
)


@dataclass(frozen=True)
class Panel:
    """One drawing with its caption."""

    title: str
    note: str
    svg: str


def curves(summary: Summary, uid: str) -> dict[str, Any]:
    """Draw the ROC and precision-recall curves of all rows, finding by finding."""
    given = summary.get("curves", {})
    rows = [row["name"] for row in summary.get("rows", ()) if given.get(row["name"])]
    if not rows or not summary.get("findings"):
        return {}
    found = {row: given[row] for row in rows}
    return {
        "rows": rows,
        "roc": _roc_panels(summary, found, uid),
        "pr": _pr_panels(summary, found, uid),
        "lacking": _lacking(summary, found),
    }


def _roc_panels(summary: Summary, curves: Mapping[str, Mapping], uid: str) -> list[Panel]:
    styles = row_styles(summary["rows"])
    panels = []
    for place, drawing in enumerate(_drawings(summary, curves, "roc", numbers.mean_roc)):
        svg = figures.roc_panel(
            drawing.curves,
            styles,
            hints=_hints(drawing, "auc", "AUC"),
            name=f"{uid}-roc-{place}",
            label=f"ROC curves, {drawing.title}",
        )
        panels.append(Panel(drawing.title, drawing.note, svg))
    return panels


def _pr_panels(summary: Summary, curves: Mapping[str, Mapping], uid: str) -> list[Panel]:
    styles = row_styles(summary["rows"])
    panels = []
    for place, drawing in enumerate(_drawings(summary, curves, "pr", numbers.mean_pr)):
        svg = figures.pr_panel(
            drawing.curves,
            styles,
            hints=_hints(drawing, "ap", "AP"),
            prevalence=drawing.prevalence,
            name=f"{uid}-pr-{place}",
            label=f"Precision-recall curves, {drawing.title}",
        )
        panels.append(Panel(drawing.title, drawing.note, svg))
    return panels


@dataclass(frozen=True)
class _Drawing:
    """The curves of one finding, or their mean, with the metrics that go with them."""

    title: str
    curves: Mapping[str, numbers.Curve]
    metrics: dict[str, Mapping[str, Any]]

    @property
    def note(self) -> str:
        positives = self._of_finding("positives")
        return "" if positives is None else f"{positives:,} pos."

    @property
    def prevalence(self) -> float | None:
        return self._of_finding("prevalence")

    def _of_finding(self, key: str) -> Any:
        """Return what all rows share; the mean of the findings has nothing of the kind."""
        metric = next(iter(self.metrics.values()), {})
        return None if metric.get("finding") == "macro" else metric.get(key)


def _drawings(
    summary: Summary,
    curves: Mapping[str, Mapping],
    kind: str,
    mean: Callable[[Iterable[numbers.Curve]], dict[str, list[float]]],
) -> Iterator[_Drawing]:
    """Yield the mean of the findings first, then every finding that has a curve."""
    metrics = views.metrics_by(summary, "test")

    def of(finding: str) -> dict[str, Mapping[str, Any]]:
        return {row: metrics[row, finding] for row in curves if (row, finding) in metrics}

    means = {row: mean(curve[kind] for curve in found.values()) for row, found in curves.items()}
    yield _Drawing("Mean of findings", means, of("macro"))
    for finding in summary["findings"]:
        name = finding["name"]
        lines = {row: found[name][kind] for row, found in curves.items() if name in found}
        if lines:
            yield _Drawing(finding["label"], lines, of(name))


def _hints(drawing: _Drawing, metric: str, heading: str) -> dict[str, str]:
    values = {row: drawing.metrics.get(row, {}).get(metric) for row in drawing.curves}
    return {row: f"{row}: {heading} {tables.write(v, 'score')}" for row, v in values.items()}


def _lacking(summary: Summary, curves: Mapping[str, Mapping]) -> list[str]:
    drawn = {name for found in curves.values() for name in found}
    return [f["label"] for f in summary["findings"] if f["name"] not in drawn]


def training(summary: Summary, uid: str) -> dict[str, Any]:
    """Draw each network's loss, accuracy and AUC against the epoch."""
    given = summary.get("history", {})
    rows = [
        (row, len(given[row]), _training_panels(given[row], row, style, uid))
        for row, style in row_styles(summary.get("rows", ())).items()
        if given.get(row)
    ]
    return {"rows": rows} if rows else {}


def _training_panels(
    history: Sequence[Mapping], row: str, style: RowStyle, uid: str
) -> list[Panel]:
    panels = []
    for title, train, valid in _MEASURES:
        if _has(history, valid):
            svg = figures.training_panel(
                history,
                train=train,
                valid=valid,
                style=style,
                title=title.lower() if title != "Macro AUC" else "macro AUC",
                name=f"{uid}-fit-{style.index}-{valid}",
                label=f"{title} of {row} against epoch",
            )
            panels.append(Panel(title, "", svg))
    return panels


def _has(history: Sequence[Mapping], measure: str) -> bool:
    return any(not tables.is_missing(epoch.get(measure)) for epoch in history)
