"""Ingest on real servers: what is published is stored once, whatever happens meanwhile."""

from __future__ import annotations

import asyncpg
from nats.aio.client import Client

from shared.subjects import backfill_subject
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, drained, figure, publish, sample_set, stored_seqs, ticks
from tests.ports import free_port


async def test_what_is_published_is_stored(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    process = ingest()
    process.start()
    times = ticks(50)
    await publish(host_client, (sample_set(HOST, seq, time) for seq, time in enumerate(times, start=1)))
    await drained(admin_client)
    rows = await owner.fetch("SELECT time, host, source, total_bytes, used_percent FROM metrics.swap ORDER BY time")
    assert [tuple(row) for row in rows] == [(time, HOST, "system", seq, 1.5) for seq, time in enumerate(times, start=1)]
    assert await owner.fetchval("SELECT count(*) FROM metrics.sample_sets") == 50
    assert process.stop() == 0


async def test_the_same_sample_sets_twice_are_stored_once(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    ingest().start()
    bodies = [sample_set(HOST, seq, time) for seq, time in enumerate(ticks(20), start=1)]
    await publish(host_client, [*bodies, *bodies])
    await drained(admin_client)
    await publish(host_client, bodies)
    await drained(admin_client)
    assert await stored_seqs(owner) == list(range(1, 21))


async def test_two_processes_share_the_durables(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    await publish(host_client, (sample_set(HOST, seq, time) for seq, time in enumerate(ticks(1_500), start=1)))
    ports = free_port(), free_port()
    for port in ports:
        ingest(messages_max="20", metrics_port=str(port)).start(ready=False)
    await drained(admin_client)
    assert await stored_seqs(owner) == list(range(1, 1_501))
    shares = [await figure(port, "vitalwire_ingest_sample_sets_total") for port in ports]
    assert sum(shares) == 1_500


async def test_what_is_older_comes_by_the_other_stream(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    ingest().start()
    bodies = [sample_set(HOST, seq, time) for seq, time in enumerate(ticks(100), start=1)]
    for body in bodies[:50]:
        await host_client.publish(backfill_subject(HOST, "system"), body)
    await publish(host_client, bodies[50:])
    await drained(admin_client)
    assert await stored_seqs(owner) == list(range(1, 101))
