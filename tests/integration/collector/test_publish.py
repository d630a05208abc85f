"""The publisher on a real bus: which stream, what is confirmed, and what a host's credential suffices for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.collector.counters import Counters
from services.collector.outbox import Outgoing
from services.collector.publish import Publisher
from shared.families import FAMILIES
from shared.runtime.bus import BusAddress, connect
from shared.subjects import BACKFILL, METRICS, SYSTEM_SOURCE, host_user
from shared.wire.encode import Encoded, Numbering, Rows, encode
from tests.integration.collector.bus import HOST, stored
from tests.servers import NatsServer


def outgoing(tick_s: int, count: int) -> list[Outgoing]:
    numbering = Numbering("session")
    readings = [Rows(FAMILIES["connection"], 10.0, [["listen", 1]])]
    encoded: list[Encoded] = []
    for _ in range(count):
        encoded += encode(HOST, SYSTEM_SOURCE, datetime.fromtimestamp(tick_s, UTC), readings, numbering)
    return [Outgoing(each, tick_s) for each in encoded]


def late() -> float:
    return time.time() + 61


@pytest.mark.parametrize(("clock", "stream"), [(time.time, METRICS), (late, BACKFILL)], ids=["live", "late"])
async def test_more_than_may_be_pending_is_sent_and_confirmed(
    own_bus: NatsServer, clock: Callable[[], float], stream: str
) -> None:
    counters = Counters()
    publisher = Publisher(HOST, counters, clock, time.monotonic)
    await publisher.publish(outgoing(int(time.time()), 200))
    address = BusAddress((own_bus.url,), host_user(HOST), own_bus.passwords[host_user(HOST)], "test")
    client = await connect(address, on_closed=lambda: None)
    try:
        await publisher.attach(client)
        await asyncio.wait_for(publisher.drain(), 30)
    finally:
        await client.close()
    assert (counters.sample_sets_published_count, counters.sample_sets_pending_count) == (200, 0)
    messages = await stored(own_bus, stream)
    assert len(messages) == 200
    assert {subject.partition(".")[0] for subject, _ in messages} == {stream.lower()}
