"""A minute of this machine: what an independent subscriber saw is what the database holds, tick by tick."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgpack
import nats
import pytest

from deploy.local.up import this_host
from tests.integration.deploy.stack import Stack, until
from tests.servers import temporary_directory

SECONDS = 60
SKIPPED_MAX = 2


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A running stack of its own."""
    parent = temporary_directory("path")
    made = Stack(parent / "home")
    try:
        made.up()
        yield made
    finally:
        made.run("down")
        shutil.rmtree(parent, ignore_errors=True)


async def listen(stack: Stack, seconds: float) -> list[dict[str, Any]]:
    """Return every sample set that the read-only subscriber hears, decoded with msgpack alone."""
    password = stack.layout.secret("bus-subscriber").read_text().strip()
    bus = await nats.connect(f"nats://127.0.0.1:{stack.nats_port}", user="subscriber", password=password)
    heard: list[dict[str, Any]] = []

    async def take(message: Any) -> None:
        heard.append(msgpack.unpackb(message.data, timestamp=3))

    await bus.subscribe("metrics.>", cb=take)
    await asyncio.sleep(seconds)
    await bus.close()
    return heard


async def test_every_tick_of_a_minute_is_stored_once(stack: Stack) -> None:
    heard = await listen(stack, SECONDS)
    host = this_host()
    assert {message["host"] for message in heard} == {host}

    numbers = [message["seq"] for message in heard]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert len({message["session"] for message in heard}) == 1

    ticks = [message["time"] for message in heard if "cpu" in message["families"]]
    assert ticks == sorted(set(ticks))
    span_s = round((ticks[-1] - ticks[0]).total_seconds())
    skipped = span_s + 1 - len(ticks)
    assert 0 <= skipped <= SKIPPED_MAX
    assert span_s >= SECONDS - 3

    token = stack.token()
    path = f"/metrics/cpu?host={host}&start={_text(ticks[0])}&columns=total_percent&points_max=5000"

    def stored() -> set[datetime]:
        return {datetime.fromisoformat(time) for time in stack.ask(path, token)["time"]}

    until(lambda: stored() >= set(ticks), "every tick in the database")
    assert {tick for tick in stored() if tick <= ticks[-1]} == set(ticks)
    agent = stack.ask(f"/metrics/current?host={host}&family=agent", token)["current"][0]
    counted = dict(zip(agent["columns"], agent["rows"][0], strict=True))
    assert counted["ticks_skipped_count"] >= skipped
    assert counted["sample_sets_lost_count"] == 0


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
