"""The cache as timelines: what is kept, for how long, how much, and who waits for whom."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from services.api.answers import JSON
from services.api.metrics.asked import cache_key
from services.api.metrics.cache import Cache
from services.api.metrics.points import EncodedPoints
from services.api.metrics.queries import kept_bytes
from services.api.scope import Scope
from shared.families.cpu import CPU
from shared.resolution import Resolution
from shared.select import Selection


@dataclass
class Maker:
    """Makes texts, and counts; as slowly as its gate says."""

    made: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def make(self, text: str) -> str:
        self.made.append(text)
        if self.gate is not None:
            await self.gate.wait()
        if text == "broken":
            raise ValueError(text)
        return text


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        ("0a 5a", "made hit"),
        ("0a 9.9a 10a 19a", "made hit made hit"),
        ("0a 1b 2a 3b", "made made hit hit"),
        ("0a 1b 2c 3b 4c 5a", "made made made hit hit made"),
        ("0aaaaaaa 1b 2aaaaaaa", "made made made"),
        ("0aaaaa 1bbbbb 2aaaaa 3bbbbb", "made made made made"),
        ("0aaaaaaaaaa 1aaaaaaaaaa", "made made"),
    ],
)
async def test_values_are_kept_for_ten_seconds_within_bounds(timeline: str, expected: str) -> None:
    clock, maker = Clock(), Maker()
    cache: Cache[str] = Cache(clock, len, bytes_max=7, entries_max=2)
    results = []
    for event in timeline.split():
        text = event.lstrip("0123456789.")
        clock.now = float(event.removesuffix(text))
        value, found = await cache.get(text, 10, lambda text=text: maker.make(text))  # type: ignore[misc]
        assert value == text
        assert cache.bytes <= 7
        results.append("hit" if found else "made")
    assert " ".join(results) == expected


async def test_what_is_counted_is_no_less_than_what_is_kept() -> None:
    cache: Cache[EncodedPoints] = Cache(Clock(), kept_bytes, 10**9, 1_000)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    resolution = Resolution("1m", 60)
    tracemalloc.start()
    try:
        for number in range(1_000):
            names = tuple(f"{number}-{place}-" + "x" * 200 for place in range(100))
            selection = Selection(CPU, CPU.gauges, now, now, resolution, names=names, likes=())

            async def make(text: bytes = b"%d" % number) -> EncodedPoints:
                return EncodedPoints(msgspec.Raw(text), msgspec.Raw(text + b" "), now + timedelta(seconds=1))

            await cache.get(cache_key(selection, Scope("kim"), JSON), 10, make)
        await asyncio.sleep(0)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < cache.bytes


async def test_those_who_ask_for_the_same_wait_for_one() -> None:
    maker = Maker(gate=asyncio.Event())
    cache: Cache[str] = Cache(Clock(), len, 100, 10)
    asking = [asyncio.create_task(cache.get("a", 10, lambda: maker.make("a"))) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    assert maker.gate is not None
    maker.gate.set()
    first, *others = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(first, asyncio.CancelledError)
    assert others == [("a", True), ("a", True)]
    assert maker.made == ["a"]


async def test_what_was_given_up_is_tried_again() -> None:
    async def give_up() -> str:
        raise asyncio.CancelledError

    cache: Cache[str] = Cache(Clock(), len, 100, 10)
    with pytest.raises(asyncio.CancelledError):
        await cache.get("x", 10, give_up)
    assert await cache.get("x", 10, lambda: Maker().make("x")) == ("x", False)


async def test_what_failed_is_tried_again() -> None:
    cache: Cache[str] = Cache(Clock(), len, 100, 10)
    maker = Maker()
    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            await cache.get("x", 10, lambda: maker.make("broken"))
    assert maker.made == ["broken", "broken"]
