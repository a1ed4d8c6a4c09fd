"""How well rows rank the radiographs of women and men, of the young and the old."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.downloads import downloads
from reports.groups import Mark, groups_panel
from reports.palette import row_styles
from reports.panels import Panel
from reports.tables import ENDS, Cell, Column, Line, Record, Table, cell, is_missing, write
from reports.views import label_of, leaderboard, lines_of

Summary = Mapping[str, Any]

AXES = {"sex": "Sex", "age": "Age", "view": "View position", "follow_up": "Visit"}


_EVERY = (
    Column("row", "Row", "row"),
    Column("label", "Finding", "text"),
    Column("axis", "By", "text"),
    Column("value", "Group", "text"),
    Column("n", "Images", "count", "of known label"),
    Column("group_patients", "Patients", "count"),
    Column("positives", "Positives", "count"),
    Column("patients", "Patients with it", "count"),
    Column("auc", "AUC", "estimate"),
    Column("ap", "AP", "estimate", "grows with the prevalence: positives of images"),
    Column("gap", "Gap", "estimate", "its AUC less that of the other group"),
    Column("other", "Against", "text"),
    Column("note", "Note", "text"),
)

_PEOPLE = (
    Column("part", "Part", "text"),
    Column("images", "Images", "count"),
    Column("patients", "Patients", "count"),
    Column("female", "Female", "count", "patients"),
    Column("male", "Male", "count", "patients"),
    Column("sex_unknown", "Sex unknown", "count", "patients"),
    Column("age", "Age", "text", "years: median and quartiles over images"),
    Column("age_unknown", "Age unknown", "count", "images"),
    Column("pa", "PA", "count", "images"),
    Column("ap", "AP", "count", "images"),
    Column("view_unknown", "View unknown", "count", "images"),
    Column("first", "First", "count", "first images of a patient"),
    Column("follow_up", "Follow-up", "count", "images"),
)


#: What stands for the row where a line is the same for all.
EVERY_ROW = "every row"


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Make the section: who is in the parts, the macro AUC of each group, gaps, every figure."""
    lines = lines_of(summary, "subgroups")
    people = characteristics(summary)
    if not lines and not people.lines:
        return {}
    gap, every = gaps(summary), every_group(summary)
    return {
        "people": people,
        "people_downloads": downloads(summary, people),
        "panels": panels(summary, uid),
        "rows": [row for row in row_styles(summary["rows"]) if any(_of(lines, row=row))],
        "gaps": gap,
        "gap_count": _number(gap),
        "too_small": _too_small(_compared(summary)),
        "gap_downloads": downloads(summary, gap),
        "every": every,
        "choices": every.choices("Row", "Finding", "By", "Group"),
        "downloads": downloads(summary, every),
    }


def _of(lines: Sequence[Record], **wanted: str) -> Iterator[Record]:
    return (line for line in lines if all(line[key] == value for key, value in wanted.items()))


def characteristics(summary: Summary) -> Table:
    """Describe the patients and images of each part, unknown ones where there are any."""
    records = [{**line, "age": _ages(line)} for line in lines_of(summary, "characteristics")]
    columns = [c for c in _PEOPLE if "unknown" not in c.key or any(r[c.key] for r in records)]
    made = [Line([cell(record, column) for column in columns]) for record in records]
    caption = "Patients and images of each part"
    return Table("characteristics", caption, columns, made, records)


def _ages(line: Record) -> str | None:
    if is_missing(line["age_median"]):
        return None
    return "{age_median:g} ({age_quarter:g} to {age_three_quarters:g})".format(**line)


def panels(summary: Summary, uid: str) -> list[Panel]:
    """Draw the macro AUC of every row in the groups of each axis, all on one scale."""
    lines = [it for it in lines_of(summary, "subgroups") if it["finding"] == "macro"]
    shown = [it for it in lines if not is_missing(it["auc_low"]) and not is_missing(it["auc"])]
    if not shown:
        return []
    ends = [it[f"auc{end}"] for it in shown for end in ENDS]
    span = (min([0.5, *ends]), max(ends))
    made = []
    for axis, title in AXES.items():
        of_axis = list(_of(shown, group=axis))
        if of_axis:
            groups = {it["value"]: it["n"] for it in _of(lines, group=axis)}
            svg = groups_panel(
                [_mark(it, list(groups)) for it in of_axis],
                [f"{value}\n{count:,} images" for value, count in groups.items()],
                row_styles(summary["rows"]),
                span=span,
                name=f"{uid}-group-{axis}",
                label=f"Macro AUC of each row by {title.lower()}",
            )
            made.append(Panel(title, "", svg))
    return made


