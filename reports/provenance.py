"""What was run: on which data and machine, by which protocol, and each row with its options."""

from collections.abc import Mapping
from typing import Any

from reports import tables
from reports.downloads import downloads
from reports.tables import EMPTY, Cell, Column, Line, Record, Table, cell

Summary = Mapping[str, Any]

_ROW = Column("row", "Row", "row")

_ROWS = (
    _ROW,
    Column("title", "What it is", "text"),
    Column("kind", "Kind", "text"),
    Column("status", "Status", "text"),
    Column("weights", "Weights", "text", "what the network started from"),
    Column("fitted", "Fitted", "text", "when its fit was finished, in UTC"),
    Column("machine", "Machine", "text", "where it was fitted, and so timed"),
    Column("versions", "Versions", "text", "those that are not the run's"),
    Column("notes", "Notes", "text"),
)


def section(summary: Summary, uid: str) -> dict[str, Any]:
    """Return the content of the section on what was run."""
    rows = rows_table(summary) if summary.get("rows") else None
    options = options_table(summary)
    content = {
        "rows": rows,
        "downloads": downloads(summary, rows) if rows else None,
        "options": options,
        "option_downloads": downloads(summary, options) if options else None,
        "facts": _facts(summary),
        "protocol": summary.get("protocol"),
        "versions": summary.get("provenance", {}).get("versions"),
        "experiment": summary.get("experiment"),
    }
    return content if any(content.values()) else {}


def rows_table(summary: Summary) -> Table:
    """List what each row was and how it went.

    Where a row that was kept comes from another machine than the run, or from other libraries,
    columns say so.
    """
    made = summary.get("provenance", {})
    records = [_row(row, made) for row in summary["rows"]]
    if len({record["machine"] for record in records} - {""}) < 2:
        own = machine_words(made.get("machine"))
        records = [it | {"machine": ""} if it["machine"] == own else it for it in records]
    columns = [c for c in _ROWS if c is _ROW or any(record.get(c.key) for record in records)]
    lines = [Line([_or_blank(r, column) for column in columns], row=r["row"]) for r in records]
    return Table("rows", "The rows of this run", columns, lines, records)


def _row(row: Record, made: Mapping[str, Any]) -> dict[str, Any]:
    own, of_run = row.get("versions") or {}, made.get("versions") or {}
    other = [f"{name} {own[name]}" for name in own if own[name] != of_run.get(name)]
    return {
        "row": row["name"],
        **{key: row.get(key) for key in ("title", "kind", "status")},
        "weights": _weights(row),
        "fitted": (row.get("finished") or "")[:16].replace("T", " "),
        "machine": machine_words(row.get("machine")),
        "versions": ", ".join(other) if of_run else "",
        "notes": "; ".join(row.get("notes") or ([row["reason"]] if row.get("reason") else [])),
    }


def _weights(row: Record) -> str | None:
    """Say what a row started from; a file with what tells its content from any other's."""
    weights, digest = row.get("weights"), (row.get("facts") or {}).get("weights_digest")
    return f"{weights}, BLAKE2b {digest}" if digest and digest != weights else weights


def machine_words(machine: Mapping[str, Any] | None) -> str:
    """Say in a few words what a machine is; nothing of one that is not known."""
    if not machine:
        return ""
    cores, memory = machine.get("cores"), machine.get("memory")
    said = (machine.get("cpu"), cores and count_cores(cores), memory and _written(memory, "bytes"))
    return ", ".join(filter(None, said))


def count_cores(cores: int) -> str:
    """Write a number of cores."""
    return f"{cores} core{'' if cores == 1 else 's'}"


def options_table(summary: Summary) -> Table | None:
    """List every option that a row was run with: options down, rows across; None without any."""
    given = {row["name"]: row.get("options") or {} for row in summary.get("rows", ())}
    given = {name: options for name, options in given.items() if options}
    keys = sorted({key for options in given.values() for key in options})
    columns = [Column("option", "Option", "text"), *(Column(name, name, "text") for name in given)]
    records = [
        {"option": key} | {name: _word(options.get(key)) for name, options in given.items()}
        for key in keys
    ]
    lines = [Line([cell(record, column) for column in columns]) for record in records]
    return Table("options", "The options of each row", columns, lines, records) if keys else None


def _word(value: Any) -> str | None:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or EMPTY
    if isinstance(value, bool):
        return "yes" if value else "no"
    return None if value is None else str(value)


def _or_blank(record: Record, column: Column) -> Cell:
    return cell(record, column) if record.get(column.key) else Cell(EMPTY, style="empty")


def _facts(summary: Summary) -> list[dict[str, str]]:
    """Tell data and split, then the run, in pairs of words; what is not known is left out."""
    data, split = summary.get("data", {}), summary.get("split", {})
    made = summary.get("provenance", {})
    machine = made.get("machine", {})
    of_data = {
        "Data": data.get("source"),
        "Folder": data.get("folder"),
        "Table": data.get("table"),
        "Image size": data.get("size") and f"{data['size']} px",
        "Left out": _left_out(data),
        "Split": split.get("description") or split.get("kind"),
        "Split seed": split.get("seed"),
        "Split fingerprint": split.get("fingerprint"),
    }
    of_run = {
        "Command": made.get("command"),
        "Report made": summary.get("created"),
        "Time in all": _written(made.get("seconds"), "seconds"),
        "Processor": machine.get("cpu"),
        "Cores": machine.get("cores"),
        "Memory": _written(machine.get("memory"), "bytes"),
        "System": machine.get("system"),
        "Executor": made.get("executor"),
        "Commit": made.get("git"),
    }
    known = ({k: str(v) for k, v in f.items() if v not in (None, "")} for f in (of_data, of_run))
    return [facts for facts in known if facts]


def _written(value: float | None, form: str) -> str | None:
    return None if value is None else tables.write(value, form)


def _left_out(data: Mapping[str, Any]) -> str:
    said = []
    if data.get("missing"):
        said.append(f"{data['missing']:,} named in the table but not on disk")
    if data.get("surplus"):
        said.append(f"{data['surplus']:,} on disk but not in the table")
    if data.get("damaged"):
        said.append(f"{len(data['damaged']):,} damaged")
    return "; ".join(said)
