"""Computes marked rollups anew, where the database has no continuous aggregates; cost follows what was written."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from services.ingest.errors import DATABASE_ERRORS
from services.ingest.pace import FULL, Effort, pace, turn
from services.ingest.storage.dirty import (
    MARGIN,
    compute_kept,
    fold_marks,
    forget_kept,
    forget_marks,
    mark_coarser,
    oldest_transaction,
    take_marks,
)
from services.ingest.storage.keeping import Keeping
from shared.family import Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import ROLLUP_LEVELS, RollupLevel

log = logging.getLogger(__name__)

GRACE = timedelta(seconds=10)
"""A bucket is computed when it ended this long ago: what is still being written would mark it again at once."""
MANY = 1_000
"""So many buckets at once are a backlog, and worth a second connection."""
OPEN_MAX = timedelta(minutes=4)
"""A transaction that is open for longer is nobody's batch, and is told of."""
TOGETHER = 60
"""Buckets of one host computed together at most."""
CLOSE_S_MAX = 5.0
SECOND_LOCK = "vitalwire upkeep, second connection"
"""Held by the second connection while it lives: should the first break, the second may still write for a moment, and
whoever comes next must not compute the same buckets beside it."""
_PLAN_BY_INDEX = (
    "SET LOCAL enable_seqscan = off; SET LOCAL work_mem = '64MB'; SET LOCAL jit = off;"
    # While the second connection ends its last unit, the first one waits inside its transaction.
    " SET LOCAL idle_in_transaction_session_timeout = '5min'"
)
"""PostgreSQL does not see how many rows a range has: it would read whole tables."""
_GROUP_BY_HASH = "SET LOCAL enable_sort = off"
"""Nor how few groups there are: it would sort all rows, where hashing them takes half the time."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How many buckets of hosts were computed, and how many were given up because their raw rows are going."""

    computed: int
    abandoned: int


@dataclass(frozen=True, slots=True)
class Ranges:
    """Spans [since, until) of hosts: one at each position."""

    since: Sequence[datetime]
    until: Sequence[datetime]
    hosts: Sequence[str]

    @property
    def parameters(self) -> tuple[object, ...]:
        """Return them as the statements of `dirty` take them: the arrays, then the first and last instant of all."""
        return self.since, self.until, self.hosts, min(self.since), max(self.until)

    def halves(self) -> list[Ranges]:
        """Return two parts of about one length; a lone range stays whole."""
        middle = (len(self.hosts) + 1) // 2
        parts = [slice(None, middle), slice(middle, None)]
        return [Ranges(self.since[part], self.until[part], self.hosts[part]) for part in parts if self.hosts[part]]


Unit = tuple[Family, Ranges]


async def is_alone(connection: asyncpg.Connection) -> bool:
    """Return whether no second connection of an upkeep that broke is still at work."""
    return bool(await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtext($1))", SECOND_LOCK))


async def settle_rollups(
    connection: asyncpg.Connection,
    families: Sequence[Family],
    keeping: Keeping,
    effort: Effort,
) -> Settled:
    """Compute every closed bucket that is marked, fine to coarse; each transaction takes marks and writes rows.

    What rollups know of a time whose finer rows are going is never touched. The caller holds the lock of upkeep: two
    of these at once would compute the same twice.
    """
    rolled = [family for family in families if family.rollups]
    work = _Work(connection, rolled, effort)
    computed = abandoned = 0
    ended_by = min(keeping.now - GRACE, await _oldest(connection, keeping.now))
    try:
        for level in ROLLUP_LEVELS:
            bound = keeping.computable_since(level) + MARGIN
            abandoned += _count(await connection.execute(forget_marks(), LEVEL_SECONDS[level], bound))
            computed += await _settle_level(work, level, ended_by)
    finally:
        await work.close()
    await connection.execute(fold_marks())
    return Settled(computed, abandoned)


async def _oldest(connection: asyncpg.Connection, now: datetime) -> datetime:
    """Return when the oldest transaction that may write began, now where there is none."""
    oldest: datetime | None = await connection.fetchval(oldest_transaction())
    if oldest is not None and now - oldest > OPEN_MAX:
        log.warning("rollups wait for a transaction of ingest's role", extra={"began": oldest.isoformat()})
    return oldest or now


