"""SQL of stored rows: one statement a request, read only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.database import Database
from services.api.metrics.schemas import MetricRange
from services.api.metrics.series import rows_max, to_series
from services.api.metrics.times import Range
from services.api.scope import Scope
from shared.family import Column, Family
from shared.resolution import choose
from shared.sql import select_rows, select_steps

CELLS_AT_ONCE = 20_000
"""More are put in order by a thread: half a million take a second, in which live views would stand still."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The range, how many points at most, and when it was asked."""

    range: Range
    points_max: int
    now: datetime


class MetricQueries:
    """Reads families over time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, scope: Scope, family: Family, gauges: Sequence[Column], hosts: Sequence[str], asked: Asked
    ) -> MetricRange:
        """Return every series of the hosts that match and that the scope shows."""
        span = asked.range
        resolution = choose(span.start, span.end, asked.points_max, family.interval_seconds, levels=("raw",))
        exact, like = scope.sql_filter(hosts)
        globs = bool(like)
        parameters = [exact, like, span.start, span.end, rows_max(gauges) + 1]
        async with self._database.connection() as connection:
            if resolution.step_seconds is None:
                rows = await connection.fetch(select_rows(family, gauges, globs), *parameters)
            else:
                step = timedelta(seconds=resolution.step_seconds)
                rows = await connection.fetch(select_steps(family, gauges, globs), *parameters, step)
            # Still inside: the connections bound how many long answers are in memory at one time.
            if len(rows) * len(gauges) > CELLS_AT_ONCE:
                axis, series = await asyncio.to_thread(to_series, family, gauges, rows)
            else:
                axis, series = to_series(family, gauges, rows)
        return MetricRange(
            family.name, span.start, span.end, resolution.level, resolution.step_seconds, asked.now, axis, series
        )
