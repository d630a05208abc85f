"""Many invented hosts behind one connection: sessions, numbers, answers, room, and ticks that are skipped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.collector.outbox import Room
from services.collector.schedule import due, offset_s
from services.collector.simulation.fleet import (
    FLEET_PENDING_MAX,
    FLEET_WAITING_BYTES_MAX,
    FLEET_WAITING_MAX,
    SLOT_S,
    Fleet,
    room_of,
    slots_of,
)
from services.collector.simulation.host import InventedHost, Setting
from services.collector.simulation.life import life_at
from services.collector.simulation.profile import Profile, invent
from services.collector.simulation.switchboard import Switchboard
from shared.families import FAMILIES
from shared.wire.decode import SampleSet, decode
from shared.wire.inventory import decode_inventory

INTERVALS = {name: family.interval_seconds for name, family in FAMILIES.items()}
NOON_S = 1_795_694_400
MORTAL = invent(1, 3)[-1]


@dataclass
class Bus:
    """A connection that keeps what is published, and answers when told to."""

    is_connected: bool = True
    sent: list[tuple[str, bytes, str]] = field(default_factory=list)
    hear: Callable[[Msg], Awaitable[None]] | None = None
    subscriptions: list[str] = field(default_factory=list)

    def new_inbox(self) -> str:
        return "_INBOX_simulator.abc"

    async def subscribe(self, subject: str, cb: Callable[[Msg], Awaitable[None]]) -> None:
        self.subscriptions.append(subject)
        self.hear = cb

    async def publish(self, subject: str, body: bytes, reply: str = "", headers: dict[str, str] | None = None) -> None:
        self.sent.append((subject, body, reply))

    def sample_sets(self, host: str = "") -> list[SampleSet]:
        """Return what was published for a host, or for all, in order."""
        sent = [(subject, body) for subject, body, _ in self.sent if not subject.startswith("$KV.")]
        return [decode(body, subject) for subject, body in sent if host in subject]

    async def confirm(self, reply: str) -> None:
        assert self.hear is not None
        await self.hear(Msg(cast("Client", self), subject=reply, data=b'{"stream":"METRICS","seq":1}'))


@dataclass
class Sessions:
    """Names sessions s1, s2 and on."""

    given: int = 0

    def __call__(self) -> str:
        self.given += 1
        return f"s{self.given}"


@dataclass
class Stage:
    """Hosts on a bus, at ticks that a test chooses."""

    bus: Bus
    switchboard: Switchboard
    hosts: list[InventedHost]

    async def ticks(self, *ticks_s: int) -> None:
        for tick_s in ticks_s:
            for host in self.hosts:
                await host.tick(tick_s, due(tick_s, INTERVALS), 0)


async def stage(profiles: Sequence[Profile], room: Room | None = None) -> Stage:
    bus, switchboard = Bus(), Switchboard()
    clock = float(NOON_S)
    setting = Setting(INTERVALS, room or Room(), switchboard, lambda: clock, lambda: clock, Sessions())
    await switchboard.attach(cast("Client", bus))
    return Stage(bus, switchboard, [InventedHost(profile, setting) for profile in profiles])


def death_after(start_s: int) -> int:
    return start_s - (start_s + MORTAL.life_phase_s) % MORTAL.life_s + MORTAL.life_s


async def test_each_host_numbers_its_own_sample_sets_without_holes() -> None:
    playing = await stage(invent(1, 5))
    await playing.ticks(*range(NOON_S, NOON_S + 12))
    for host in playing.hosts:
        sent = playing.bus.sample_sets(host.profile.name)
        assert [sample.seq for sample in sent] == list(range(1, 13))
        assert len({sample.session for sample in sent}) == 1
        assert [int(sample.time.timestamp()) for sample in sent] == list(range(NOON_S, NOON_S + 12))
        assert [set(sample.families) for sample in sent[:2]] == [set(FAMILIES), set(due(NOON_S + 1, INTERVALS))]
    assert len({sample.session for sample in playing.bus.sample_sets()}) == 5


async def test_a_host_that_died_says_nothing_and_comes_back_with_a_new_session() -> None:
    playing, death_s = await stage([MORTAL]), death_after(NOON_S)
    back_s = death_s + MORTAL.away_s
    await playing.ticks(*range(death_s - 2, back_s + 3))
    told = [(sample.session, sample.seq, int(sample.time.timestamp())) for sample in playing.bus.sample_sets()]
    assert told == [
        ("s1", 1, death_s - 2), ("s1", 2, death_s - 1), ("s2", 1, back_s), ("s2", 2, back_s + 1), ("s2", 3, back_s + 2),
    ]  # fmt: skip
    inventories = [body for subject, body, _ in playing.bus.sent if subject == "$KV.hosts.sim-0003"]
    boots = [decode_inventory(body, "sim-0003").boot_time for body in inventories]
    assert [None if boot is None else int(boot.timestamp()) for boot in boots] == [
        death_s - MORTAL.life_s + MORTAL.away_s, back_s,
    ]  # fmt: skip


async def test_an_answer_finds_its_host_through_one_subscription() -> None:
    playing = await stage(invent(1, 3))
    await playing.ticks(NOON_S)
    assert playing.bus.subscriptions == ["_INBOX_simulator.abc.*.*"]
    first, second, third = [reply for _, _, reply in playing.bus.sent if reply]
    assert len({first, second, third}) == 3
    await playing.bus.confirm(second)
    await playing.ticks(NOON_S + 10)
    agents = [sample.families["agent"].rows[0] for sample in playing.bus.sample_sets()[3:]]
    names = FAMILIES["agent"].column_names
    published = names.index("sample_sets_published_count")
    pending = names.index("sample_sets_pending_count")
    assert [(row[published], row[pending]) for row in agents] == [(0, 1), (1, 0), (0, 1)]


async def test_a_late_answer_to_a_life_before_confirms_nothing_in_this_one() -> None:
    playing, death_s = await stage([MORTAL]), death_after(NOON_S)
    await playing.ticks(death_s - 1, death_s + MORTAL.away_s)
    before, after = [reply for _, _, reply in playing.bus.sent if reply]
    await playing.bus.confirm(before)
    assert playing.switchboard.give_up() == 1
    await playing.bus.confirm(after)
    assert playing.switchboard.give_up() == 0


async def test_what_an_outage_left_of_a_life_is_counted_as_lost_when_the_next_begins(
    caplog: pytest.LogCaptureFixture,
) -> None:
    playing, death_s = await stage([MORTAL]), death_after(NOON_S)
    await playing.ticks(death_s - 2, death_s - 1, death_s + MORTAL.away_s)
    (record,) = caplog.records
    assert (record.message, vars(record)["lost_count"]) == ("sample sets lost with a session", 2)
    assert playing.switchboard.give_up() == 1


async def test_what_waits_for_the_bus_is_bounded_and_what_goes_is_counted() -> None:
    playing = await stage(invent(1, 2), Room(waiting_max=5))
    playing.bus.is_connected = False
    await playing.ticks(*range(NOON_S, NOON_S + 20))
    assert playing.bus.sent == []
    playing.bus.is_connected = True
    await playing.switchboard.reconnected()
    await playing.ticks(NOON_S + 20)
    for host in playing.hosts:
        sent = playing.bus.sample_sets(host.profile.name)
        assert [sample.seq for sample in sent] == [16, 17, 18, 19, 20, 21]
        counted = dict(zip(FAMILIES["agent"].column_names, sent[-1].families["agent"].rows[0], strict=True))
        assert (counted["sample_sets_lost_count"], counted["reconnects_count"]) == (15, 1)


async def test_hosts_introduce_themselves_once_until_they_are_asked_again() -> None:
    playing = await stage(invent(1, 2))

    def inventories() -> int:
        return sum(subject.startswith("$KV.hosts.") for subject, _, _ in playing.bus.sent)

    await playing.ticks(*range(NOON_S, NOON_S + 5))
    assert inventories() == 2
    for host in playing.hosts:
        host.introduce()
    await playing.ticks(NOON_S + 5)
    assert inventories() == 4


@pytest.mark.parametrize("hosts", [1, 20, 100, 1_000, 4_000])
def test_the_room_of_a_process_does_not_grow_with_its_hosts(hosts: int) -> None:
    room = room_of(hosts)
    assert room.waiting_max * hosts <= max(FLEET_WAITING_MAX, 600)
    assert room.waiting_bytes_max * hosts <= FLEET_WAITING_BYTES_MAX
    assert room.pending_max * hosts <= FLEET_PENDING_MAX
    assert (room.waiting_max, room.pending_max) >= (7, 1)


def test_hosts_are_spread_over_half_a_second() -> None:
    hosts = [InventedHost(profile, cast("Setting", None)) for profile in invent(1, 1_000)]
    slots = slots_of(hosts)
    assert [slot_s for slot_s, _ in slots] == sorted(slot_s for slot_s, _ in slots)
    assert sum(len(group) for _, group in slots) == 1_000
    assert max(len(group) for _, group in slots) < 60
    waits = [offset_s(host.profile.name) - slot_s for slot_s, group in slots for host in group]
    assert -1e-9 < min(waits) <= max(waits) < SLOT_S + 1e-9


@dataclass
class Clock:
    """Shows what it was told to, one value a look; asks to stop with the last."""

    shown: list[float]
    stop: asyncio.Event

    def __call__(self) -> float:
        if len(self.shown) == 1:
            self.stop.set()
            return self.shown[0]
        return self.shown.pop(0)


async def skipped(shown: list[float]) -> list[tuple[int, int]]:
    """Return (tick, ticks skipped so far) of what one host publishes on this clock."""
    stop, bus = asyncio.Event(), Bus()
    clock = Clock([NOON_S + each for each in shown], stop)
    intervals = {"cpu": 1, "agent": 1}
    fleet = Fleet(invent(1, 1), intervals, clock, lambda: 0.0, Sessions())
    await fleet.run(stop)
    await fleet.switchboard.attach(cast("Client", bus))
    column = FAMILIES["agent"].column_names.index("ticks_skipped_count")
    return [(int(each.time.timestamp()) - NOON_S, each.families["agent"].rows[0][column]) for each in bus.sample_sets()]


# A tick looks at the clock four times: to choose it, before the wait, after the wait, and before its only slot.
@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param([-0.001, -0.001, 0, 0.9, 0.999, 0.999, 1, 1.9, 1.999], [(0, 0), (1, 0)], id="in time"),
        pytest.param([-0.001, -0.001, 0, 0.9, 2.999, 2.999, 3, 3.9, 3.999], [(0, 0), (3, 2)], id="a round took long"),
        pytest.param([-0.001, -0.001, 9, 9.999, 9.999, 10, 10.9, 10.999], [(10, 0)], id="slept through the first"),
    ],
)
async def test_ticks_that_there_is_no_time_for_are_counted(shown: list[float], expected: list[tuple[int, int]]) -> None:
    assert await skipped(shown) == expected


def test_the_first_hosts_are_alive_at_noon() -> None:
    assert [life_at(profile, NOON_S) is not None for profile in invent(1, 5)] == [True] * 5