def _mark(line: Record, groups: list[str]) -> Mark:
    auc, low, high = (line[f"auc{end}"] for end in ENDS)
    bounds = f"[{write(low, 'score')}, {write(high, 'score')}]"
    hint = f"{line['row']}, {line['value']}: {write(auc, 'score')} {bounds}"
    return Mark(line["row"], groups.index(line["value"]), auc, low, high, hint)


def gaps(summary: Summary) -> Table:
    """Put rows down, the leader first, and the gaps of the macro AUC across.

    Of two groups one gap is told, of more each group's against all others.
    """
    lines = _compared(summary)
    shown = _told(lines)
    columns = [Column("row", "Row", "row")]
    for (axis, value), line in shown.items():
        if any(not is_missing(it["gap"]) for it in _of(lines, group=axis, value=value)):
            hint = f"less that of {line['other']}"
            columns.append(Column(f"{axis} {value}", _title(line), "estimate", hint))
    found = {record["row"] for record in lines}
    names = [it["row"] for it in leaderboard(summary, "test").records if it["row"] in found]
    records, made = [], []
    for name in names:
        record, notes = _across(name, list(shown), lines)
        records.append(record)
        cells = [_gap_cell(record, column, notes.get(column.key, "")) for column in columns]
        made.append(Line(cells, row=name))
    return Table("gaps", "Gaps of the macro AUC on the test part", columns, made, records)


def _compared(summary: Summary) -> list[Record]:
    """Return the macro lines of groups that are held against others."""
    lines = lines_of(summary, "subgroups")
    return [it for it in lines if it["finding"] == "macro" and it["other"]]


def _told(lines: Sequence[Record]) -> dict[tuple[str, str], Record]:
    """Return a line of each axis and group whose gap is told."""
    return {(it["group"], it["value"]): it for it in lines if not _is_mirror(it, lines)}


def _title(line: Record) -> str:
    if line["other"] == "all others":
        return f"{AXES.get(line['group'], line['group'])} {line['value']}"
    return f"{line['value']} less {line['other']}"


def _too_small(lines: Sequence[Record]) -> list[str]:
    """Name the gaps that no row has."""
    known = {(it["group"], it["value"]) for it in lines if not is_missing(it["gap"])}
    return [_title(line) for place, line in _told(lines).items() if place not in known]


def _number(gaps: Table) -> int:
    """Count the gaps that could stand out: those whose interval has a width."""
    keys = [column.key for column in gaps.columns[1:]]
    ends = [(it[f"{key}_low"], it[f"{key}_high"]) for it in gaps.records for key in keys]
    return sum(not is_missing(low) and high > low for low, high in ends)


def _is_mirror(line: Record, lines: Sequence[Record]) -> bool:
    """Whether the other group's line, which comes before it, has told the gap already."""
    of_axis = [it["value"] for it in _of(lines, row=line["row"], group=line["group"])]
    return line["other"] in of_axis[: of_axis.index(line["value"])]


def _across(
    row: str, shown: Sequence[tuple[str, str]], lines: Sequence[Record]
) -> tuple[dict[str, Any], dict[str, str]]:
    record: dict[str, Any] = {"row": row}
    notes = {}
    for axis, value in shown:
        line = next(_of(lines, row=row, group=axis, value=value))
        record |= {f"{axis} {value}{end}": line[f"gap{end}"] for end in ENDS}
        notes[f"{axis} {value}"] = line["note"]
    return record, notes


def _gap_cell(record: Record, column: Column, note: str) -> Cell:
    """Set a gap off whose interval leaves out zero."""
    low: Any = record.get(f"{column.key}_low")
    high: Any = record.get(f"{column.key}_high")
    apart = not is_missing(low) and not is_missing(high) and (low > 0 or high < 0)
    return cell(record, column, reason=note, style="apart" if apart else "")


def every_group(summary: Summary) -> Table:
    """List every row, finding and group; a group that no row has a figure of stands once.

    The files of the table hold every line.
    """
    records = [
        {
            **line,
            "label": label_of(summary, line["finding"]),
            "axis": AXES.get(line["group"], line["group"]),
        }
        for line in lines_of(summary, "subgroups")
    ]
    made = [
        Line([cell(it, column, reason=it["note"]) for column in _EVERY], row=it["row"])
        for it in _shown_once(records)
    ]
    return Table("groups", "Every row and finding by group", _EVERY, made, records)


def _shown_once(records: Sequence[Record]) -> Iterator[Record]:
    """Say once for all rows which groups have too few patients: that depends on no score."""

    def group(record: Record) -> tuple[str, ...]:
        return record["group"], record["value"], record["finding"]

    scored = {group(it) for it in records if not is_missing(it["auc"])}
    told = set()
    for record in records:
        if group(record) in scored:
            yield record
        elif group(record) not in told:
            told.add(group(record))
            yield {**record, "row": EVERY_ROW}
