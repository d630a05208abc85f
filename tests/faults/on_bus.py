"""Faults of NATS: gone, killed, frozen, and a cluster that loses nodes."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta

from tests.faults.fleet import STREAMS, Fleet, Spell, said, spoken_bytes
from tests.faults.length import Length
from tests.nats_cluster import LEADER_S_MAX, last_seq, leader_of, whole
from tests.servers import NatsServer
from tests.waiting import holds

GONE, BACK = "bus disconnected", "bus reconnected"
UNANSWERED_S = 1.7
"""Long enough for every host to speak, and for a batch of ingest."""
SPEAK_S_MAX = 0.6
"""So long after its tick a host has spoken."""


async def restarted(fleet: Fleet, length: Length) -> None:
    """Asked to end, away for a while, and started again."""
    await _away(fleet, fleet.nodes[0], signal.SIGTERM, length)


async def killed(fleet: Fleet, length: Length) -> None:
    """Kill -9 with messages and acks on the way to it, away for a while, and started again."""
    for _ in range(length.times):
        process = fleet.nodes[0].process
        assert process is not None
        # What is sent from here on is surely not answered when it dies, and must be sent again.
        start = datetime.now(UTC)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(UNANSWERED_S)
        await _away(fleet, fleet.nodes[0], signal.SIGKILL, length)
        sent_by = start + timedelta(seconds=UNANSWERED_S - SPEAK_S_MAX)
        fleet.away.append(Spell(start, sent_by, fleet.away[-1].back))


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
    told: list[int] = []

    async def more_is_stored() -> bool:
        told.append(await last_seq(fleet.nodes, STREAMS[0]))
        known = [seq for seq in told if seq]
        return len(known) > 1 and known[-1] > known[0]

    await asyncio.sleep(length.seconds)
    await holds(more_is_stored, "two nodes that go on without the third", LEADER_S_MAX)
    await asyncio.to_thread(node.start)
    await whole(fleet.nodes, STREAMS)


async def _away(fleet: Fleet, node: NatsServer, number: int, length: Length) -> None:
    since = {service.log: spoken_bytes(service) for service in (*fleet.ingests, *fleet.others)}
    await asyncio.to_thread(node.stop, number)
    start = datetime.now(UTC)
    for service in (*fleet.ingests, *fleet.others):
        await said(service, GONE, since[service.log])
    await asyncio.sleep(length.seconds)
    end = datetime.now(UTC)
    await asyncio.to_thread(node.start)
    fleet.away.append(Spell(start, end, end))
    for service in (*fleet.ingests, *fleet.others):
        await said(service, BACK, since[service.log])
