"""Fills a spool as an outage would have: sample sets of an earlier session, 1 s apart, by the product's code."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.collector.counters import Counters
from services.collector.outbox import Outgoing
from services.collector.schedule import choose_intervals, due
from services.collector.simulation.families import rows_at
from services.collector.simulation.profile import invent
from services.collector.spool import Spool
from services.collector.spool_place import GIB, HOUR_S, Place, directory_of
from shared.families import FAMILIES
from shared.subjects import SYSTEM_SOURCE
from shared.wire.encode import Numbering, Rows, cells, encode

HOST = "bench-late"
SESSION = "bench-outage"
PROFILE = 22
"""The invented host whose readings these are: a database server with a file system that comes and goes."""
CHUNK = 64
SPARE_HOURS = 2
"""The outage ends at a full hour, so its oldest sample set is up to an hour older, and nothing may expire meanwhile."""


@dataclass(frozen=True, slots=True)
class Outage:
    """What lies in the spool: sample sets of [since, until), numbered from 1, with so many rows of each family."""

    since: datetime
    until: datetime
    sample_sets: int
    body_bytes: int
    spool_bytes: int
    rows: Counter[str]


def fill(directory: Path, hours: int) -> Outage:
    """Write the hours before the last full hour; whole hours, so that each rollup is of the spool's rows alone."""
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    since = until - timedelta(hours=hours)
    directory = directory_of(HOST, directory)
    place = Place(directory, GIB, (hours + SPARE_HOURS) * HOUR_S)
    spool = Spool(place, SESSION, time.time, time.monotonic)
    rows: Counter[str] = Counter()
    chunk: list[Outgoing] = []
    body_bytes = count = 0
    for outgoing in _sample_sets(int(since.timestamp()), int(until.timestamp()), rows):
        chunk.append(outgoing)
        body_bytes += len(outgoing.encoded.body)
        count += 1
        if len(chunk) == CHUNK:
            _append(spool, chunk)
            chunk = []
    _append(spool, chunk)
    held, lost = spool.waiting, spool.lost
    spool.close()
    if held != count or lost:
        raise SystemExit(f"expected {count} sample sets in the spool, it holds {held} and lost {lost}")
    spool_bytes = sum(path.stat().st_size for path in directory.iterdir())
    return Outage(since, until, count, body_bytes, spool_bytes, rows)


def _sample_sets(since_s: int, until_s: int, rows: Counter[str]) -> Iterator[Outgoing]:
    profile = replace(invent(1, PROFILE)[-1], name=HOST)
    intervals = choose_intervals(FAMILIES, 1, {})
    numbering, counters = Numbering(SESSION), Counters()
    for tick_s in range(since_s, until_s):
        readings = []
        for name, found in rows_at(profile, tick_s, due(tick_s, intervals), counters).items():
            family = FAMILIES[name]
            readings.append(Rows(family, float(intervals[name]), [cells(family, row) for row in found]))
            rows[name] += len(found)
        moment = datetime.fromtimestamp(tick_s, UTC)
        for encoded in encode(HOST, SYSTEM_SOURCE, moment, readings, numbering):
            yield Outgoing(encoded, tick_s)


def _append(spool: Spool, chunk: list[Outgoing]) -> None:
    if chunk and not spool.append(chunk):
        raise SystemExit("the spool took nothing; the log line above says why")
