"""The tick loop: waits for each tick, reads what is due, hands it to the bus a little later."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.collector.collection import Collection
from services.collector.counters import Counters
from services.collector.outbox import Outgoing
from services.collector.schedule import count_skipped, due, is_now, next_tick
from shared.subjects import SYSTEM_SOURCE
from shared.wire.encode import Numbering, Previous, encode

YOUNG_MAX = 60
"""The first numbers of a session name the session before it: one that arrives tells of a lost tail."""


@dataclass(frozen=True, slots=True)
class Ticking:
    """Everything that one tick needs; `previous` is asked at each, as a spool may open later than the process."""

    host: str
    intervals: Mapping[str, int]
    numbering: Numbering
    collection: Collection
    counters: Counters
    offset_s: float
    previous: Callable[[], Previous | None] = lambda: None

    def read(self, tick_s: int) -> list[Outgoing]:
        """Return the sample sets of one tick, numbered; none when nothing has anything to say."""
        readings = self.collection.read(due(tick_s, self.intervals))
        moment = datetime.fromtimestamp(tick_s, UTC)
        previous = self.previous() if self.numbering.last < YOUNG_MAX else None
        encoded = encode(self.host, SYSTEM_SOURCE, moment, readings, self.numbering, previous)
        return [Outgoing(each, tick_s) for each in encoded]


async def run_ticks(
    ticking: Ticking,
    keep: Callable[[Sequence[Outgoing]], None],
    send: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
    clock: Callable[[], float] = time.time,
) -> None:
    """Read at every tick until asked to stop; what was read is kept at once and sent a little later.

    Families with rates are read once before the first tick, so that the first tick has them already.
    """
    ticking.collection.read(ticking.intervals)
    last_s: int | None = None
    while not stop.is_set():
        tick_s = next_tick(clock(), last_s, ticking.intervals)
        if await stopped(stop, tick_s - clock()):
            return
        if not is_now(tick_s, clock()):
            continue
        ticking.counters.ticks_skipped_count += count_skipped(last_s, tick_s, ticking.intervals)
        last_s = tick_s
        keep(ticking.read(tick_s))
        # At most half a second; what is left of the second is for the next tick. A stop sends at once.
        await stopped(stop, min(ticking.offset_s, tick_s + ticking.offset_s - clock()))
        await send()


async def stopped(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, but no longer than until a stop is asked for; return whether it was."""
    if seconds > 0:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
