"""SQL of stored rows: one statement a request, read only; and how long rows are kept."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from services.api.database import Connection, Database
from services.api.live.latest import instant
from services.api.metrics.asked import Asked, Retention, cache_key, cached_seconds, plan, require_few_points
from services.api.metrics.cache import Cache
from services.api.metrics.points import EncodedPoints, encode_points, rows_max, to_points
from services.api.metrics.schemas import EncodedRange
from services.api.observations import Observations
from services.api.scope import Scope
from shared.resolution import Level
from shared.select import Selection, select_series

NUMBERS_AT_ONCE = 20_000
"""More are put in order by a thread: half a million take a third of a second, in which live views would stand still."""

RETENTION_SECONDS = 60.0
ENTRIES_MAX = 1_000
_RETENTION = "retention"

_RETENTION_SQL = """SELECT coalesce(raw_retention_seconds, 86400 * raw_retention_days::bigint), raw_dropped_before,
    rollup_1m_retention_days, rollup_5m_retention_days, rollup_1h_retention_days
FROM metrics.schema_state LEFT JOIN metrics.storage_state ON true"""


class MetricQueries:
    """Reads families over time; what was read in steps is given again for a few seconds."""

    def __init__(self, database: Database, observations: Observations, cache_bytes_max: int) -> None:
        self._database = database
        self._observations = observations
        clock = asyncio.get_running_loop().time
        self._cache: Cache[EncodedPoints] = Cache(clock, len, cache_bytes_max, ENTRIES_MAX)
        self._retention: Cache[Retention] = Cache(clock, lambda _: 1, 1, 1)
        observations.cache_bytes.set_function(lambda: self._cache.bytes)

    async def plan(self, asked: Asked, scope: Scope) -> Selection:
        """Return what is read for a request; raise BadParameterError where it cannot be answered."""
        retention, _ = await self._retention.get(_RETENTION, RETENTION_SECONDS, self._read_retention)
        return plan(asked, scope, retention)

    async def read(self, asked: Asked, scope: Scope, form: str) -> EncodedRange:
        """Return every series of the hosts that match and that the scope shows."""
        selection = await self.plan(asked, scope)
        require_few_points(selection)
        seconds = cached_seconds(selection)

        async def make() -> EncodedPoints:
            return await self._points(selection, form, asked.now)

        if seconds:
            points, found = await self._cache.get(cache_key(selection, scope, form), seconds, make)
            self._observations.cache.labels("hit" if found else "miss").inc()
        else:
            points = await make()
        span, resolution = asked.range, selection.resolution
        return EncodedRange(
            asked.family.name, instant(span.start), instant(span.end), resolution.level, resolution.step_seconds,
            asked.aggregate, instant(points.as_of), points.time, points.series,
        )  # fmt: skip

    async def _points(self, selection: Selection, form: str, now: datetime) -> EncodedPoints:
        statement = select_series(selection, rows_max(selection.gauges) + 1)

        def encoded() -> EncodedPoints:
            return encode_points(to_points(selection, rows), form, now)

        async with self._database.connection() as connection:
            rows = await connection.fetch(statement.text, *statement.parameters)
            # Still inside: the connections bound how many long answers are in memory at one time.
            first_gauge = len(selection.family.labels) + 3
            numbers = sum(len(row[first_gauge]) for row in rows) // 8 * len(selection.gauges)
            return await asyncio.to_thread(encoded) if numbers > NUMBERS_AT_ONCE else encoded()

    async def _read_retention(self) -> Retention:
        async with self._database.connection() as connection:
            return await _retention(connection)


async def _retention(connection: Connection) -> Retention:
    row = await connection.fetchrow(_RETENTION_SQL)
    if row is None:
        return Retention({"raw": timedelta(days=1)})
    raw_seconds, raw_dropped_before, one_minute, five_minutes, one_hour = row
    kept: dict[Level, timedelta] = {
        "raw": timedelta(seconds=raw_seconds), "1m": timedelta(days=one_minute), "5m": timedelta(days=five_minutes),
        "1h": timedelta(days=one_hour),
    }  # fmt: skip
    return Retention(kept, raw_dropped_before)