class _Work:
    """Computes ranges of buckets, family by family: on one connection, and on a second one when there are many."""

    def __init__(self, connection: asyncpg.Connection, families: Sequence[Family], effort: Effort) -> None:
        self.connection = connection
        self.effort = effort
        self._families = families
        self._began_s = time.monotonic()
        self._second: asyncpg.Connection | None = None

    @property
    def spent_s(self) -> float:
        """How long this has taken so far."""
        return time.monotonic() - self._began_s

    async def compute(self, level: RollupLevel, ranges: Ranges, *, many: bool) -> None:
        """Write the rows of the ranges. The transaction that took their marks is open, on the first connection.

        What the second writes is committed before the marks are gone: until then the view computes these buckets
        itself, and should the first fail, they are still marked. It begins after the marks were taken, so it sees
        every row that they stand for.
        """
        if not many or self.effort.connect is None:
            await _compute(self.connection, level, [(family, ranges) for family in self._families])
            return
        if self._second is None:
            self._second = await self.effort.connect()
            await self._second.execute("SELECT pg_advisory_lock(hashtext($1))", SECOND_LOCK)
        # One iterator for both: whoever is ready takes the next unit.
        units = iter([(family, half) for family in self._families for half in ranges.halves()])
        parts = (_compute(self.connection, level, units), self._compute_apart(self._second, level, units))
        await all_or_none([asyncio.ensure_future(part) for part in parts])

    async def _compute_apart(self, second: asyncpg.Connection, level: RollupLevel, units: Iterable[Unit]) -> None:
        async with second.transaction():
            await second.execute(_PLAN_BY_INDEX)
            await _compute(second, level, units)

    async def close(self) -> None:
        """Let go of the second connection, and wait until its lock is free."""
        if self._second is not None:
            second, self._second = self._second, None
            try:
                await second.close(timeout=CLOSE_S_MAX)
            except DATABASE_ERRORS:
                second.terminate()


async def all_or_none(tasks: Sequence[asyncio.Future[None]]) -> None:
    """Return when all are done; raise what fails first, once the others were cancelled and ended.

    One that went on alone would leave the other's transaction idle until the database ends it.
    """
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
        failed = [task for task in tasks if task.done() and task.exception() is not None]
        for task in failed:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _compute(connection: asyncpg.Connection, level: RollupLevel, units: Iterable[Unit]) -> None:
    await connection.execute(_GROUP_BY_HASH)
    for family, ranges in units:
        await connection.execute(forget_kept(family, level), *ranges.parameters)
        await connection.execute(compute_kept(family, level), *ranges.parameters)


async def _settle_level(work: _Work, level: RollupLevel, ended_by: datetime) -> int:
    """Return how many buckets were computed; fewer at a time where the database's limit of time cuts them off."""
    width = timedelta(seconds=LEVEL_SECONDS[level])
    before = ended_by - width
    rests_s_max, ends_s = turn(work.effort, level)
    computed, current, buckets_max = 0, pace(work.effort, before, before, width), FULL.buckets_max
    while work.spent_s < ends_s:
        started_s = time.monotonic()
        try:
            taken = await _settle_some(work, level, (before, min(buckets_max, current.buckets_max)))
        except asyncpg.QueryCanceledError:
            if buckets_max == 1:
                raise
            buckets_max = max(1, min(buckets_max, current.buckets_max) // 8)
            continue
        if not taken:
            break
        computed += len(taken)
        current = pace(work.effort, min(begins for _, begins in taken), before, width)
        if work.spent_s < rests_s_max:
            await asyncio.sleep(current.rest_ratio * (time.monotonic() - started_s))
    return computed


def merged_ranges(buckets: Sequence[tuple[str, datetime]], width: timedelta) -> Ranges:
    """Return the fewest ranges that cover the buckets (host, time), given in that order."""
    since: list[datetime] = []
    until: list[datetime] = []
    hosts: list[str] = []
    for host, begins in buckets:
        if hosts and hosts[-1] == host and until[-1] == begins:
            until[-1] = begins + width
        else:
            since.append(begins)
            until.append(begins + width)
            hosts.append(host)
    return Ranges(since, until, hosts)


async def _settle_some(work: _Work, level: RollupLevel, bounds: tuple[datetime, int]) -> Sequence[tuple[str, datetime]]:
    """Return the buckets (host, time) that one transaction computed: before an instant, and at most so many."""
    connection, (before, buckets_max) = work.connection, bounds
    seconds = LEVEL_SECONDS[level]
    async with connection.transaction():
        await connection.execute(_PLAN_BY_INDEX)
        width = timedelta(seconds=seconds)
        taken = await connection.fetch(take_marks(), seconds, before, buckets_max, TOGETHER * width)
        if not taken:
            return []
        buckets = [(row["host"], row["time"]) for row in taken]
        await work.compute(level, merged_ranges(buckets, width), many=len(buckets) >= MANY)
        coarser = ROLLUP_LEVELS[ROLLUP_LEVELS.index(level) + 1 :][:1]
        for next_level in coarser:
            marked = [begins for _, begins in buckets], [host for host, _ in buckets]
            coarse_seconds = LEVEL_SECONDS[next_level]
            await connection.execute(mark_coarser(), *marked, coarse_seconds, timedelta(seconds=coarse_seconds))
    return buckets


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
