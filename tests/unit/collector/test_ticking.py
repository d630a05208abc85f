"""The tick loop on a clock that is set while it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from services.collector.collection import Collection
from services.collector.counters import Counters
from services.collector.outbox import Outgoing
from services.collector.ticking import YOUNG_MAX, Ticking, run_ticks
from shared.families.connection import Connection
from shared.wire.decode import PreviousSession, decode
from shared.wire.encode import Numbering, Previous


class OneRow:
    """A reader that always has the same to say."""

    def read(self, at_s: float) -> Sequence[Any]:
        return [Connection(state="listen", connections_count=1)]


@dataclass
class Clock:
    """A clock that shows what it was told to, one value a look."""

    shown: list[float]

    def __call__(self) -> float:
        return self.shown.pop(0)


def test_the_first_numbers_of_a_session_name_the_one_before() -> None:
    counters = Counters()
    collection = Collection({"connection": OneRow()}, {"connection": 1}, counters, lambda: 0.0)
    before: list[Previous] = []
    previous = lambda: before[0] if before else None  # noqa: E731
    ticking = Ticking("web-1", {"connection": 1}, Numbering("s"), collection, counters, 0.0, previous)
    told = []
    for tick_s in range(1_000, 1_000 + YOUNG_MAX + 5):
        if tick_s == 1_010:  # as where the spool was locked at the start
            before.append(Previous("earlier", 4711))
        (outgoing,) = ticking.read(tick_s)
        told.append(decode(outgoing.encoded.body, "metrics.web-1.system").previous)
    assert told == [None] * 10 + [PreviousSession("earlier", 4711)] * (YOUNG_MAX - 10) + [None] * 5


# A tick looks at the clock four times: to choose it, before the wait, after the wait, and before it publishes.
FIRST = [999.999, 999.999, 1_000.0, 1_000.0]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param([1_000.999, 1_000.999, 1_001.0, 1_001.0], "1000 1001", id="the next one"),
        pytest.param(
            [1_000.999, 1_000.999, 1_000.9995, 1_000.9995, 1_000.9995, 1_001.0, 1_001.0], "1000 1001", id="woken early"
        ),
        pytest.param(
            [1_000.999, 1_000.999, 500.5, 500.999, 500.999, 501.0, 501.0], "1000 501", id="set back in the wait"
        ),
        pytest.param([1_000.999, 1_000.999, 1_001.0, 400.0], "1000 1001", id="set back before it publishes"),
        pytest.param(
            [1_000.999, 1_000.999, 9_000.5, 9_000.999, 9_000.999, 9_001.0, 9_001.0], "1000 9001", id="set ahead"
        ),
    ],
)
async def test_ticks_on_a_clock_that_is_set(shown: list[float], expected: str) -> None:
    stop, published = asyncio.Event(), list[int]()

    def keep(outgoing: Sequence[Outgoing]) -> None:
        published.extend(each.tick_s for each in outgoing)

    async def send() -> None:
        if len(published) == 2:
            stop.set()

    counters = Counters()
    collection = Collection({"connection": OneRow()}, {"connection": 1}, counters, lambda: 0.0)
    ticking = Ticking("web-1", {"connection": 1}, Numbering("s"), collection, counters, offset_s=0.001)
    async with asyncio.timeout(20):
        await run_ticks(ticking, keep, send, stop, Clock([*FIRST, *shown]))
    assert " ".join(str(tick_s) for tick_s in published) == expected
