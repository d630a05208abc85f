"""Faults of ingest itself."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.fleet import Fleet
from tests.faults.length import Length
from tests.integration.ingest.running import figure
from tests.ports import free_port
from tests.waiting import holds

SAMPLE_SETS = "vitalwire_ingest_sample_sets_total"
MOMENT_S_MAX = 0.6
"""A process that was just started finds what waited: within this it fetches, writes and acks."""


async def killed(fleet: Fleet, length: Length) -> None:
    """Kill -9 at a random moment while it catches up, again and again; what it had in hand comes again."""
    for _ in range(length.times):
        ingest = fleet.chance.choice(fleet.ingests)
        await asyncio.sleep(fleet.chance.uniform(0, MOMENT_S_MAX))
        await asyncio.to_thread(ingest.stop, signal.SIGKILL)
        await asyncio.sleep(length.seconds)
        await asyncio.to_thread(ingest.start)


async def two_and_one_killed(fleet: Fleet, length: Length) -> None:
    """Two processes share the durables; one is killed -9 amid its work, and the other does what it left."""
    port = free_port()
    first, second = fleet.ingests[0], await fleet.start_ingest(metrics_port=str(port))

    async def works() -> bool:
        return bool(await figure(port, SAMPLE_SETS))

    await holds(works, "the second process to get its part", 60)
    await asyncio.to_thread(first.stop, signal.SIGKILL)
    before = await figure(port, SAMPLE_SETS)
    await asyncio.sleep(length.seconds)
    assert await figure(port, SAMPLE_SETS) > before
    await asyncio.to_thread(first.start)
    await fleet.end(second)
