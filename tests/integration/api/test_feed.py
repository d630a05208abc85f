"""What the live feed asks of the bus again after a reconnect: all that it missed, in order, and little else."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nats.aio.client import Client

from services.api.hosts.inventories import Inventories
from services.api.live.feed import Feed
from services.api.live.latest import Latest
from services.api.live.relay import Relay
from services.api.live.seen import Pace, ask_seen
from services.api.observations import Observations
from shared.runtime.bus import BusAddress, connect
from shared.subjects import HOSTS_STREAM
from shared.wire.decode import SampleSet
from tests.integration.api.door import Door
from tests.integration.api.speaker import Speaker
from tests.integration.conftest import BusConnect, provision_streams
from tests.ports import free_port
from tests.servers import NatsServer, temporary_directory
from tests.waiting import holds

HOST = "web-2"
BEFORE, WHILE_AWAY, AFTER = 300, 5, 5
PACE = Pace(margin_s=0.5, note_every_s=0.05, retry_s=0.2)
HEARD_S_MAX = 30.0


class Heard(Relay):
    """The relay, and the number of every sample set that was carried to it."""

    def __init__(self) -> None:
        super().__init__(Latest(), Observations())
        self.seqs: list[int] = []
        self.fresh: list[int] = []

    def take(self, sample_set: SampleSet) -> None:
        self.seqs.append(sample_set.seq)
        before = self._newest()
        super().take(sample_set)
        if self._newest() != before:
            self.fresh.append(sample_set.seq)

    def _newest(self) -> datetime | None:
        known = self.latest.get(HOST)
        reading = known.reading("cpu") if known else None
        return reading.time if reading else None


@dataclass
class Stage:
    """A bus of its own, a feed behind a door, and a host that speaks beside the door."""

    bus: NatsServer
    door: Door
    feed: Feed
    heard: Heard
    speaker: Speaker
    start: datetime

    async def say(self, count: int) -> None:
        for _ in range(count):
            await self.speaker.say(self.start + timedelta(milliseconds=self.speaker.seq))

    async def hear(self, seq: int) -> None:
        async def is_heard() -> bool:
            return seq in self.heard.seqs

        await holds(is_heard, f"sample set {seq}", HEARD_S_MAX, lambda: str(self.heard.seqs[-10:]))

    async def note(self) -> None:
        """Return once all that is stored by now was seen, and the margin is over."""
        behind = (await ask_seen(await self.asking())).time + timedelta(seconds=PACE.margin_s)

        async def is_noted() -> bool:
            return self.feed.seen is not None and self.feed.seen.time > behind

        await holds(is_noted, "a note of how far the stream was seen", HEARD_S_MAX)

    async def asking(self) -> Client:
        return await self.feed.connected()

    async def unread(self) -> None:
        """Return once the margin is over since the feed is back, and it has read nothing."""
        bus = await self.feed.connected()

        async def is_back() -> bool:
            return bus.is_connected and bus.stats["reconnects"] == 1

        await holds(is_back, "the feed's reconnect", HEARD_S_MAX)
        behind = (await ask_seen(bus)).time + timedelta(seconds=2 * PACE.margin_s)

        async def is_over() -> bool:
            return (await ask_seen(bus)).time > behind

        await holds(is_over, "the margin", HEARD_S_MAX)


@asynccontextmanager
async def stage(bus_connect: BusConnect) -> AsyncIterator[Stage]:
    directory = temporary_directory("feed")
    bus = NatsServer(directory / "nats")
    bus.start()
    provision_streams(bus)
    door = Door(free_port(), bus.port)
    await door.open()
    heard = Heard()
    address = BusAddress((door.url,), "api", bus.passwords["api"], "test feed")

    async def connected() -> Client:
        return await connect(address, on_closed=lambda: None, on_reconnected=feed.reconnected, backoff_s_max=0.2)

    feed = Feed(connected, heard, Inventories(lambda: datetime.now(UTC)), PACE)
    running = asyncio.create_task(feed.run())
    speaker = Speaker(await bus_connect(bus, f"host-{HOST}"), HOST)
    try:
        await feed.filled.wait()
        yield Stage(bus, door, feed, heard, speaker, datetime.now(UTC) - timedelta(seconds=60))
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await feed.close()
        await door.shut()
        await asyncio.to_thread(bus.stop)
        shutil.rmtree(directory, ignore_errors=True)


async def restart(on: Stage, bus_connect: BusConnect, *, anew: bool = False) -> None:
    """Kill the bus and start it again, which gives it another id; anew also without anything that it had stored."""
    await asyncio.to_thread(on.bus.stop, signal.SIGKILL)
    if anew:
        shutil.rmtree(on.bus.directory / "jetstream")
    await asyncio.to_thread(on.bus.start)
    speaker = Speaker(await bus_connect(on.bus, f"host-{HOST}"), HOST, on.speaker.session, on.speaker.seq)
    on.speaker = speaker


def seqs(start: int, count: int) -> list[int]:
    return list(range(start + 1, start + count + 1))


async def test_a_killed_bus_is_asked_for_what_was_missed_and_little_else(bus_connect: BusConnect) -> None:
    async with stage(bus_connect) as on:
        await on.say(BEFORE)
        await on.hear(BEFORE)
        await on.note()
        assert on.heard.fresh == seqs(0, BEFORE)
        known = len(on.heard.seqs)
        await on.door.shut()
        await restart(on, bus_connect)
        await on.say(WHILE_AWAY)
        await on.door.open()
        await on.hear(BEFORE + WHILE_AWAY)
        await on.say(AFTER)
        await on.hear(BEFORE + WHILE_AWAY + AFTER)
        assert on.heard.fresh == seqs(0, BEFORE + WHILE_AWAY + AFTER)
        # What is new, and perhaps again what came while the stored ones were read, and the last one.
        assert len(on.heard.seqs) - known <= WHILE_AWAY + 2 * AFTER + 1


async def test_a_stream_made_anew_is_read_from_its_beginning(bus_connect: BusConnect) -> None:
    async with stage(bus_connect) as on:
        await on.say(BEFORE)
        await on.hear(BEFORE)
        await on.note()
        await on.door.shut()
        await on.say(WHILE_AWAY)
        await restart(on, bus_connect, anew=True)
        await asyncio.to_thread(provision_streams, on.bus)
        await on.say(WHILE_AWAY)
        await on.door.open()
        await on.hear(BEFORE + 2 * WHILE_AWAY)
        await on.say(AFTER)
        await on.hear(BEFORE + 2 * WHILE_AWAY + AFTER)
        # What only the lost stream had is lost with it; all of the new one is there, in order.
        assert on.heard.fresh == [*seqs(0, BEFORE), *seqs(BEFORE + WHILE_AWAY, WHILE_AWAY + AFTER)]


async def test_what_was_not_read_after_one_reconnect_is_read_after_the_next(bus_connect: BusConnect) -> None:
    async with stage(bus_connect) as on:
        await on.say(BEFORE)
        await on.hear(BEFORE)
        await on.note()
        await on.door.shut()
        provision = await bus_connect(on.bus, "provision")
        # Without the hosts nothing is read, though the stream of sample sets says where it stands.
        await provision.jetstream().delete_stream(HOSTS_STREAM)
        await on.say(WHILE_AWAY)
        await on.door.open()
        await on.unread()
        await on.door.shut()
        await asyncio.to_thread(provision_streams, on.bus)
        await on.door.open()
        await on.hear(BEFORE + WHILE_AWAY)
        assert on.heard.fresh == seqs(0, BEFORE + WHILE_AWAY)


async def test_two_outages_in_a_row_leave_no_hole(bus_connect: BusConnect) -> None:
    async with stage(bus_connect) as on:
        said = 0
        for outage in range(3):
            await on.say(BEFORE // 3)
            await on.hear(said + BEFORE // 3)
            await on.door.shut()
            if outage == 1:
                await restart(on, bus_connect)
            await on.say(WHILE_AWAY)
            await on.door.open()
            said += BEFORE // 3 + WHILE_AWAY
        await on.hear(said)
        assert on.heard.fresh == seqs(0, said)
