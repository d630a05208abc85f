"""What is said of delivery agrees with what was sent: over a real bus, through ingest, as the API reads it."""

from __future__ import annotations

import asyncio
import signal
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from nats.aio.client import Client

from services.api.database import Limits, open_database
from services.api.delivery.judge import Asked, delivery_of, step_seconds_of
from services.api.delivery.queries import DeliveryQueries
from services.api.delivery.schemas import Delivery
from services.api.metrics.times import Range
from shared.subjects import backfill_subject
from tests.bus_proxy import BusProxy
from tests.integration.conftest import Database
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, drained, publish, sample_set, until

FIRST, SECOND = "a" * 24, "b" * 24
PREVIOUS = {"session": FIRST, "seq_last": 110}


async def answer(database: Database) -> Delivery:
    """Return delivery of the last hour."""
    now = datetime.now(UTC)
    span = Range(now - timedelta(hours=1), now)
    read = await open_database(database.read_url, None, Limits(1, 10), read_only=True)
    try:
        return delivery_of(
            HOST, span, await DeliveryQueries(read).read(Asked(HOST, span, step_seconds_of(span), now)), []
        )
    finally:
        await read.close()


@pytest.mark.parametrize("killed", [False, True], ids=["an ingest that lives", "one that is killed amid it"])
async def test_received_and_missing_are_all_that_was_numbered(
    ingest: StartIngest,
    host_client: Client,
    admin_client: Client,
    owner: asyncpg.Connection,
    database: Database,
    proxy: BusProxy,
    killed: bool,
) -> None:
    # Killed after the commit, with most of the answers unsent: what is stored already is delivered again.
    proxy.acks_max = 5 if killed else None
    process = ingest(nats_urls=proxy.url)
    now = datetime.now(UTC)
    first = {seq: sample_set(HOST, seq, now + timedelta(seconds=seq * 0.3 - 50)) for seq in range(1, 111)}
    # The spool lost 31 to 40, and with the collector went 101 to 110.
    await publish(host_client, [first[seq] for seq in range(1, 101) if not 31 <= seq <= 40])
    await asyncio.to_thread(process.start)
    if killed:
        await asyncio.wait_for(proxy.cut.wait(), 20)
        process.stop(signal.SIGKILL)
        assert await owner.fetchval("SELECT count(*) FROM metrics.sample_sets") > proxy.acks
        await asyncio.to_thread(ingest().start)
    second = {
        seq: sample_set(
            HOST,
            seq,
            now + timedelta(seconds=seq * 0.3 - 15) - timedelta(days=30 if 21 <= seq <= 23 else 0),
            session=SECOND,
            **({"previous": PREVIOUS} if seq <= 10 else {}),
        )
        for seq in range(1, 31)
    }
    await publish(host_client, [*second.values(), first[5], first[5], b"bad"])
    # Asked at once the broker may not know yet that something waits.
    await until(owner, "count(*) = 117 FROM metrics.sample_sets")
    await until(owner, "coalesce(sum(sample_sets), 0) >= 6 FROM metrics.delivery_exceptions")
    await drained(admin_client)
    total = (await answer(database)).total
    assert (total.received, total.missing) == (90 + 27, 10 + 10 + 3)
    assert (total.doubled, total.too_old, total.refused, total.late) == (2, 3, 1, 0)
    # What was spooled comes after all, as the collector drains it.
    for seq in (*range(31, 41), *range(101, 111)):
        await host_client.publish(backfill_subject(HOST, "system"), first[seq])
    await host_client.flush()
    await until(owner, "count(*) = 137 FROM metrics.sample_sets")
    found = await answer(database)
    assert (found.total.received, found.total.missing) == (137, 3)
    assert [(gap.session, gap.seq_first, gap.seq_last) for gap in found.gaps] == [(SECOND, 21, 23)]
    assert not found.duplicate
