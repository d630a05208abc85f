"""Stored rows, read only: one statement a request, or two where a host reports faster than its family is defined."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from services.api.database import Connection, Database
from services.api.errors import TooMuchError
from services.api.live.latest import instant
from services.api.metrics.asked import Asked, Retention, cache_key, cached_seconds, plan, require_few_points
from services.api.metrics.cache import Cache
from services.api.metrics.points import EncodedPoints, encode_points, rows_max, to_points
from services.api.metrics.schemas import EncodedRange
from services.api.observations import Observations
from services.api.scope import Scope
from shared.resolution import POINTS_MAX_LIMIT, Level
from shared.rollups import ROLLUP_LEVELS
from shared.select import Selection, select_instants_count, select_series

NUMBERS_AT_ONCE = 20_000
"""More are put in order by a thread: half a million take a third of a second, in which live views would stand still."""

RETENTION_SECONDS = 60.0
ENTRIES_MAX = 1_000
ENTRY_BYTES = 1_024
"""What a kept answer takes besides its text, at most: its key, its objects, and their places in the cache."""

_RETENTION = "retention"

_RETENTION_SQL = """SELECT coalesce(raw_retention_seconds, 86400 * raw_retention_days::bigint) AS raw_seconds,
    rollup_1m_retention_days, rollup_5m_retention_days, rollup_1h_retention_days,
    raw_dropped_before, rollup_1m_dropped_before, rollup_5m_dropped_before, rollup_1h_dropped_before
FROM metrics.schema_state LEFT JOIN metrics.storage_state ON true"""


class MetricQueries:
    """Reads families over time; what was read in steps is given again for a few seconds."""

    def __init__(self, database: Database, observations: Observations, cache_bytes_max: int) -> None:
        self._database = database
        self._observations = observations
        clock = asyncio.get_running_loop().time
        self._cache: Cache[EncodedPoints] = Cache(clock, kept_bytes, cache_bytes_max, ENTRIES_MAX)
        self._retention: Cache[Retention] = Cache(clock, lambda _: 1, 1, 1)
        observations.cache_bytes.set_function(lambda: self._cache.bytes)

    async def plan_export(self, asked: Asked, scope: Scope) -> Selection:
        """Return what an export reads, which is too long to look at before it is sent: so instants are counted first.

        Raises BadParameterError where the request cannot be answered.
        """
        selection = await self.plan(asked, scope)
        if selection.resolution.step_seconds is not None:
            return selection
        statement = select_instants_count(selection, asked.points_max + 1)
        async with self._database.connection() as connection:
            count = await connection.fetchval(statement.text, *statement.parameters)
        return selection if count <= asked.points_max else await self.plan(asked, scope, in_steps=True)

    async def read(self, asked: Asked, scope: Scope, form: str) -> EncodedRange:
        """Return every series of the hosts that match and that the scope shows."""
        selection = await self.plan(asked, scope)
        require_few_points(selection)
        if selection.resolution.step_seconds is None:
            try:
                return _answer(asked, selection, await self._points(selection, form, asked))
            except TooMuchError:
                # Hosts report faster than the family is defined, or at other instants each: in steps it can be fewer.
                selection = await self.plan(asked, scope, in_steps=True)
        return _answer(asked, selection, await self._cached(selection, scope, form, asked))

    async def plan(self, asked: Asked, scope: Scope, in_steps: bool = False) -> Selection:
        """Return what is read for a request; raise BadParameterError where it cannot be answered."""
        retention, _ = await self._retention.get(_RETENTION, RETENTION_SECONDS, self._read_retention)
        return plan(asked, scope, retention, in_steps)

    async def _cached(self, selection: Selection, scope: Scope, form: str, asked: Asked) -> EncodedPoints:
        async def make() -> EncodedPoints:
            return await self._points(selection, form, asked)

        key = cache_key(selection, scope, form)
        points, found = await self._cache.get(key, cached_seconds(selection), make)
        self._observations.cache.labels("hit" if found else "miss").inc()
        return points

    async def _points(self, selection: Selection, form: str, asked: Asked) -> EncodedPoints:
        statement = select_series(selection, rows_max(selection.gauges) + 1)
        points_max = asked.points_max if asked.step_seconds is None else POINTS_MAX_LIMIT

        def encoded() -> EncodedPoints:
            return encode_points(to_points(selection, rows, points_max), form, asked.now)

        async with self._database.connection() as connection:
            rows = await connection.fetch(statement.text, *statement.parameters)
            # Still inside: the connections bound how many long answers are in memory at one time.
            first_gauge = len(selection.family.labels) + 3
            numbers = sum(len(row[first_gauge]) for row in rows) // 8 * len(selection.gauges)
            return await asyncio.to_thread(encoded) if numbers > NUMBERS_AT_ONCE else encoded()

    async def _read_retention(self) -> Retention:
        async with self._database.connection() as connection:
            return await read_retention(connection)


def kept_bytes(points: EncodedPoints) -> int:
    """Return the memory that a kept answer takes, its entry in the cache included."""
    return len(points) + ENTRY_BYTES


def _answer(asked: Asked, selection: Selection, points: EncodedPoints) -> EncodedRange:
    span, resolution = asked.range, selection.resolution
    return EncodedRange(
        asked.family.name, instant(span.start), instant(span.end), resolution.level, resolution.step_seconds,
        asked.aggregate, instant(points.as_of), points.time, points.series,
    )  # fmt: skip


async def read_retention(connection: Connection) -> Retention:
    """Return how long each level is kept at present."""
    row = await connection.fetchrow(_RETENTION_SQL)
    if row is None:
        return Retention({"raw": timedelta(days=1)})
    kept: dict[Level, timedelta] = {"raw": timedelta(seconds=row["raw_seconds"])}
    kept |= {level: timedelta(days=row[f"rollup_{level}_retention_days"]) for level in ROLLUP_LEVELS}
    dropped: dict[Level, datetime | None] = {"raw": row["raw_dropped_before"]}
    dropped |= {level: row[f"rollup_{level}_dropped_before"] for level in ROLLUP_LEVELS}
    return Retention(kept, {level: instant for level, instant in dropped.items() if instant is not None})
