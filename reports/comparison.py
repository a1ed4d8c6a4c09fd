"""Which differences between rows are real: verdicts, intervals, and DeLong's beside them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

from reports.forest import Gap, forest_panel
from reports.palette import heat_level, row_styles
from reports.tables import EMPTY, Cell, Column, Line, Record, Table, cell, is_missing
from reports.views import label_of, lines_of, metrics_by

Summary = Mapping[str, Any]

#: Differences by row, other row, metric and finding, each both ways.
Differences = Mapping[tuple[str, str, str, str], Record]

METRICS = {"auc": "AUC", "ap": "AP"}

#: A label that is no finding: means and families leave it out.
_NORMAL = "No Finding"

_MIRRORED = {"better": "worse", "worse": "better"}

#: What the differences are narrowed to at first.
CHOSEN = {"Metric": "AUC", "Finding": "Macro mean"}

_DIFFERENCES = (
    Column("row", "Row", "row"),
    Column("other", "Against", "text"),
    Column("heading", "Metric", "text"),
    Column("label", "Finding", "text"),
    Column("difference", "Difference", hint="the row's figure minus that of the row it is against"),
    Column("interval", "Interval", "figures", "from the same draws of patients; unadjusted"),
    Column("verdict", "Verdict", "text"),
    Column("margin", "Within margin", "text", "both one-sided tests say so"),
    Column("p_holm", "p, Holm", hint="adjusted over the family that the text above names"),
    Column("p", "p", hint="two-sided, unadjusted"),
    Column("se", "SE", hint="standard deviation over the draws"),
    Column("mdd", "Detectable", hint="the smallest difference that a test finds 4 times in 5"),
)

_DELONG = (
    Column("row", "Row", "row"),
    Column("label", "Finding", "text"),
    Column("auc", "AUC", "estimate", "in brackets DeLong's interval"),
    Column("se", "DeLong's SE", hint="assumes independent images"),
    Column("se_clustered", "SE, patients drawn", hint="standard deviation over the draws"),
    Column("ratio", "Ratio", hint="the SE with patients drawn over DeLong's"),
)


def words(summary: Summary) -> dict[str, Any]:
    """Return what the section's sentences are filled with."""
    settings, rows = summary["evaluation"], _compared(summary)
    names = [finding["name"] for finding in summary.get("findings", ())]
    parts: Sequence[Record] = summary.get("data", {}).get("parts", ())
    test: Record = next((p for p in parts if p["part"] == "test"), {})
    alpha = round(1 - settings["level"], 6)
    return {
        "images": test.get("images"),
        "patients": test.get("patients"),
        "draws": settings["draws"],
        "level": f"{100 * settings['level']:g}%",
        "narrow": f"{100 * (1 - 2 * alpha):g}%",
        "alpha": f"{alpha:g}",
        "margin": f"{settings['margin']:g}",
        "findings": sum(name != _NORMAL for name in names),
        "apart": ["macro means", "micro means", *(name for name in names if name == _NORMAL)],
        "pairs": len(rows) * (len(rows) - 1) // 2,
    }


def _compared(summary: Summary) -> list[str]:
    lines = lines_of(summary, "comparison")
    return list(dict.fromkeys(name for line in lines for name in (line["row"], line["other"])))


def ranked(summary: Summary, metric: str) -> list[str]:
    """Return the rows that were compared, the best macro mean of `metric` first."""
    metrics = metrics_by(summary, "test")

    def macro(row: str) -> float:
        value: Any = metrics.get((row, "macro"), {}).get(metric)
        return -1.0 if is_missing(value) else value

    return sorted(_compared(summary), key=macro, reverse=True)


def both_ways(summary: Summary) -> Differences:
    """Index all differences by row, other row, metric and finding, and turned round."""
    lines = lines_of(summary, "comparison")
    every = [*lines, *map(_turned, lines)]
    return {(it["row"], it["other"], it["metric"], it["finding"]): it for it in every}


def _turned(line: Record) -> dict[str, Any]:
    """Say the same of the other row against this one."""
    return {
        **line,
        "row": line["other"],
        "other": line["row"],
        "difference": _negative(line["difference"]),
        "low": _negative(line["high"]),
        "high": _negative(line["low"]),
        "verdict": _MIRRORED.get(line["verdict"], line["verdict"]),
    }


def _negative(value: float | None) -> float | None:
    return None if value is None else -value


def wins(summary: Summary, metric: str) -> Table:
    """Put every row against every other: on how many findings better, equivalent and worse."""
    rows = ranked(summary, metric)
    counts: dict[tuple[str, str], Record] = {}
    for line in lines_of(summary, "wins"):
        if line["metric"] == metric:
            counts[line["row"], line["other"]] = line
            counts[line["other"], line["row"]] = {
                **line,
                "win": line["loss"],
                "loss": line["win"],
            }
    columns = [Column("row", "Row", "row"), *(Column(row, row, "figures") for row in rows)]
    lines, records = [], []
    for row in rows:
        cells = [_standing(row, other, counts.get((row, other))) for other in rows]
        lines.append(Line([Cell(row, form="row"), *cells], row=row))
        shown = {other: made.text for other, made in zip(rows, cells, strict=True)}
        records.append({"row": row, **shown})
    title = f"Findings on which a row is better / equivalent / worse, {METRICS[metric]}"
    return Table(f"wins-{metric}", title, columns, lines, records)


