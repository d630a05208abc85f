"""Faults of NATS: gone, killed, frozen, and a cluster that loses nodes."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.fleet import STREAMS, Fleet, said, spoken_bytes
from tests.faults.length import Length
from tests.nats_cluster import leader_of, whole
from tests.servers import NatsServer

GONE, BACK = "bus disconnected", "bus reconnected"
UNANSWERED_S = 1.2
"""Long enough for every host to speak, and for a batch of ingest."""


async def restarted(fleet: Fleet, length: Length) -> None:
    """Asked to end, away for a while, and started again."""
    await _away(fleet, fleet.nodes[0], signal.SIGTERM, length)


async def killed(fleet: Fleet, length: Length) -> None:
    """Kill -9 with messages and acks on the way to it, away for a while, and started again."""
    for _ in range(length.times):
        process = fleet.nodes[0].process
        assert process is not None
        # What is sent from here on is surely not answered when it dies.
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(UNANSWERED_S)
        await _away(fleet, fleet.nodes[0], signal.SIGKILL, length)


async def frozen(fleet: Fleet, length: Length) -> None:
    """Connected but silent for longer than publishers wait: they send again what it had already stored."""
    process = fleet.nodes[0].process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(length.seconds)
    finally:
        process.send_signal(signal.SIGCONT)


async def follower_lost(fleet: Fleet, length: Length) -> None:
    """Of three nodes one that does not lead METRICS is killed -9, and comes back."""
    leader = await leader_of(fleet.nodes, STREAMS[0])
    follower = fleet.chance.choice([node for node in fleet.nodes if node is not leader])
    await _node_away(fleet, follower, length)


async def leader_lost(fleet: Fleet, length: Length) -> None:
    """Of three nodes the one that leads METRICS is killed -9, another leads, and it comes back."""
    leader = await leader_of(fleet.nodes, STREAMS[0])
    await asyncio.to_thread(leader.stop, signal.SIGKILL)
    assert await leader_of(fleet.nodes, STREAMS[0]) is not leader
    await asyncio.sleep(length.seconds)
    await asyncio.to_thread(leader.start)
    await whole(fleet.nodes, STREAMS)


async def _node_away(fleet: Fleet, node: NatsServer, length: Length) -> None:
    await asyncio.to_thread(node.stop, signal.SIGKILL)
    await asyncio.sleep(length.seconds)
    await asyncio.to_thread(node.start)
    await whole(fleet.nodes, STREAMS)


async def _away(fleet: Fleet, node: NatsServer, number: int, length: Length) -> None:
    since = {service.log: spoken_bytes(service) for service in (*fleet.ingests, *fleet.others)}
    await asyncio.to_thread(node.stop, number)
    for service in (*fleet.ingests, *fleet.others):
        await said(service, GONE, since[service.log])
    await asyncio.sleep(length.seconds)
    await asyncio.to_thread(node.start)
    for service in (*fleet.ingests, *fleet.others):
        await said(service, BACK, since[service.log])
