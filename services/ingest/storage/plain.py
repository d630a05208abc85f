"""Plain PostgreSQL: ordinary tables, rollups kept by upkeep, old rows deleted in batches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg

from services.ingest.ceiling import STEP_SHARE
from services.ingest.storage.delivery import delivery_ddl
from services.ingest.storage.dirty import dirty_ddl, kept, kept_ddl
from services.ingest.storage.keeping import Keeping
from services.ingest.storage.mode import Mode
from services.ingest.storage.retention import LEDGER_KEPT_LONGER, Retention
from shared.family import Family
from shared.rollups import ROLLUP_LEVELS, RollupLevel
from shared.sql import LEDGER, delete_before, known_hosts, ledger_ddl, table, table_ddl

_RECORD_DROPPED = """UPDATE metrics.storage_state SET raw_dropped_before = greatest(raw_dropped_before, $1)
WHERE raw_dropped_before IS DISTINCT FROM greatest(raw_dropped_before, $1)"""
"""Before anything goes: no rollup may be computed anew from what is left."""
ROWS_MAX = 20_000
"""Rows deleted by one statement: tens of milliseconds, so that nothing waits for it."""


class PlainStorage:
    """Plain PostgreSQL."""

    mode: Mode = "plain"
    marks_rollups = True
    shrinks = False
    functions: tuple[str, ...] = ()

    def tables(self, families: Sequence[Family], retention: Retention) -> list[str]:
        """Return the statements that make or widen ledger and raw tables; running them again changes nothing."""
        statements = [*ledger_ddl(), *delivery_ddl(), *dirty_ddl()]
        for family in families:
            statements += table_ddl(family)
        return statements

    def chunk_widths(
        self, families: Sequence[Family], retention: Retention, sample_sets_per_second: float
    ) -> list[str]:
        """Return nothing: tables have no chunks."""
        return []

    def rollups(
        self, family: Family, present: Mapping[RollupLevel, Collection[str]], retention: Retention
    ) -> list[str]:
        """Return the statements that make a family's rollups or add the columns they lack."""
        if not family.rollups:
            return []
        return [statement for level in ROLLUP_LEVELS for statement in kept_ddl(family, level, present.get(level, ()))]

    async def settle_policies(
        self, connection: asyncpg.Connection, families: Sequence[Family], retention: Retention, raw_kept: timedelta
    ) -> list[str]:
        """Change nothing: plain PostgreSQL runs no jobs."""
        return []

    async def expire(
        self, connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping
    ) -> dict[str, int]:
        """Delete what is older than it is kept; each statement commits by itself, so a crash loses little work."""
        await connection.execute(_RECORD_DROPPED, keeping.now - keeping.raw_kept)
        deleted = await self._expire_raw(connection, families, keeping)
        for family in families:
            for level in ROLLUP_LEVELS if family.rollups else ():
                deleted[kept(family, level)] = await _repeat(
                    connection, delete_before(kept(family, level)), keeping.now - keeping.retention.of(level)
                )
        return {relation: count for relation, count in deleted.items() if count}

    async def first_to_go(
        self, connection: asyncpg.Connection, families: Sequence[Family], now: datetime
    ) -> datetime | None:
        """Return the end of the first tenth of the time that raw rows span."""
        found = [await connection.fetchval(_oldest(family)) for family in families]
        oldest = min((time for time in found if time is not None), default=None)
        return None if oldest is None else oldest + STEP_SHARE * (now - oldest)

    async def _expire_raw(
        self, connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping
    ) -> dict[str, int]:
        """Delete raw rows, and of the ledger only what no message can enter again."""
        return {
            relation: await _repeat(connection, delete_before(relation), bound)
            for relation, bound in raw_bounds(families, keeping).items()
        }


def raw_bounds(families: Sequence[Family], keeping: Keeping) -> dict[str, datetime]:
    """Return relation → the instant before which its rows go; of the ledger only what no message can enter again."""
    bounds = {table(family): keeping.raw_bound(family) for family in families}
    bounds[LEDGER] = keeping.now - keeping.raw_kept - LEDGER_KEPT_LONGER
    return bounds


def _oldest(family: Family) -> str:
    """Return the statement that finds a family's oldest row host by host, as only the hosts' index knows it fast."""
    name = table(family)
    return f"""WITH RECURSIVE {known_hosts(name)}
SELECT min((SELECT time FROM {name} AS own WHERE own.host = known.host ORDER BY time LIMIT 1)) FROM known"""


async def _repeat(connection: asyncpg.Connection, statement: str, bound: datetime) -> int:
    total = 0
    while True:
        count = int((await connection.execute(statement, bound, ROWS_MAX)).rpartition(" ")[2])
        total += count
        if count < ROWS_MAX:
            return total
