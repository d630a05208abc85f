"""Writes into the database what the ceiling by size decided and what the disk has left."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from services.ingest.ceiling import Fill, Step

STALE_AFTER = timedelta(minutes=15)
"""What a process said of its disk is forgotten when it did not say it again for so long."""

# The bound is recorded with the retention, so before any row goes by it; and it never moves back.
_FILL = """UPDATE metrics.storage_state SET
    raw_dropped_before = CASE WHEN least(raw_retention_seconds, $2) < $3
        THEN greatest(raw_dropped_before, now() - interval '1 second' * least(raw_retention_seconds, $2))
        ELSE raw_dropped_before END,
    raw_retention_seconds = $2, stepped_at = $4, stepped_size_bytes = $5, size_bytes = $6, size_bytes_max = $7,
    reason = CASE WHEN paused THEN reason ELSE $8 END, updated_at = now()
WHERE raw_retention_seconds = $1"""
_DISK = """UPDATE metrics.storage_state SET
    free_percent = $1, paused = $2, reason = CASE WHEN $2 THEN $3 WHEN paused THEN NULL ELSE reason END,
    watched_at = now(), updated_at = now()"""
_NO_DISK = """UPDATE metrics.storage_state SET
    free_percent = NULL, paused = false, reason = CASE WHEN paused THEN NULL ELSE reason END, watched_at = NULL
WHERE watched_at < now() - $1::interval"""


async def record_fill(
    connection: asyncpg.Connection, fill: Fill, kept: timedelta, step: Step | None, reason: str | None
) -> bool:
    """Record sizes, and for how long raw rows are kept from now on.

    Returns whether it was recorded: not when provision changed the retention meanwhile.
    """
    status = await connection.execute(
        _FILL,
        int(fill.raw_kept.total_seconds()),
        int(kept.total_seconds()),
        int(fill.raw_set.total_seconds()),
        None if step is None else step.at,
        None if step is None else step.size_bytes,
        fill.size_bytes,
        fill.size_bytes_max or None,
        reason,
    )
    return status == "UPDATE 1"


async def record_disk(connection: asyncpg.Connection, free_percent: float | None, reason: str | None) -> None:
    """Record what a process found of its disk; with a reason it is paused."""
    await connection.execute(_DISK, free_percent, reason is not None, reason)


async def forget_disk(connection: asyncpg.Connection) -> None:
    """Forget what another process said of its disk, unless it said so lately."""
    await connection.execute(_NO_DISK, STALE_AFTER)
