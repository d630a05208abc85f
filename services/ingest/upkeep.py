"""Retention: deletes rows that are older than they are kept, in batches, one process at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from services.ingest.errors import translated
from services.ingest.metrics import Metrics
from services.ingest.storage import Storage
from shared.families import FAMILIES

log = logging.getLogger(__name__)

ROWS_MAX = 20_000
"""Rows deleted by one statement: tens of milliseconds, so that nothing waits for it."""
LOCK = "vitalwire upkeep"
INTERVAL_S = 300.0


async def delete_old(
    connection: asyncpg.Connection, storage: Storage, now: datetime, retention: timedelta
) -> dict[str, int] | None:
    """Delete everything that is older than it is kept; return the rows deleted by relation.

    None when another process is at it. Each statement commits by itself, so a crash loses little work.
    """
    if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", LOCK):
        return None
    try:
        deleted = {}
        for relation, statement, bound in storage.deletions(list(FAMILIES.values()), now, retention):
            deleted[relation] = await _repeat(connection, statement, bound)
        return {relation: count for relation, count in deleted.items() if count}
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)


async def keep_up(
    connect: Callable[[], Awaitable[asyncpg.Connection]], storage: Storage, retention: timedelta, metrics: Metrics
) -> None:
    """Delete at once and then every INTERVAL_S, for ever; while the database is away, try again each time."""
    while True:
        try:
            connection = await connect()
            try:
                deleted = await delete_old(connection, storage, datetime.now(UTC), retention)
            finally:
                connection.terminate()
        except Exception as error:
            if translated(error) is None:
                raise
            log.warning("upkeep put off", extra={"error": f"{type(error).__name__}: {error}"})
        else:
            for relation, count in (deleted or {}).items():
                metrics.deleted.labels(relation).inc(count)
                log.info("old rows deleted", extra={"relation": relation, "rows": count})
        await asyncio.sleep(INTERVAL_S)


async def _repeat(connection: asyncpg.Connection, statement: str, bound: datetime) -> int:
    total = 0
    while True:
        count = int((await connection.execute(statement, bound, ROWS_MAX)).rpartition(" ")[2])
        total += count
        if count < ROWS_MAX:
            return total
