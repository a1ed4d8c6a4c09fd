"""Where the models looked: a selection of heat maps, and how all of them stand against boxes."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports import overlays
from reports.downloads import downloads
from reports.tables import Column, Line, Record, Table, cell
from reports.views import label_of

Summary = Mapping[str, Any]

_LOOKED = (
    Column("hit_0.1", "IoU ≥ 0.1", "share", "share of maps whose predicted box overlaps so much"),
    Column("hit_0.3", "≥ 0.3", "share", "share of maps whose predicted box overlaps so much"),
    Column("hit_0.5", "≥ 0.5", "share", "share of maps whose predicted box overlaps so much"),
    Column("hit_0.7", "≥ 0.7", "share", "share of maps whose predicted box overlaps so much"),
    Column(
        "iou", "IoU", hint="intersection over union of the predicted and the best box, on average"
    ),
    Column("pointing", "Pointing", "share", "share of maps whose maximum lies in a box"),
    Column("containment", "Containment", "share", "share of the heat that lies in the boxes"),
    Column("empty", "Empty", "count", "maps that are zero everywhere: no hit"),
)

_MEANS = (
    Column("where", "Map", "row"),
    Column("part", "Part", "text"),
    Column("images", "Images", "count"),
    Column("boxes", "Boxes", "count"),
    Column("patients", "Patients", "count"),
    *_LOOKED,
)

_BOXED = (
    _MEANS[0],
    Column("of", "Beside", "text", "the row on whose radiographs"),
    Column("label", "Finding", "text"),
    *_MEANS[1:],
)


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Return the content of the section: maps of rows that were explained, and their tables."""
    looks = [row for row in summary.get("looks") or () if row["findings"]]
    shown = {"looks": looks, "stops": overlays.ramp_stops(), "linked": uid == "run"}
    boxes = _boxes(summary)
    return shown | boxes if looks or boxes else {}


def _boxes(summary: Summary) -> dict[str, Any]:
    both = localization_tables(summary)
    if both is None:
        return {}
    means, every = both
    return {
        "means": means,
        "mean_downloads": downloads(summary, means),
        "every": every,
        "choices": every.choices("Map", "Beside", "Finding"),
        "downloads": downloads(summary, every),
    }


def localization_tables(summary: Summary) -> tuple[Table, Table] | None:
    """Hold heat maps against boxes: the means over the findings, then finding by finding.

    Both list, below each row, what the baselines got on the same radiographs; None where no row
    was held against a box.
    """
    records = [
        {
            **line,
            "of": row["row"],
            "label": "Mean" if line["finding"] == "mean" else label_of(summary, line["finding"]),
            "where": _map_of(line) if line["map"] == row["row"] else line["map"],
        }
        for row in summary.get("localization") or ()
        for line in row["lines"]
    ]
    if not records:
        return None
    means = [record for record in records if record["finding"] == "mean"]
    return (
        _localization("localization-means", "Heat maps against boxes, means", _MEANS, means),
        _localization("localization-by-finding", "Heat maps against boxes", _BOXED, records),
    )


def _map_of(line: Record) -> str:
    """Name a row's own map, and the method that made it where that is known."""
    return f"{line['map']} ({line['method']})" if line.get("method") else line["map"]


def _localization(
    name: str, caption: str, columns: Sequence[Column], records: Sequence[Record]
) -> Table:
    lines = []
    for record in records:
        is_row = record["map"] == record["of"]
        why = "" if is_row else "no other patient has a box of this finding"
        cells = [cell(record, column, reason=why) for column in columns]
        lines.append(Line(cells, row=record["of"] if is_row else "", style="plain"))
    return Table(name, caption, columns, lines, records)
