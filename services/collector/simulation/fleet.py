"""Drives all invented hosts of a process in one loop, each at its own moment within the second."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Callable, Mapping, Sequence

from services.collector.outbox import PENDING_MAX, WAITING_BYTES_MAX, WAITING_MAX, Room
from services.collector.schedule import count_skipped, due, is_now, next_tick, offset_s
from services.collector.simulation.host import InventedHost, Setting
from services.collector.simulation.profile import Profile
from services.collector.simulation.switchboard import Switchboard
from services.collector.ticking import stopped

log = logging.getLogger(__name__)

FLEET_WAITING_MAX = 120_000
FLEET_WAITING_BYTES_MAX = 256 * 1024**2
"""Two minutes of a thousand hosts: a bus that is killed with hours in its streams reads them before it answers."""
FLEET_PENDING_MAX = 4_096
HOST_WAITING_BYTES_MIN = 16 * 1024
"""The largest tick of a host takes half of it."""
SLOT_S = 0.01
"""How finely hosts are spread: each wait costs as much as a fifth of a host."""


class Fleet:
    """Invented hosts, and the switchboard through which they publish."""

    def __init__(
        self,
        profiles: Sequence[Profile],
        intervals: Mapping[str, int],
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
        new_session: Callable[[], str],
    ) -> None:
        self.switchboard = Switchboard()
        self._intervals = intervals
        self._wall_clock = wall_clock
        setting = Setting(intervals, room_of(len(profiles)), self.switchboard, wall_clock, clock, new_session)
        hosts = [InventedHost(profile, setting) for profile in profiles]
        self._slots = slots_of(hosts)
        self._ticks_skipped = 0

    def introduce(self) -> None:
        """Have every host post its inventory at its next tick."""
        for _, hosts in self._slots:
            for host in hosts:
                host.introduce()

    async def run(self, stop: asyncio.Event) -> None:
        """Let all hosts speak at every tick until asked to stop; ticks that there was no time for are counted."""
        last_s: int | None = None
        while not stop.is_set():
            tick_s = next_tick(self._wall_clock(), last_s, self._intervals)
            if await stopped(stop, tick_s - self._wall_clock()):
                return
            if not is_now(tick_s, self._wall_clock()):
                continue
            skipped = count_skipped(last_s, tick_s, self._intervals)
            self._note(skipped)
            last_s = tick_s
            await self._go_round(tick_s, skipped, stop)

    async def _go_round(self, tick_s: int, skipped: int, stop: asyncio.Event) -> None:
        names = due(tick_s, self._intervals)
        for slot_s, hosts in self._slots:
            # Where it is late it does not wait, but lets answers in.
            await asyncio.sleep(0)
            if await stopped(stop, min(slot_s, tick_s + slot_s - self._wall_clock())):
                return
            for host in hosts:
                await host.tick(tick_s, names, skipped)

    def _note(self, skipped: int) -> None:
        """Log when it falls behind, once until it has caught up."""
        if skipped and not self._ticks_skipped:
            log.warning(
                "too many hosts for this machine: ticks are skipped; invent fewer, or at a longer interval",
                extra={"skipped_count": skipped},
            )
        self._ticks_skipped = skipped


def room_of(hosts: int) -> Room:
    """Return a host's part of what the process may hold; a host alone has no more than a real one."""
    return Room(
        waiting_max=max(2, min(WAITING_MAX, FLEET_WAITING_MAX // hosts)),
        waiting_bytes_max=max(HOST_WAITING_BYTES_MIN, min(WAITING_BYTES_MAX, FLEET_WAITING_BYTES_MAX // hosts)),
        pending_max=max(1, min(PENDING_MAX, FLEET_PENDING_MAX // hosts)),
    )


def slots_of(hosts: Sequence[InventedHost]) -> list[tuple[float, list[InventedHost]]]:
    """Return the hosts by when after a tick they publish, in seconds, the first ones first."""

    def slot(host: InventedHost) -> int:
        return int(offset_s(host.profile.name) / SLOT_S)

    ordered = sorted(hosts, key=slot)
    return [(number * SLOT_S, list(group)) for number, group in itertools.groupby(ordered, key=slot)]
