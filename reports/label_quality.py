"""What figures owe to the labels: two kinds of negatives, two sets of labels."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports.downloads import downloads
from reports.tables import ENDS, Column, Line, Record, Table, cell
from reports.views import label_of, leaderboard, lines_of

Summary = Mapping[str, Any]

_ROW = Column("row", "Row", "row")
_FINDING = Column("label", "Finding", "text")

_NEGATIVES = (
    Column("positives", "Positives", "count"),
    Column("n", "Images", "count", "positives and all others"),
    Column("auc", "AUC, all negatives", "estimate", "negatives: all images without the finding"),
    Column("none_n", "Images, no finding", "count", "positives, and images without any finding"),
    Column("none_auc", "AUC, no finding", "estimate", "negatives: images without any finding"),
    Column("lift", "Lift", "estimate", "what the easier negatives add, from the same draws"),
    Column("note", "Note", "text"),
)

_SECOND = (
    Column("n", "Images", "count", "that both label"),
    Column("positives", "Positives", "count", "by the run's own labels"),
    Column("second_positives", "Second", "count", "positives by the second labels"),
    Column("auc", "AUC", "estimate", "by the run's own labels"),
    Column("second_auc", "AUC, second", "estimate", "by the second labels"),
    Column("change", "Change", "estimate", "from the same draws"),
    Column("note", "Note", "text"),
)

_AGREEMENT = (
    _FINDING,
    Column("both", "Both", "count", "images that both call positive"),
    Column("first_only", "Only the run's", "count"),
    Column("second_only", "Only the second", "count"),
    Column("neither", "Neither", "count"),
    Column("kappa", "Kappa", "score", "Cohen's: 1 is agreement, 0 what chance would give"),
)


#: Counts that the table of the run leaves empty in other lines, and so has as floats.
_CELLS = ("both", "first_only", "second_only", "neither")


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section: both kinds of negatives, and the second labels where there are any."""
    lines = lines_of(summary, "negatives")
    if not lines:
        return {}
    macro, every = negatives(summary, means=True), negatives(summary, means=False)
    return {
        "macro": macro,
        "macro_downloads": downloads(summary, macro),
        "every": every,
        "choices": every.choices("Row", "Finding"),
        "downloads": downloads(summary, every),
        "second": _second(summary),
    }


def negatives(summary: Summary, *, means: bool) -> Table:
    """Put the two kinds of negatives beside each other, of the macro means or of the findings."""
    pairs = _paired(lines_of(summary, "negatives"), "negatives", "all", "none")
    name = "negatives" if means else "negatives-by-finding"
    columns = _NEGATIVES[2:] if means else _NEGATIVES
    caption = "Two kinds of negatives" + ("" if means else ", by finding")
    return _table(summary, name, caption, pairs, columns, means=means)


def _paired(lines: Sequence[Record], key: str, first: str, prefix: str) -> list[dict[str, Any]]:
    """Join the two lines of each row and finding; the second's values come with a prefix."""
    ends = ("n", "positives", *(f"auc{end}" for end in ENDS))
    before = {(it["row"], it["finding"]): it for it in lines if it[key] == first}
    return [
        {
            **it,
            **{name: before[it["row"], it["finding"]][name] for name in ends},
            **{f"{prefix}_{name}": it[name] for name in ends},
        }
        for it in lines
        if it[key] != first
    ]


def _table(
    summary: Summary,
    name: str,
    caption: str,
    pairs: Sequence[Record],
    columns: Sequence[Column],
    *,
    means: bool,
) -> Table:
    order = [it["row"] for it in leaderboard(summary, "test").records]
    records = [
        {**pair, "label": label_of(summary, pair["finding"])}
        for pair in sorted(pairs, key=lambda pair: order.index(pair["row"]))
        if (pair["finding"] == "macro") is means
    ]
    used = [column for column in columns if column.key != "note" or any(r["note"] for r in records)]
    shown = [_ROW, *([] if means else [_FINDING]), *used]
    made = [
        Line([cell(it, column, reason=it["note"]) for column in shown], row=it["row"])
        for it in records
    ]
    return Table(name, caption, shown, made, records)


def _second(summary: Summary) -> dict[str, Any]:
    lines = lines_of(summary, "second_labels")
    if not lines:
        return {}
    pairs = _paired(lines, "labels", "first", "second")
    title = "The run's labels and the second ones, on the test images that both label"
    macro = _table(summary, "second-labels", title, pairs, _SECOND[3:], means=True)
    every = _table(summary, "second-labels-by-finding", title, pairs, _SECOND, means=False)
    agreed = _agreement(summary, pairs)
    return {
        "file": pairs[0]["labels"],
        "told": summary.get("data", {}).get("second_labels"),
        "macro": macro,
        "macro_downloads": downloads(summary, macro),
        "agreed": agreed,
        "agreed_downloads": downloads(summary, agreed),
        "every": every,
        "choices": every.choices("Row", "Finding"),
        "downloads": downloads(summary, every),
    }


def _agreement(summary: Summary, pairs: Sequence[Record]) -> Table:
    """List how far the two sets agree: the same for all rows, so it is told once."""
    first = pairs[0]["row"]
    of_first = [it for it in pairs if it["row"] == first and it["finding"] != "macro"]
    records = [
        {"label": label_of(summary, it["finding"])}
        | {key: it[key] for key in ("finding", "kappa")}
        | {key: int(it[key]) for key in _CELLS}
        for it in of_first
    ]
    made = [Line([cell(record, column) for column in _AGREEMENT]) for record in records]
    return Table("agreement", "How far the labels agree", _AGREEMENT, made, records)
