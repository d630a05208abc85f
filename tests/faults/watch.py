"""Watches one fault: who spoke meanwhile, and whether all of it is stored once everything has calmed down."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.faults.catalogue import read_catalogue
from tests.faults.fleet import Fleet, events
from tests.faults.sent import Sent, holes
from tests.faults.stored import Scope, Stored, read_ended, read_stored
from tests.faults.verdict import Verdict, compare
from tests.faults.witness import Witness
from tests.processes import Service
from tests.waiting import holds

CALM_S_MAX = 90.0
HOLES_SHOWN_MAX = 10
LIVING_SHARE_MIN = 0.8
"""Invented hosts die now and then; so many speak at any time."""


@dataclass
class Watch:
    """One time of watching, from `start` on."""

    fleet: Fleet
    witness: Witness
    scope: Scope
    simulator: Service | None = None
    hosts: int = 0
    stored: Stored = field(default_factory=Stored)
    """What was found stored when it was compared last."""
    ended_before: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What the minute of the start had already of messages that add no rows."""
    calm_s_max: float = CALM_S_MAX
    """How long everything may take to flow again; it grows with how busy the machine is, and loses nothing."""
    delivered_before: int = 0
    pids_before: tuple[int | None, ...] = ()

    async def begin(self) -> None:
        """Look at what was so before."""
        self.delivered_before = await self.fleet.delivered_again()
        self.pids_before = self.fleet.pids
        connection = await self.fleet.database()
        try:
            self.ended_before = await read_ended(connection, self.scope)
        finally:
            await connection.close()

    async def delivered_again(self) -> int | None:
        """Return how often messages were delivered beyond the first time since the start, None when nobody knows.

        A broker that was killed may have forgotten its last deliveries, and counts their repeats as the first.
        """
        if self.fleet.pids != self.pids_before:
            return None
        return max(0, await self.fleet.delivered_again() - self.delivered_before)

    async def simulate(self, hosts: int, seed: int = 7) -> None:
        """Let so many invented hosts speak; return once all that live do."""
        self.hosts = hosts
        self.simulator = await self.fleet.simulate(hosts, seed)
        await self.flowing()

    async def flowing(self) -> None:
        """Return once the streams have what hosts say of a moment after this call, and all that they said before."""
        since, sent = datetime.now(UTC), self.witness.sent

        def speaking() -> int:
            return sum(newest >= since for newest in sent.kept_newest.values())

        async def all_is_kept() -> bool:
            return speaking() >= LIVING_SHARE_MIN * self.hosts and not any(holes(sent.kept))

        def seen() -> str:
            missing = Counter(identity[:3] for identity in holes(sent.kept))
            first = [(*key, count, len(sent.kept[key]) - 1) for key, count in missing.most_common(HOLES_SHOWN_MAX)]
            return (
                f"{speaking()} of {self.hosts} hosts speak, {missing.total()} sample sets of {len(missing)} sessions "
                f"are in no stream; host, source, session, missing, newest: {first}"
            )

        await holds(all_is_kept, "hosts that speak again, without a hole", self.calm_s_max, seen)

    async def verdict(self) -> Verdict:
        """Let the hosts finish, let ingest store everything, and compare."""
        if self.simulator is not None:
            await self.flowing()
            await self.fleet.end(self.simulator)
        return await self.settled()

    async def settled(self) -> Verdict:
        """Compare once ingest has stored everything that the bus has."""
        await self.witness.caught_up(self.calm_s_max)
        await self.fleet.drained()
        connection = await self.fleet.database()
        try:
            self.stored = await read_stored(connection, read_catalogue(), self.scope)
        finally:
            await connection.close()
        return compare(self.witness.sent, self.stored)

    def lost_by_publishers(self) -> int:
        """Return how many sample sets the simulator says it lost, but for those that went with an invented machine."""
        if self.simulator is None:
            return 0
        ends = [line for line in events(self.simulator.log) if line["event"] == "sample sets lost at the end"]
        return sum(line["lost_count"] for line in ends)


async def more_arrives(watch: Watch, count: int = 3) -> None:
    """Return once the streams have so many more messages of any kind."""
    sent = watch.witness.sent

    def arrived() -> int:
        return sent.unusable + sum(seen.count(1) for seen in sent.kept.values())

    before = arrived()

    async def enough() -> bool:
        return arrived() >= before + count

    await holds(enough, f"{count} more readings", CALM_S_MAX)


@asynccontextmanager
async def watching(fleet: Fleet, hosts: str = "%", since: timedelta = timedelta(0)) -> AsyncIterator[Watch]:
    """Yield a watch over what hosts like this say of times after now less `since`."""
    # Whole seconds later than whatever an earlier watch saw: ticks are whole seconds.
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    await asyncio.sleep((start - datetime.now(UTC)).total_seconds())
    witness = Witness(fleet.nodes, Sent(read_catalogue()), lambda: datetime.now(UTC))
    await witness.start()
    watch = Watch(fleet, witness, Scope(start - since, hosts))
    try:
        await watch.begin()
        yield watch
    finally:
        await witness.stop()
        await _silence(watch)


async def _silence(watch: Watch) -> None:
    """End what still speaks: after a test that failed, the next one would hear it too."""
    speaking = watch.simulator
    if speaking is not None and speaking in watch.fleet.others:
        watch.fleet.others.remove(speaking)
        await asyncio.to_thread(speaking.stop, signal.SIGKILL)