def _standing(row: str, other: str, count: Record | None) -> Cell:
    if count is None:
        return Cell(EMPTY, style="empty")
    win, alike, loss = count["win"], count["equivalent"], count["loss"]
    judged = win + alike + loss + count["undecided"]
    hint = (
        f"{row} against {other}: better on {win}, equivalent on {alike}, worse on {loss}, "
        f"undecided on {count['undecided']} of {judged} findings"
    )
    style = f"heat-{heat_level(win / max(judged, 1))}"
    return Cell(f"{win} / {alike} / {loss}", hint, sort=win - loss, style=style)


def behind_leader(summary: Summary, metric: str, uid: str) -> str:
    """Draw how far every row's macro mean is behind the best one's; empty where nothing can be."""
    leader, *others = ranked(summary, metric)
    known, heading = both_ways(summary), METRICS[metric]
    found = [known[row, leader, metric, "macro"] for row in others]
    gaps = [_gap(line) for line in found if not is_missing(line["low"])]
    if not gaps:
        return ""
    return forest_panel(
        gaps,
        row_styles(summary["rows"]),
        margin=summary["evaluation"]["margin"],
        across=f"macro {heading} minus that of the leader",
        name=f"{uid}-behind-{metric}",
        label=f"Each row's macro {heading} minus that of {leader}, with intervals",
    )


def _gap(line: Record) -> Gap:
    difference = signed(line["difference"])
    verdict = line["verdict"]
    if line["within_margin"] and verdict in _MIRRORED:
        verdict += ", within margin"
    hint = f"{line['row']}: {difference} {_interval(line)}, {verdict}"
    return Gap(line["row"], line["difference"], line["low"], line["high"], verdict, hint)


def differences(summary: Summary) -> Table:
    """List every difference, means first, the row with the better macro mean before the other."""
    known = both_ways(summary)
    findings = ["macro", "micro", *(f["name"] for f in summary.get("findings", ()))]
    records = [
        {
            **line,
            "heading": METRICS[metric],
            "label": label_of(summary, finding),
            "margin": "yes" if line["within_margin"] else "no",
        }
        for metric in METRICS
        for finding in findings
        for row, other in combinations(ranked(summary, metric), 2)
        if (line := known.get((row, other, metric, finding)))
    ]
    lines = [Line([shown(it, c) for c in _DIFFERENCES], row=it["row"]) for it in records]
    kept = ("heading", "label", "margin")  # words of the page; the files have their own
    files = [{key: it for key, it in record.items() if key not in kept} for record in records]
    return Table("differences", "Differences between rows, test part", _DIFFERENCES, lines, files)


def shown(record: Record, column: Column) -> Cell:
    """Write a cell of a difference: with its sign, small p-values as bounds."""
    value: Any = record["low" if column.key == "interval" else column.key]
    if is_missing(value):
        return Cell(EMPTY, "too few patients to draw from", style="empty", form=column.form)
    if column.key == "interval":
        return Cell(_interval(record), sort=round(value, 5), form=column.form)
    if column.key == "difference":
        return Cell(signed(value), sort=round(value, 5), form=column.form)
    if column.key in ("p", "p_holm"):
        return Cell(p_value(value), sort=round(value, 5), form=column.form)
    return cell(record, column)


def delong(summary: Summary) -> Table:
    """List DeLong's intervals beside the standard errors of the patients' draws."""
    records = lines_of(summary, "delong")
    lines = []
    for record in records:
        ends = {"auc_low": record["low"], "auc_high": record["high"]}
        shown = {**record, **ends, "label": label_of(summary, record["finding"])}
        cells = [cell(shown, column, reason="too few images or patients") for column in _DELONG]
        lines.append(Line(cells, row=record["row"]))
    caption = "DeLong's intervals of the AUC, which assume independent images, test part"
    return Table("delong", caption, _DELONG, lines, records)


def mean_ratio(lines: Iterable[Record]) -> float | None:
    """Return how many times DeLong's standard errors the patients' are, on average."""
    ratios = [line["ratio"] for line in lines if not is_missing(line["ratio"])]
    return fmean(ratios) if ratios else None


def _interval(record: Record) -> str:
    return f"[{signed(record['low'])}, {signed(record['high'])}]"


def signed(value: float) -> str:
    """Write a difference with its sign.

    Examples
    --------
    >>> signed(0.0123), signed(-0.0123), signed(-0.0001)
    ('+0.012', '−0.012', '0.000')
    """
    text = f"{value:+.3f}"
    return text[1:] if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")


def p_value(value: float) -> str:
    """Write a p-value with three decimals, or as a bound below that."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"
