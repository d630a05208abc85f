"""Computes marked rollups anew, where the database has no continuous aggregates; cost follows what was written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from services.ingest.storage.dirty import (
    FINEST,
    MARGIN,
    compute_kept,
    fold_marks,
    forget_kept,
    forget_marks,
    mark_coarser,
    take_marks,
)
from shared.family import Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import ROLLUP_LEVELS, RollupLevel

GRACE = timedelta(seconds=10)
"""A bucket is computed when it ended this long ago: what is still being written would mark it again at once."""
BUCKETS_MAX = 5_000
"""Buckets of hosts computed in one transaction: about a second of work."""
TOGETHER = 60
"""Buckets of one host computed together at most."""
_PLAN_BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
"""PostgreSQL overrates how many groups there are: it would read whole tables, and sort on disk instead of hashing."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How many buckets of hosts were computed, and how many were given up because their raw rows are going."""

    computed: int
    abandoned: int


async def settle_rollups(
    connection: asyncpg.Connection, families: Sequence[Family], now: datetime, complete_since: datetime
) -> Settled:
    """Compute every closed bucket that is marked, fine to coarse; each transaction takes marks and writes rows.

    Raw rows are complete since `complete_since`; what rollups know of the time before is never touched.
    The caller holds the lock of upkeep: two of these at once would compute the same twice.
    """
    bound = complete_since + MARGIN
    abandoned = _count(await connection.execute(forget_marks(), LEVEL_SECONDS[FINEST], bound))
    rolled = [family for family in families if family.rollups]
    computed = 0
    for level in ROLLUP_LEVELS:
        before = now - GRACE - timedelta(seconds=LEVEL_SECONDS[level])
        while count := await _settle_some(connection, rolled, level, before):
            computed += count
    await connection.execute(fold_marks())
    return Settled(computed, abandoned)


def merged_ranges(
    buckets: Sequence[tuple[str, datetime]], width: timedelta
) -> tuple[list[datetime], list[datetime], list[str]]:
    """Return first instants, last ones and hosts of ranges that cover the buckets (host, time), given in that order."""
    since: list[datetime] = []
    until: list[datetime] = []
    hosts: list[str] = []
    for host, time in buckets:
        if hosts and hosts[-1] == host and until[-1] == time:
            until[-1] = time + width
        else:
            since.append(time)
            until.append(time + width)
            hosts.append(host)
    return since, until, hosts


async def _settle_some(
    connection: asyncpg.Connection, families: Sequence[Family], level: RollupLevel, before: datetime
) -> int:
    """Return how many buckets one transaction computed."""
    seconds = LEVEL_SECONDS[level]
    async with connection.transaction():
        await connection.execute(_PLAN_BY_INDEX)
        width = timedelta(seconds=seconds)
        taken = await connection.fetch(take_marks(), seconds, before, BUCKETS_MAX, TOGETHER * width)
        if not taken:
            return 0
        buckets = [(row["host"], row["time"]) for row in taken]
        since, until, hosts = merged_ranges(buckets, width)
        ranges = (since, until, hosts, min(since), max(until))
        for family in families:
            await connection.execute(forget_kept(family, level), *ranges)
            await connection.execute(compute_kept(family, level), *ranges)
        coarser = ROLLUP_LEVELS[ROLLUP_LEVELS.index(level) + 1 :][:1]
        for next_level in coarser:
            marked = [time for _, time in buckets], [host for host, _ in buckets]
            coarse_seconds = LEVEL_SECONDS[next_level]
            await connection.execute(mark_coarser(), *marked, coarse_seconds, timedelta(seconds=coarse_seconds))
    return len(buckets)


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
