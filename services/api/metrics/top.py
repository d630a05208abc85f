"""The series whose newest value is largest, from the latest readings; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest
from typing import Any, Literal

from services.api.hosts.overview import is_live
from services.api.live.latest import Latest, Reading
from services.api.metrics.schemas import Top, TopRow
from shared.family import Column, Family
from shared.glob import matcher
from shared.wire.decode import Row

Order = Literal["desc", "asc"]


@dataclass(frozen=True, slots=True)
class TopWish:
    """Which gauge, of which series, in which order, and how many."""

    family: Family
    gauge: Column
    labels: Mapping[str, Sequence[str]]
    order: Order
    limit: int


def top_of(latest: Latest, shown: Callable[[str], bool], wish: TopWish, now: datetime) -> Top:
    """Return at most `limit` series; equal values stand in the order of host, source and labels."""
    at = wish.family.column_names.index(wish.gauge.name)
    count, sign = len(wish.family.labels), -1 if wish.order == "desc" else 1
    matches = _matches(wish)
    found: list[tuple[tuple[Any, ...], Reading, Row]] = []
    for name in latest.hosts(shown):
        for reading in _current(latest, name, wish.family, now):
            found += [
                ((sign * row[at], name, reading.source, row[:count]), reading, row)
                for row in reading.rows
                if row[at] is not None and matches(row)
            ]
    first = nsmallest(wish.limit, found, key=lambda entry: entry[0])
    return Top(wish.family.name, wish.gauge.name, [_row(wish, reading, row, row[at]) for _, reading, row in first])


def _current(latest: Latest, host: str, family: Family, now: datetime) -> list[Reading]:
    """Return the newest readings of a family, one a source; none of a source that has fallen silent."""
    known = latest.get(host)
    return [
        reading
        for reading in (known.readings() if known else ())
        if reading.family == family.name and is_live(reading.time, reading.interval_seconds, now)
    ]


def _matches(wish: TopWish) -> Callable[[Row], bool]:
    names = [column.name for column in wish.family.labels]
    tests = [(names.index(name), matcher(patterns)) for name, patterns in wish.labels.items()]
    return lambda row: all(test(str(row[at])) for at, test in tests)


def _row(wish: TopWish, reading: Reading, row: Row, value: float) -> TopRow:
    labels = {column.name: row[at] for at, column in enumerate(wish.family.labels)}
    return TopRow(reading.host, reading.source, labels, reading.time, value)
