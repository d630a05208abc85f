"""Ingest killed with 2,000 sample sets waiting, at moments made certain from outside the product."""

from __future__ import annotations

import asyncio
import signal

import asyncpg
import pytest
import pytest_asyncio
from nats.aio.client import Client

from tests.bus_proxy import BusProxy
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, drained, publish, sample_set, stored_seqs, ticks, until

WAITING = 2_000


@pytest_asyncio.fixture
async def published(host_client: Client) -> list[int]:
    """The seqs of 2,000 sample sets that wait in the stream."""
    await publish(host_client, (sample_set(HOST, seq, time) for seq, time in enumerate(ticks(WAITING), start=1)))
    return list(range(1, WAITING + 1))


async def test_killed_before_the_commit(
    ingest: StartIngest, published: list[int], admin_client: Client, owner: asyncpg.Connection
) -> None:
    killed = ingest()
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.swap IN ACCESS EXCLUSIVE MODE")
        killed.start()
        waiting = "EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
        await until(owner, f"{waiting} AND relation = 'metrics.swap'::regclass AND usename = 'vw_ingest')")
        killed.stop(signal.SIGKILL)
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap") == 0
    ingest().start()
    await drained(admin_client)
    assert await stored_seqs(owner) == published


@pytest.mark.parametrize(
    "acks_max", [pytest.param(0, id="before the first ack"), pytest.param(700, id="amid the acks")]
)
async def test_killed_after_the_commit(
    acks_max: int, ingest: StartIngest, published: list[int], admin_client: Client, owner: asyncpg.Connection,
    proxy: BusProxy,
) -> None:  # fmt: skip
    proxy.acks_max = acks_max
    killed = ingest(nats_urls=proxy.url)
    await asyncio.to_thread(killed.start)
    await asyncio.wait_for(proxy.cut.wait(), 20)
    committed = await owner.fetchval("SELECT count(*) FROM metrics.swap")
    killed.stop(signal.SIGKILL)
    assert proxy.acks == acks_max
    assert committed > acks_max
    state = await admin_client.jetstream().consumer_info("METRICS", "ingest")
    assert state.ack_floor is not None
    assert state.ack_floor.stream_seq == acks_max
    ingest().start()
    await drained(admin_client)
    assert await stored_seqs(owner) == published


async def test_a_bus_connection_that_ends_for_good_ends_ingest(ingest: StartIngest, proxy: BusProxy) -> None:
    process = ingest(nats_urls=proxy.url)
    await asyncio.to_thread(process.start)
    proxy.say(b"-ERR 'Maximum Payload Violation'\r\n")
    assert process.process is not None
    assert await asyncio.to_thread(process.process.wait, 20) == 1
