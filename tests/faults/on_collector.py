"""Faults of a real collector: cut off from the bus with a restart inside, and a spool without room."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.collecting import collector
from tests.faults.fleet import Fleet, Spell, said, spoken_bytes
from tests.faults.length import Length
from tests.faults.wire import Wire
from tests.processes import Service

READY_AGAIN = "bus reconnected"
DISK_FULL = "is full: make room there"


@dataclass
class Cuttable:
    """A collector whose only way to the bus is a wire."""

    fleet: Fleet
    wire: Wire
    service: Service

    async def restart(self) -> None:
        """End it and start it again while the wire is cut: it can be ready for nothing, and reads all the same."""
        status = await asyncio.to_thread(self.service.stop)
        assert status == 0, self.service.log.read_text()[-3000:]
        await asyncio.to_thread(self.service.start, ready=False)


async def cuttable(fleet: Fleet, host: str, spool: Path) -> Cuttable:
    """Start a collector behind a wire of its own; both end with the installation."""
    wire = Wire([node.port for node in fleet.nodes])
    await wire.start()
    service = collector(fleet, host, wire.url, spool_directory=str(spool), retry_s_max="1")
    await asyncio.to_thread(service.start)
    fleet.apart.append(service)
    return Cuttable(fleet, wire, service)


async def cut_off_and_restarted(cut: Cuttable, length: Length) -> None:
    """Silent for a while, then closed; amid it the collector is restarted, with all that it read on its disk."""
    since, start = spoken_bytes(cut.service), datetime.now(UTC)
    cut.wire.silence()
    await asyncio.sleep(length.seconds / 2)
    # What the silent wire took goes with it: it must be sent again, as what is read from here on must be kept.
    await cut.wire.cut()
    await cut.restart()
    await asyncio.sleep(length.seconds / 2)
    end = datetime.now(UTC)
    cut.fleet.away.append(Spell(start, end, end))
    cut.wire.mend()
    await said(cut.service, '"event": "ready"', since)


async def spool_without_room(cut: Cuttable, disk: Path, length: Length) -> None:
    """The disk of the spool fills up while the bus is away: what memory holds is sent all the same."""
    since = spoken_bytes(cut.service)
    await cut.wire.cut()
    start = datetime.now(UTC)
    _fill(disk / "others")
    await said(cut.service, DISK_FULL, since)
    await asyncio.sleep(length.seconds)
    end = datetime.now(UTC)
    cut.fleet.away.append(Spell(start, end, end))
    cut.wire.mend()
    await said(cut.service, READY_AGAIN, since)
    (disk / "others").unlink()


def _fill(path: Path) -> None:
    """Write until the disk has no room for another byte."""
    with path.open("wb", buffering=0) as others, suppress(OSError):
        while True:
            others.write(bytes(4_096))
