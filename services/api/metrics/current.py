"""What is current, in pages, from the latest readings."""

from __future__ import annotations

from collections.abc import Callable
from heapq import nsmallest
from operator import itemgetter

from services.api.live.latest import Latest, Reading
from services.api.metrics.schemas import Current, CurrentRows, Processes, ProcessRow
from services.api.parameters import bad_cursor
from shared.families import FAMILIES
from shared.families.process import PROCESS
from shared.wire.decode import Row

OFFSET_MAX = 1_000_000


def current_page(
    latest: Latest, shown: Callable[[str], bool], families: set[str] | None, limit: int, cursor: str | None
) -> Current:
    """Return at most `limit` tables, by host, source and family; the cursor is the last one's key."""
    after = None if cursor is None else _key(cursor)
    found: list[Reading] = []
    for name in latest.hosts(shown):
        host = latest.get(name)
        if host is None or (after is not None and name < after[0]):
            continue
        for reading in host.readings():
            wanted = families is None or reading.family in families
            if wanted and (after is None or _order(reading) > after):
                found.append(reading)
        if len(found) > limit:
            break
    page = found[:limit]
    return Current([_rows(reading) for reading in page], _cursor(page[-1]) if len(found) > limit else None)


def processes_page(
    latest: Latest, shown: Callable[[str], bool], sort: str, limit: int, cursor: str | None
) -> Processes:
    """Return processes in descending order; the cursor counts those already seen."""
    offset = 0 if cursor is None else _offset(cursor)
    by, pid = PROCESS.column_names.index(sort), PROCESS.column_names.index("pid")
    found: list[tuple[float, str, int, Reading, Row]] = []
    for name in latest.hosts(shown):
        host = latest.get(name)
        reading = host.reading(PROCESS.name) if host is not None else None
        if reading is not None:
            found += [(-row[by], name, row[pid], reading, row) for row in reading.rows]
    first = nsmallest(offset + limit, found, key=itemgetter(0, 1, 2))
    page = [_process(reading, row) for *_, reading, row in first[offset:]]
    return Processes(page, str(offset + limit) if len(found) > offset + limit else None)


def _rows(reading: Reading) -> CurrentRows:
    columns = list(FAMILIES[reading.family].column_names)
    rows = [list(row) for row in reading.rows]
    return CurrentRows(
        reading.host, reading.source, reading.family, reading.time, reading.interval_seconds, columns, rows
    )


def _process(reading: Reading, row: Row) -> ProcessRow:
    return ProcessRow(host=reading.host, time=reading.time, **dict(zip(PROCESS.column_names, row, strict=True)))


_POSITION = {name: position for position, name in enumerate(FAMILIES)}


def _order(reading: Reading) -> tuple[str, str, int]:
    return reading.host, reading.source, _POSITION[reading.family]


def _cursor(reading: Reading) -> str:
    # A line feed stands in no host name, and a family's name ends the text.
    return "\n".join((reading.host, reading.source, reading.family))


def _key(cursor: str) -> tuple[str, str, int]:
    host, _, rest = cursor.partition("\n")
    source, _, family = rest.rpartition("\n")
    if family not in _POSITION:
        raise bad_cursor(cursor)
    return host, source, _POSITION[family]


def _offset(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor[:9]) > OFFSET_MAX:
        raise bad_cursor(cursor)
    return int(cursor[:9])
