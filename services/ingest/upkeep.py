"""Upkeep of what is stored: rollups computed, sizes kept, old rows deleted; one at a time, by the database's clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from services.ingest.ceiling import Fill, next_kept, next_step, size_reason, wants_less
from services.ingest.errors import UNPROVIDED, translated
from services.ingest.metrics import Metrics
from services.ingest.pace import Connect, Effort
from services.ingest.rollups import Settled, is_alone, settle_rollups
from services.ingest.room import Room
from services.ingest.storage.alert_events import ALERT_EVENTS, expire_events
from services.ingest.storage.keeping import Keeping, read_keeping
from services.ingest.storage.record import forget_disk, record_disk, record_fill
from services.ingest.storage.seam import Storage
from services.ingest.window import RawKept
from shared.families import FAMILIES
from shared.family import Family
from shared.version import is_later

log = logging.getLogger(__name__)

LOCK = "vitalwire upkeep"
ROLLUPS_EVERY_S = 5.0
EXPIRE_EVERY_S = 300.0
SETTLE_S_MAX = 60.0
"""A backlog is left after so long, so that what is old goes and sizes are seen meanwhile."""


async def settle(
    connection: asyncpg.Connection,
    storage: Storage,
    families: Sequence[Family] = tuple(FAMILIES.values()),
    effort: Effort | None = None,
) -> Settled | None:
    """Compute what is marked; None when another process is at it, or the database does it by itself.

    None as well where a later version provisioned: it knows gauges that rows computed here would lack for good.
    """
    if not storage.marks_rollups or not await _locked(connection):
        return None
    try:
        if not await is_alone(connection):
            return None
        keeping = await read_keeping(connection)
        if is_later(keeping.product_version):
            return None
        return await settle_rollups(connection, families, keeping, effort or Effort())
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)


async def expire(
    connection: asyncpg.Connection, storage: Storage, families: Sequence[Family] = tuple(FAMILIES.values())
) -> dict[str, int] | None:
    """Delete everything that is older than it is kept; return counts by relation, None when another is at it."""
    if not await _locked(connection):
        return None
    try:
        keeping = await read_keeping(connection)
        deleted = await storage.expire(connection, families, keeping)
        events = await _expire_events(connection, keeping)
        return deleted | ({ALERT_EVENTS: events} if events else {})
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)


@dataclass(frozen=True, slots=True)
class Kept:
    """How much is stored, for how long raw rows are kept, and whether that is new."""

    size_bytes: int
    raw_kept: timedelta
    changed: bool


async def keep_within(
    connection: asyncpg.Connection,
    storage: Storage,
    stream_bytes: int,
    bytes_max: int,
    families: Sequence[Family] = tuple(FAMILIES.values()),
) -> Kept | None:
    """Record how much is stored, and for how long raw rows are kept under the ceiling; None when another is at it.

    All is recorded in the database: a restart forgets nothing, and a second process does nothing twice.
    """
    if not await _locked(connection):
        return None
    try:
        keeping = await read_keeping(connection)
        database_bytes = await connection.fetchval("SELECT pg_database_size(current_database())")
        fill = _fill(storage, keeping, database_bytes + stream_bytes, bytes_max)
        first_to_go = await storage.first_to_go(connection, families, fill.now) if wants_less(fill) else None
        kept = next_kept(fill, first_to_go)
        reason = size_reason(fill, kept)
        is_recorded = await record_fill(connection, fill, kept, next_step(fill, kept), reason)
        changed = is_recorded and kept != fill.raw_kept
        if changed:
            kept_hours = round(kept.total_seconds() / 3_600, 1)
            log.warning("raw retention changed", extra={"kept_hours": kept_hours, "reason": reason})
        return Kept(fill.size_bytes, kept, changed)
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)


class Upkeep:
    """What is done again and again on one connection, and what it was told last."""

    def __init__(self, storage: Storage, room: Room, raw_kept: RawKept, metrics: Metrics) -> None:
        self._storage = storage
        self._room = room
        self._raw_kept = raw_kept
        self._metrics = metrics
        self._expired_s = float("-inf")
        self._told_paused = False

    async def tick(self, connection: asyncpg.Connection, connect: Connect | None = None) -> None:
        """Settle; and when it is time, or the disk made ingest pause or go on, record sizes and expire.

        With `connect` a backlog of rollups is computed on a second connection too.
        """
        disk, now_s = self._room.disk, time.monotonic()
        is_paused = disk.paused
        is_due = now_s - self._expired_s >= EXPIRE_EVERY_S or is_paused != self._told_paused
        if is_due:
            await (record_disk(connection, disk.free_percent, disk.reason) if disk.watched else forget_disk(connection))
        settled = await settle(connection, self._storage, effort=Effort(connect, SETTLE_S_MAX, is_gentle=True))
        _count_settled(self._metrics, settled)
        if is_due:
            # First, so that a step has its effect before the next one can be taken; and again for what that one frees.
            _count_expired(self._metrics, await expire(connection, self._storage))
            if await self._keep_within(connection):
                _count_expired(self._metrics, await expire(connection, self._storage))
            self._raw_kept.span = (await read_keeping(connection)).raw_kept
            self._expired_s, self._told_paused = now_s, is_paused

    async def _keep_within(self, connection: asyncpg.Connection) -> bool:
        """Return whether raw rows are kept for another time from now on."""
        stream_bytes = await self._room.stream_bytes()
        if stream_bytes is None:
            return False
        kept = await keep_within(connection, self._storage, stream_bytes, self._room.bytes_max)
        if kept is None:
            return False
        self._metrics.stored_bytes.set(kept.size_bytes)
        self._metrics.raw_retention_seconds.set(kept.raw_kept.total_seconds())
        return kept.changed


async def keep_up(connect: Connect, upkeep: Upkeep) -> None:
    """Do it for ever; while the database is away, try again each time."""
    connection: asyncpg.Connection | None = None
    try:
        while True:
            try:
                if connection is None or connection.is_closed():
                    connection = await connect()
                await upkeep.tick(connection, connect)
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


def _fill(storage: Storage, keeping: Keeping, size_bytes: int, bytes_max: int) -> Fill:
    raw_set = keeping.retention.of("raw")
    return Fill(
        keeping.now, size_bytes, bytes_max, raw_set, keeping.raw_kept, keeping.complete_since, storage.shrinks,
        keeping.last_step,
    )  # fmt: skip


async def _expire_events(connection: asyncpg.Connection, keeping: Keeping) -> int:
    try:
        return await expire_events(connection, keeping.now - keeping.retention.alert_events)
    except UNPROVIDED as error:
        log.warning("old events of alerts are not deleted", extra={"error": f"{type(error).__name__}: {error}"})
        return 0


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
