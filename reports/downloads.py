"""Tables inside the page, packed once each; ``templates/downloads.js`` makes files of them."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reports.tables import Table, is_missing
from reports.writers import value_names


@dataclass(frozen=True)
class Download:
    """A table inside the page.

    Parameters
    ----------
    name : str
        Of its files, without what says their kind.
    data : str
        What `pack` makes of it.
    """

    name: str
    data: str


def downloads(summary: Mapping[str, Any], table: Table) -> Download | None:
    """Make what the files of a table are made from; None where it has no records.

    Parameters
    ----------
    summary : mapping
        The run's, whose name begins the files'.
    table : Table
        What they hold.
    """
    if not table.records:
        return None
    return Download(f"{summary.get('name', 'run')}-{table.name}", pack(table))


def pack(table: Table) -> str:
    """Pack a table: lines of JSON, compressed, in base64.

    The first line holds the names of the values, the headings, and which columns hold words; then
    come the values of each record, in full, and the cells of each line, as they are read.
    """
    names = value_names(table.records)
    shown = [[column.label, column.is_text] for column in table.columns]
    values = [[_value(record.get(name)) for name in names] for record in table.records]
    lines = [[names, shown, len(values)], *values, *table.written()]
    text = "\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _value(value: Any) -> Any:
    return None if is_missing(value) else value
