"""Invented hosts on a real bus, heard by a subscriber that shares nothing with them but the page of the contract."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgpack
import nats
from nats.aio.msg import Msg

from services.collector.counters import Counters
from services.collector.simulation.families import rows_at
from services.collector.simulation.life import life_at
from services.collector.simulation.profile import Profile, invent
from shared.families import FAMILIES
from shared.subjects import HOSTS_STREAM, METRICS, SIMULATOR, inbox_prefix
from shared.wire.encode import cells
from shared.wire.inventory import decode_inventory
from tests.integration.collector.bus import collector, stored, tick
from tests.servers import NatsServer

HOSTS = 20
SECONDS = 5


def alive(profile: Profile, ticks: range) -> bool:
    """Return whether the host lives all through these ticks, in one life."""
    lives = [life_at(profile, tick_s) for tick_s in ticks]
    return None not in lives and len(set(lives)) == 1


async def test_twenty_hosts_arrive_each_with_consecutive_numbers(own_bus: NatsServer, tmp_path: Path) -> None:
    heard: dict[str, list[dict[str, Any]]] = defaultdict(list)
    late: list[float] = []

    async def take(message: Msg) -> None:
        plain = msgpack.unpackb(message.data, timestamp=3)
        assert message.subject == f"metrics.{plain['host']}.system"
        heard[plain["host"]].append(plain)
        late.append(time.time() - plain["time"].timestamp())

    subscriber = await nats.connect(
        own_bus.url, user="subscriber", password=own_bus.passwords["subscriber"].reveal(),
        inbox_prefix=inbox_prefix("subscriber"),
    )  # fmt: skip
    try:
        await subscriber.subscribe("metrics.>", cb=take)
        await subscriber.flush()
        flags = (f"--simulate={HOSTS}", "--interval-seconds=1", "--simulate-seed=7")
        with collector(own_bus, tmp_path / "log", *flags, password=own_bus.passwords[SIMULATOR]) as running:
            running.wait_ready()
            first = await tick(2)
            last = await tick(SECONDS) - 1
            assert running.stop() == 0
        await subscriber.flush()
        await asyncio.sleep(0)
    finally:
        await subscriber.close()
    ticks, profiles = range(first, last + 1), invent(7, HOSTS)
    living = [profile for profile in profiles if alive(profile, ticks)]
    assert len(living) > HOSTS - 3
    for profile in living:
        samples = heard[profile.name]
        assert [sample["seq"] for sample in samples] == list(range(1, len(samples) + 1))
        assert len({sample["session"] for sample in samples}) == 1
        told = {int(sample["time"].timestamp()): sample for sample in samples}
        assert set(told) >= set(ticks)
        expected = rows_at(profile, first, ["cpu", "network"], Counters())
        for name, rows in expected.items():
            assert told[first]["families"][name]["rows"] == [cells(FAMILIES[name], row) for row in rows]
    dead = {profile.name for profile in profiles if all(life_at(profile, tick_s) is None for tick_s in ticks)}
    assert not dead & set(heard)
    assert len({samples[0]["session"] for samples in heard.values()}) == len(heard)
    # Nothing is lost on the way into the stream either.
    assert len(await stored(own_bus, METRICS)) == sum(len(samples) for samples in heard.values())
    assert max(late) - min(late) > 0.2  # spread within the second
    inventories = {subject.rpartition(".")[2]: body for subject, body in await stored(own_bus, HOSTS_STREAM)}
    assert set(inventories) == set(heard)
    assert all(decode_inventory(body, host).tags["simulated"] == "true" for host, body in inventories.items())
