"""Computes marked rollups anew, where the database has no continuous aggregates; cost follows what was written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from services.ingest.storage.dirty import (
    MARGIN,
    compute_kept,
    fold_marks,
    forget_kept,
    forget_marks,
    mark_coarser,
    take_marks,
)
from services.ingest.storage.keeping import Keeping
from shared.family import Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import ROLLUP_LEVELS, RollupLevel

GRACE = timedelta(seconds=10)
"""A bucket is computed when it ended this long ago: what is still being written would mark it again at once."""
BUCKETS_MAX = 5_000
"""Buckets of hosts computed in one transaction: about a second of work."""
MANY = 1_000
"""So many buckets at once are a backlog, and worth a second connection."""
TOGETHER = 60
"""Buckets of one host computed together at most."""
_PLAN_BY_INDEX = "SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off"
"""PostgreSQL overrates how many groups there are: it would read whole tables, and sort on disk instead of hashing."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How many buckets of hosts were computed, and how many were given up because their raw rows are going."""

    computed: int
    abandoned: int


Connect = Callable[[], Awaitable[asyncpg.Connection]]


async def settle_rollups(
    connection: asyncpg.Connection, families: Sequence[Family], keeping: Keeping, connect: Connect | None = None
) -> Settled:
    """Compute every closed bucket that is marked, fine to coarse; each transaction takes marks and writes rows.

    What rollups know of a time whose finer rows are going is never touched. With `connect` a backlog is computed on
    a second connection as well. The caller holds the lock of upkeep: two of these at once would compute the same twice.
    """
    rolled = [family for family in families if family.rollups]
    work = _Work(connection, rolled, connect)
    computed = abandoned = 0
    try:
        for level in ROLLUP_LEVELS:
            bound = keeping.computable_since(level) + MARGIN
            abandoned += _count(await connection.execute(forget_marks(), LEVEL_SECONDS[level], bound))
            computed += await _settle_level(work, level, keeping.now)
    finally:
        work.close()
    await connection.execute(fold_marks())
    return Settled(computed, abandoned)


class _Work:
    """Computes ranges of buckets, family by family: on one connection, and on a second one when there are many."""

    def __init__(self, connection: asyncpg.Connection, families: Sequence[Family], connect: Connect | None) -> None:
        self.connection = connection
        self._families = families
        self._connect = connect
        self._second: asyncpg.Connection | None = None

    async def compute(self, level: RollupLevel, ranges: Sequence[object], *, many: bool) -> None:
        """Write the rows of the ranges. The transaction that took their marks is open, on the first connection.

        What the second writes is committed before the marks are gone: until then the view computes these buckets
        itself, and should the first fail, they are still marked. It begins after the marks were taken, so it sees
        every row that they stand for.
        """
        families = iter(self._families)
        if not many or self._connect is None:
            await _compute(self.connection, families, level, ranges)
            return
        if self._second is None:
            self._second = await self._connect()
        done = await asyncio.gather(
            _compute(self.connection, families, level, ranges),
            self._compute_apart(self._second, families, level, ranges),
            return_exceptions=True,
        )
        for error in done:
            if error is not None:
                raise error

    async def _compute_apart(
        self, second: asyncpg.Connection, families: Iterator[Family], level: RollupLevel, ranges: Sequence[object]
    ) -> None:
        try:
            async with second.transaction():
                await second.execute(_PLAN_BY_INDEX)
                await _compute(second, families, level, ranges)
        except asyncpg.InternalClientError as error:
            # What asyncpg says of a connection that ends while a transaction begins: it is away, as any other.
            raise asyncpg.InterfaceError(f"the second connection of upkeep broke: {error}") from error

    def close(self) -> None:
        """Let go of the second connection."""
        if self._second is not None:
            self._second.terminate()
            self._second = None


async def _compute(
    connection: asyncpg.Connection, families: Iterator[Family], level: RollupLevel, ranges: Sequence[object]
) -> None:
    """Compute one family after the other; an iterator that two share gives each family to one of them."""
    for family in families:
        await connection.execute(forget_kept(family, level), *ranges)
        await connection.execute(compute_kept(family, level), *ranges)


async def _settle_level(work: _Work, level: RollupLevel, now: datetime) -> int:
    """Return how many buckets were computed; fewer at a time where the database's limit of time cuts them off."""
    before = now - GRACE - timedelta(seconds=LEVEL_SECONDS[level])
    computed, buckets_max = 0, BUCKETS_MAX
    while True:
        try:
            count = await _settle_some(work, level, (before, buckets_max))
        except asyncpg.QueryCanceledError:
            if buckets_max == 1:
                raise
            buckets_max = max(1, buckets_max // 8)
            continue
        if not count:
            return computed
        computed += count


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


async def _settle_some(work: _Work, level: RollupLevel, bounds: tuple[datetime, int]) -> int:
    """Return how many buckets one transaction computed: those that begin before an instant, and at most so many."""
    connection, (before, buckets_max) = work.connection, bounds
    seconds = LEVEL_SECONDS[level]
    async with connection.transaction():
        await connection.execute(_PLAN_BY_INDEX)
        width = timedelta(seconds=seconds)
        taken = await connection.fetch(take_marks(), seconds, before, buckets_max, TOGETHER * width)
        if not taken:
            return 0
        buckets = [(row["host"], row["time"]) for row in taken]
        since, until, hosts = merged_ranges(buckets, width)
        ranges = (since, until, hosts, min(since), max(until))
        await work.compute(level, ranges, many=len(buckets) >= MANY)
        coarser = ROLLUP_LEVELS[ROLLUP_LEVELS.index(level) + 1 :][:1]
        for next_level in coarser:
            marked = [time for _, time in buckets], [host for host, _ in buckets]
            coarse_seconds = LEVEL_SECONDS[next_level]
            await connection.execute(mark_coarser(), *marked, coarse_seconds, timedelta(seconds=coarse_seconds))
    return len(buckets)


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
