"""The breaker with three live hosts: what a whole fleet sends is held, and nothing of it is lost."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from itertools import count

import asyncpg
import pytest
from nats.aio.client import Client

from tests.integration.conftest import BusConnect, provision_streams
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import drained, logged, publish, sample_set, stored_seqs, ticks
from tests.servers import NatsServer, temporary_directory

HOSTS = ("web-1", "web-2", "web-3")


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus with three hosts."""
    server = NatsServer(temporary_directory("nats"), HOSTS)
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


async def test_what_most_hosts_send_is_held_until_they_are_accepted_again(
    ingest: StartIngest, own_bus: NatsServer, admin_client: Client, owner: asyncpg.Connection, bus_connect: BusConnect
) -> None:
    clients = {host: await bus_connect(own_bus, f"host-{host}") for host in HOSTS}
    jetstream = admin_client.jetstream()
    process = ingest()
    [now] = ticks(1)
    for host, client in clients.items():
        await publish(client, [sample_set(host, 1, now, v=2)], host)
    process.start()
    await logged(process, "most hosts are refused: is this ingest older than the collectors? they are held meanwhile")
    assert (await jetstream.consumer_info("METRICS", "ingest")).num_ack_pending == len(HOSTS)
    assert (await jetstream.stream_info("DEAD")).state.messages == 0

    sent = 0
    async with asyncio.timeout(60):
        for seq in count(2):
            for host, client in clients.items():
                await publish(client, [sample_set(host, seq, now)], host)
            sent = seq
            if (await jetstream.stream_info("DEAD")).state.messages == len(HOSTS):
                break
            await asyncio.sleep(0.2)
    await drained(admin_client)
    assert process.stop() == 0
    for host in HOSTS:
        assert await stored_seqs(owner, host) == list(range(2, sent + 1))
