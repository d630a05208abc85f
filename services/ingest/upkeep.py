"""Upkeep of what is stored: rollups computed anew, old rows deleted; one process at a time, by the database's clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from services.ingest.errors import translated
from services.ingest.metrics import Metrics
from services.ingest.rollups import Settled, settle_rollups
from services.ingest.storage.keeping import read_keeping
from services.ingest.storage.seam import Storage
from shared.families import FAMILIES
from shared.family import Family

log = logging.getLogger(__name__)

LOCK = "vitalwire upkeep"
ROLLUPS_EVERY_S = 5.0
EXPIRE_EVERY_S = 300.0


async def settle(
    connection: asyncpg.Connection, storage: Storage, families: Sequence[Family] = tuple(FAMILIES.values())
) -> Settled | None:
    """Compute what is marked; None when another process is at it, or the database does it by itself."""
    if not storage.marks_rollups or not await _locked(connection):
        return None
    try:
        keeping = await read_keeping(connection)
        return await settle_rollups(connection, families, keeping.now, keeping.complete_since)
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)


async def expire(
    connection: asyncpg.Connection, storage: Storage, families: Sequence[Family] = tuple(FAMILIES.values())
) -> dict[str, int] | None:
    """Delete everything that is older than it is kept; return counts by relation, None when another is at it."""
    if not await _locked(connection):
        return None
    try:
        return await storage.expire(connection, families, await read_keeping(connection))
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)


async def keep_up(connect: Callable[[], Awaitable[asyncpg.Connection]], storage: Storage, metrics: Metrics) -> None:
    """Settle and expire for ever, each at its own rhythm; while the database is away, try again each time."""
    connection: asyncpg.Connection | None = None
    expired_s = float("-inf")
    try:
        while True:
            try:
                if connection is None or connection.is_closed():
                    connection = await connect()
                _count_settled(metrics, await settle(connection, storage))
                if time.monotonic() - expired_s >= EXPIRE_EVERY_S:
                    _count_expired(metrics, await expire(connection, storage))
                    expired_s = time.monotonic()
            except Exception as error:
                if translated(error) is None:
                    raise
                log.warning("upkeep put off", extra={"error": f"{type(error).__name__}: {error}"})
                if connection is not None:
                    connection.terminate()
                    connection = None
            await asyncio.sleep(ROLLUPS_EVERY_S)
    finally:
        if connection is not None:
            connection.terminate()


async def _locked(connection: asyncpg.Connection) -> bool:
    return bool(await connection.fetchval("SELECT pg_try_advisory_lock(hashtext($1))", LOCK))


def _count_settled(metrics: Metrics, settled: Settled | None) -> None:
    if settled is not None:
        metrics.rollup_buckets.inc(settled.computed)
        metrics.rollup_abandoned.inc(settled.abandoned)


def _count_expired(metrics: Metrics, expired: dict[str, int] | None) -> None:
    for relation, count in (expired or {}).items():
        metrics.deleted.labels(relation).inc(count)
        log.info("old rows deleted", extra={"relation": relation, "count": count})
