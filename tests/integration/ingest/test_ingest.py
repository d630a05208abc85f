"""Ingest on real servers: what is published is stored once, whatever happens meanwhile."""

from __future__ import annotations

import asyncpg
from nats.aio.client import Client

from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, drained, publish, sample_set, stored_seqs, ticks


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
