"""An invented host on the bus: a session, numbers and an inventory for each of its lives."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.collector.counters import Counters
from services.collector.inventory import InventoryPost
from services.collector.outbox import Outbox, Outgoing, Room
from services.collector.publish import Publisher
from services.collector.simulation.families import rows_at
from services.collector.simulation.life import Life, facts_of, life_at
from services.collector.simulation.profile import Profile
from services.collector.simulation.switchboard import Switchboard
from shared.families import FAMILIES
from shared.subjects import SYSTEM_SOURCE
from shared.wire.encode import Numbering, Rows, cells, encode

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Setting:
    """What all invented hosts of a process share."""

    intervals: Mapping[str, int]
    room: Room
    switchboard: Switchboard
    wall_clock: Callable[[], float]
    clock: Callable[[], float]
    new_session: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Session:
    """One life of a host on the bus; a real host's collector would be one process for as long."""

    life: Life
    line: int
    numbering: Numbering
    counters: Counters
    publisher: Publisher
    inventory: InventoryPost


class InventedHost:
    """Publishes what its profile says, through what a real collector publishes with."""

    def __init__(self, profile: Profile, setting: Setting) -> None:
        self.profile = profile
        self._setting = setting
        self._session: Session | None = None

    async def tick(self, tick_s: int, names: Sequence[str], skipped: int) -> None:
        """Publish the families due at a tick; nothing while the host is away. `skipped` ticks came before this one."""
        life = life_at(self.profile, tick_s)
        session = self._session
        if life is None:
            return
        if session is None or session.life != life:
            session = self._session = await self._begin(life)
        else:
            session.counters.ticks_skipped_count += skipped
        await session.inventory.look(datetime.fromtimestamp(tick_s, UTC))
        await session.publisher.publish(self._read(session, tick_s, names))

    def introduce(self) -> None:
        """Post the inventory at the next tick, whatever was posted before."""
        if self._session is not None:
            self._session.inventory.again()

    def _read(self, session: Session, tick_s: int, names: Sequence[str]) -> list[Outgoing]:
        rows = rows_at(self.profile, tick_s, names, session.counters)
        readings = []
        for name in names:
            family = FAMILIES[name]
            packed = [cells(family, row) for row in rows[name]]
            readings.append(Rows(family, float(self._setting.intervals[name]), packed))
        moment = datetime.fromtimestamp(tick_s, UTC)
        encoded = encode(self.profile.name, SYSTEM_SOURCE, moment, readings, session.numbering)
        return [Outgoing(each, tick_s) for each in encoded]

    async def _begin(self, life: Life) -> Session:
        """Return a new session; what an outage of the bus left of the one before has gone with its machine."""
        setting = self._setting
        if self._session is not None:
            lost = setting.switchboard.remove(self._session.line)
            if lost:
                log.warning("sample sets lost with a session", extra={"host": self.profile.name, "lost_count": lost})
        counters = Counters()
        publisher = Publisher(self.profile.name, counters, setting.wall_clock, setting.clock, Outbox(setting.room))
        facts = facts_of(self.profile, life, setting.intervals)
        return Session(
            life=life,
            line=await setting.switchboard.add(publisher),
            numbering=Numbering(setting.new_session()),
            counters=counters,
            publisher=publisher,
            inventory=InventoryPost(lambda: facts, publisher.publish_inventory),
        )
