"""A rule on stored samples and rollups, read only: one slice of time after the other, in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from services.api.backtest import plan
from services.api.backtest.answer import answer_of
from services.api.backtest.incidents import incidents_of
from services.api.backtest.plan import Amount, Asked, Stretch
from services.api.backtest.samples import microseconds, packing_of, rows_count, slices_of
from services.api.backtest.schemas import Backtest
from services.api.backtest.skipping import REACHES, may_skip, rollup_of, wanted, windows
from services.api.backtest.walk import HostWalk
from services.api.database import Connection
from services.api.errors import TooMuchError
from services.api.metrics.asked import Retention
from services.api.scope import Scope
from shared.alerts.check import LOOKS_BACK
from shared.alerts.condition import is_above
from shared.resolution import LEVEL_SECONDS, Level, Oldest, Resolution, whole_steps
from shared.select import (
    Aggregate,
    Selection,
    select_amounts,
    select_hosts,
    select_newest_instants,
    select_reached,
    select_reached_amount,
    select_series,
)
from shared.sql import table

SLICE_ROWS = 20_000
"""About so many rows are in memory at a time, and judged before the next are read."""
LOOKING_BACK_ROWS = 2_000
"""The same for a rule that looks back, which takes a hundred times as long for a value."""
SLICE_SHARE_MAX = 5
"""A slice that has so many times as many is read again in smaller ones."""
FIRST_SLICES: Mapping[Level, timedelta] = {
    "raw": timedelta(minutes=15), "1m": timedelta(days=2), "5m": timedelta(days=8), "1h": timedelta(days=60),
}  # fmt: skip

LEARNT_INSTANTS = 20
"""So many of the newest of a source tell how often it tells where a slice has too few."""

Covers = Callable[[str], bool]


class History:
    """A rule on stored samples and rollups."""

    def __init__(self, connection: Connection, asked: Asked, rows_max: int = plan.ROWS_MAX) -> None:
        self._connection = connection
        self._rows_max = rows_max
        self._asked = asked
        self._rule, self._family = asked.rule, asked.family
        (self._gauge,) = (gauge for gauge in self._family.gauges if gauge.name == asked.rule.column)
        self._looks_back = asked.rule.kind in LOOKS_BACK
        self._skips = may_skip(asked.rule, self._family)
        self._slice_rows = LOOKING_BACK_ROWS if self._looks_back else SLICE_ROWS
        self._slice_rows_max = SLICE_SHARE_MAX * self._slice_rows
        self._rows_count = 0

    async def backtest(self, retention: Retention, covers: Covers, visible: Scope) -> Backtest:
        """Return what the rule would have told of the hosts that it covers, as finely as that can be afforded."""
        start = self._asked.span.start - plan.warm_up(self._rule, self._family.interval_seconds)
        oldest = retention.oldest(self._family, self._asked.now)
        finest: list[Level] = ["raw"]
        if self._family.rollups:
            read = self._read(oldest, start, "raw")
            hosts, amounts = await self._amounts(read, covers, visible)
            finest = plan.affordable(amounts, self._skips)
            if self._skips and sum(amount.samples for _, amount in amounts) > self._rows_max:
                finest = await self._worth_reading(finest, hosts, lambda level: self._read(oldest, start, level))
        else:
            rows = await covered(await self._connection.fetch(select_hosts(table(self._family))), covers)
            hosts = sorted(row["host"] for row in rows)
        plan.require_few_hosts(hosts)
        for level in finest:
            read = self._read(oldest, start, level)
            try:
                walks = await self._walks(hosts, read)
            except TooMuchError:
                if level == finest[-1]:
                    raise
                continue
            notes = plan.notes_of(self._rule, level, sum(walk.left_out_count for walk in walks))
            judged = [walk.incidents for walk in walks]
            parts = plan.parts_of(self._asked, read, self._skips and await self._rollups_lack_late())
            return answer_of(self._asked, judged, parts, self._rows_count, notes)
        raise plan.too_much(self._rows_max)

    def _read(self, oldest: Oldest, start: datetime, finest: Level) -> list[Stretch]:
        return plan.stretches(oldest, start, self._asked.span.end, finest)

    async def _worth_reading(
        self, levels: list[Level], hosts: Sequence[str], read: Callable[[Level], list[Stretch]]
    ) -> list[Level]:
        """Return the levels without the first ones of which more than may be would certainly be read; one is left."""
        nears = [self._walk(host, len(hosts)).near for host in hosts]
        bound = (max if is_above(self._rule) else min)(nears, default=0.0)
        for place, level in enumerate(levels[:-1]):
            if await self._certain_rows(hosts, read(level), bound) <= self._rows_max:
                return levels[place:]
        return levels[-1:]

    async def _certain_rows(self, hosts: Sequence[str], read: Sequence[Stretch], bound: float) -> int:
        """Return how many rows are read at the least: those of the buckets that reached a bound."""
        count = 0
        for stretch in read:
            level = rollup_of(stretch.level)
            start, end = whole_steps(stretch.start, stretch.end, LEVEL_SECONDS[level])
            selection = Selection(
                self._family, (self._gauge,), start, end, Resolution(level, LEVEL_SECONDS[level]), names=tuple(hosts),
                likes=(), labels=self._rule.labels,
            )  # fmt: skip
            statement = select_reached_amount(selection, bound, is_above(self._rule))
            (row,) = await self._connection.fetch(statement.text, *statement.parameters)
            count += row["samples"] if stretch.level == "raw" else row["rows"]
        return count

    def _walk(self, host: str, hosts_count: int) -> HostWalk:
        return HostWalk(self._rule, host, self._family, incidents_of(self._asked, host, hosts_count))

    async def _rollups_lack_late(self) -> bool:
        """Return whether late samples may be missing from rollups, as where jobs of the database make these."""
        mode = await self._connection.fetchval("SELECT mode FROM metrics.schema_state")
        return bool(mode == "timescaledb_community")

    async def _amounts(
        self, read: Sequence[Stretch], covers: Covers, visible: Scope
    ) -> tuple[list[str], list[tuple[Level, Amount]]]:
        """Return the hosts that have anything, and how much there is of each stretch."""
        names, likes = visible.sql_filter(self._asked.hosts)
        hosts: set[str] = set()
        amounts: list[tuple[Level, Amount]] = []
        for stretch in read:
            start, end = whole_steps(stretch.start, stretch.end, LEVEL_SECONDS["1h"])
            selection = Selection(
                self._family, (), start, end, Resolution("1h", LEVEL_SECONDS["1h"]), names=names, likes=likes
            )
            statement = select_amounts(selection)
            rows = await covered(await self._connection.fetch(statement.text, *statement.parameters), covers)
            hosts |= {row["host"] for row in rows}
            amount = Amount(sum(row["samples"] for row in rows), sum(row["rows"] for row in rows))
            amounts.append((stretch.level, amount))
        return sorted(hosts), amounts

    async def _walks(self, hosts: Sequence[str], read: Sequence[Stretch]) -> list[HostWalk]:
        """Return what was found on each host; raise TooMuchError where too many rows had to be read for it."""
        self._rows_count = 0
        read = [stretch for stretch in read if not plan.is_too_coarse(self._rule, stretch.level)]
        walks = []
        for host in hosts:
            walk = self._walk(host, len(hosts))
            for stretch in read:
                if self._skips:
                    await self._where_it_counts(walk, host, stretch)
                    continue
                await self._learn(walk, host, stretch)
                await self._along(walk, host, stretch)
            walks.append(walk)
        return walks

    async def _where_it_counts(self, walk: HostWalk, host: str, stretch: Stretch) -> None:
        """Go along the parts of a stretch in which anything can change."""
        level, has_learnt = rollup_of(stretch.level), False
        for window in windows(stretch):
            start, end = whole_steps(window.start, window.end, LEVEL_SECONDS[level])
            selection = Selection(
                self._family, (self._gauge,), start, end, Resolution(level, LEVEL_SECONDS[level]), names=(host,),
                likes=(), labels=self._rule.labels,
            )  # fmt: skip
            statement = select_reached(selection, walk.near, is_above(self._rule))
            reached = [row["time"] for row in await self._connection.fetch(statement.text, *statement.parameters)]
            if not has_learnt and (reached or walk.is_active):
                await self._learn(walk, host, stretch)
                has_learnt = True
            for part in wanted(window, reached, lambda: walk.is_active, REACHES[window.level]):
                await self._along(walk, host, part)

    async def _learn(self, walk: HostWalk, host: str, stretch: Stretch) -> None:
        """Have a walk know how often the sources of a host tell, where samples are read as they came."""
        if stretch.level != "raw" or not self._family.rollups:
            return
        start, end = whole_steps(stretch.start, stretch.end, LEVEL_SECONDS["1h"])
        selection = Selection(self._family, (), start, end, Resolution("raw", None), names=(host,), likes=())
        statement = select_newest_instants(selection, LEARNT_INSTANTS)
        instants: dict[str, list[int]] = {}
        for row in await self._connection.fetch(statement.text, *statement.parameters):
            instants.setdefault(row["source"], []).append(microseconds(row["time"]))
        walk.learn({source: sorted(times) for source, times in instants.items()})

    async def _along(self, walk: HostWalk, host: str, stretch: Stretch) -> None:
        at, width = stretch.start, FIRST_SLICES[stretch.level]
        while at < stretch.end:
            until = min(at + width, stretch.end)
            selections = self._selections(host, Stretch(stretch.level, at, until))
            tables = [await self._packed(selection) for selection in selections]
            count = rows_count(tables[0], len(self._family.labels))
            if count > self._slice_rows_max and width > plan.SLICE_MIN:
                # After a time with little in it: what was read is part of the slice only.
                width = max(width / 8, plan.SLICE_MIN)
                continue
            self._rows_count += count
            if self._rows_count > self._rows_max or count > self._slice_rows_max:
                raise plan.too_much(self._rows_max)
            if count:
                # A thread, slice by slice: live views have their turn every few milliseconds, and a caller who leaves
                # leaves little work behind. A process would have to be started, and given all these numbers.
                await asyncio.to_thread(self._judge, walk, selections[0], tables)
            at, width = until, plan.next_width(width, count, self._slice_rows)

    def _selections(self, host: str, stretch: Stretch) -> list[Selection]:
        aggregates: tuple[Aggregate, ...] = ("avg",) if stretch.level == "raw" or self._looks_back else ("min", "max")
        resolution = Resolution(stretch.level, LEVEL_SECONDS[stretch.level] or None)
        return [
            Selection(
                self._family, (self._gauge,), stretch.start, stretch.end, resolution, aggregate, names=(host,), likes=()
            )
            for aggregate in aggregates
        ]

    async def _packed(self, selection: Selection) -> list[Any]:
        statement = select_series(selection, self._slice_rows_max + 1)
        return await self._connection.fetch(statement.text, *statement.parameters)

    def _judge(self, walk: HostWalk, selection: Selection, tables: Sequence[Sequence[Any]]) -> None:
        level = selection.resolution.level
        packing = packing_of(self._rule, self._family, selection.kind(self._gauge), level == "raw")
        slices = slices_of(packing, *tables)
        if level == "raw":
            walk.samples(slices)
        else:
            walk.buckets(slices, LEVEL_SECONDS[level])


async def covered(rows: Sequence[Any], covers: Covers) -> list[Any]:
    """Return the rows of hosts that are covered; in a thread, as there may be thousands."""
    return await asyncio.to_thread(lambda: [row for row in rows if covers(row["host"])])
