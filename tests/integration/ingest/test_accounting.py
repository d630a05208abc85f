"""Delivery is accounted for by ingest on real servers: sessions, what came twice or in vain, what a stream let go."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from nats.aio.client import Client

from services.ingest.storage.delivery import delete_old_minutes, delete_old_sessions
from services.ingest.storage.keeping import read_keeping
from services.ingest.stream_loss import StreamSeen
from services.ingest.stream_watch import ROWS_MAX, forget, record_look
from shared.subjects import ALERTS, DEAD, METRICS, backfill_subject
from shared.wire.alert import encode_alert, event_subject
from tests.integration.conftest import BusConnect, Database, DatabaseConnect, provision_streams
from tests.integration.ingest.alert_stream import transition
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import (
    HOST,
    drained,
    figure,
    logged,
    publish,
    sample_set,
    stored_seqs,
    ticks,
    until,
)
from tests.ports import free_port
from tests.servers import NatsServer

PREVIOUS = {"session": "b" * 24, "seq_last": 41}
BYTES_MAX = 100_000


async def exceptions(owner: asyncpg.Connection) -> dict[str, int]:
    """Return how many sample sets are counted of each kind."""
    rows = await owner.fetch(
        "SELECT kind, sum(sample_sets)::bigint AS count FROM metrics.delivery_exceptions"
        " WHERE host = $1 AND source = 'system' GROUP BY kind",
        HOST,
    )
    return {row["kind"]: row["count"] for row in rows}


async def test_a_session_is_recorded_once_with_the_one_before(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    process = ingest()
    process.start()
    times = ticks(6)
    plain = [sample_set(HOST, seq, times[seq - 1]) for seq in (1, 2)]
    await publish(host_client, plain)
    await until(owner, "count(*) = 2 FROM metrics.sample_sets")
    # Killed before it is answered a message would come again, after those that follow it.
    await drained(admin_client)
    assert await owner.fetchval("SELECT previous_session FROM metrics.sessions") is None
    await publish(host_client, [sample_set(HOST, 3, times[2], previous=PREVIOUS)])
    await until(owner, "count(*) = 3 FROM metrics.sample_sets")
    process.stop(signal.SIGKILL)
    process.start()
    await publish(host_client, [sample_set(HOST, 4, times[3]), sample_set(HOST, 5, times[4], session="c" * 24)])
    await until(owner, "count(*) = 5 FROM metrics.sample_sets")
    rows = await owner.fetch("SELECT session, first_time, previous_session, previous_seq_last FROM metrics.sessions")
    assert sorted(tuple(row) for row in rows) == [
        ("a" * 24, times[0], PREVIOUS["session"], PREVIOUS["seq_last"]),
        ("c" * 24, times[4], None, None),
    ]


async def test_what_is_sent_twice_too_late_or_cannot_be_used_is_counted(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    ingest().start()
    times = ticks(3)
    bodies = [sample_set(HOST, seq, time) for seq, time in enumerate(times, start=1)]
    await publish(host_client, bodies)
    await until(owner, "count(*) = 3 FROM metrics.sample_sets")
    await publish(host_client, [bodies[0], bodies[0], b"bad"])
    await publish(host_client, [sample_set(HOST, 7, times[0] - timedelta(days=30))] * 4)
    await publish(host_client, [sample_set(HOST, 8, times[0] + timedelta(hours=1))])
    # Asked at once the broker may not know yet that something waits.
    await until(owner, "coalesce(sum(sample_sets), 0) >= 8 FROM metrics.delivery_exceptions")
    await drained(admin_client)
    assert await exceptions(owner) == {"doubled": 2, "refused": 1, "too_old": 4, "clock_ahead": 1}
    offset = await owner.fetchval("SELECT offset_seconds FROM metrics.delivery_exceptions WHERE kind = 'clock_ahead'")
    assert 3_590 <= offset <= 3_600


async def test_a_message_that_the_broker_delivers_again_was_not_sent_twice(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    times = ticks(200)
    await publish(host_client, [sample_set(HOST, seq, time) for seq, time in enumerate(times, start=1)])
    # As after a kill between commit and ack: everything is stored already, and comes with the numbers it had.
    await owner.execute(
        "INSERT INTO metrics.sample_sets SELECT time, $1, 'system', $2, seq, time, seq"
        " FROM unnest($3::timestamptz[]) WITH ORDINALITY AS sent (time, seq)",
        HOST,
        "a" * 24,
        times,
    )
    ingest().start()
    await drained(admin_client)
    assert await stored_seqs(owner) == []
    assert await exceptions(owner) == {}


async def cut(owner: asyncpg.Connection) -> None:
    """Return once ingest has no connection, also none that was being made a moment ago."""
    async with asyncio.timeout(60):
        while await owner.fetch(  # noqa: ASYNC110 - the server tells only who asks
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'vw_ingest' AND datname = current_database()"
        ):
            await asyncio.sleep(0.05)


async def test_what_is_too_old_waits_for_the_database_and_is_counted_once(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection, database: Database
) -> None:
    port = free_port()
    process = ingest(metrics_port=str(port))
    process.start()
    await owner.execute(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    await cut(owner)
    await publish(host_client, [sample_set(HOST, seq, ticks(1)[0] - timedelta(days=30)) for seq in range(1, 4)])
    await logged(process, "not counted: too old")
    await owner.execute(f"ALTER DATABASE {database.name} CONNECTION LIMIT -1")
    await drained(admin_client)
    assert await exceptions(owner) == {"too_old": 3}
    assert await figure(port, "vitalwire_ingest_too_old_total") == 3


async def test_what_cannot_be_set_aside_for_a_while_is_counted_once(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection, own_bus: NatsServer
) -> None:
    process = ingest()
    await owner.execute("ALTER TABLE metrics.sample_sets ADD CONSTRAINT no_tens CHECK (seq <> 10)")
    await admin_client.jetstream().delete_stream(DEAD)
    process.start()
    await publish(host_client, [b"bad", sample_set(HOST, 10, ticks(1)[0])])
    await logged(process, "not set aside, will come again", 6)
    provision_streams(own_bus)
    await drained(admin_client)
    await until(owner, "count(*) > 0 FROM metrics.delivery_exceptions")
    process.stop()
    assert await exceptions(owner) == {"refused": 2}


async def shrink(admin_client: Client) -> None:
    """Let METRICS hold only some hundred sample sets."""
    jetstream = admin_client.jetstream()
    config = (await jetstream.stream_info(METRICS)).config
    await jetstream.update_stream(config.evolve(max_bytes=BYTES_MAX))


async def stored_loss(owner: asyncpg.Connection) -> int:
    return int(await owner.fetchval("SELECT coalesce(sum(sample_sets), 0)::bigint FROM metrics.stream_loss"))


@pytest.mark.parametrize("ran_before", [True, False], ids=["an ingest that was stopped", "one that never ran"])
async def test_what_the_stream_let_go_unread_is_within_the_figure_shown(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection, ran_before: bool
) -> None:
    port = free_port()
    process = ingest(metrics_port=str(port))
    await shrink(admin_client)
    sent = 0
    if ran_before:
        process.start()
        sent = await publish(host_client, [sample_set(HOST, seq, ticks(1)[0]) for seq in range(1, 101)])
        await drained(admin_client)
        await until(owner, "count(*) > 0 FROM metrics.stream_watch")
        process.stop()
    sent += await publish(host_client, [sample_set(HOST, seq, ticks(1)[0]) for seq in range(sent + 1, sent + 3_001)])
    process.start()
    await drained(admin_client)
    # The watch looks at the stream before the first message is fetched.
    really_lost = sent - len(await stored_seqs(owner))
    assert really_lost > 1_000
    shown = await stored_loss(owner)
    assert really_lost <= shown <= really_lost + (100 if ran_before else 0)
    assert await figure(port, f'vitalwire_ingest_discarded_total{{stream="{METRICS}"}}') == shown


async def test_events_of_alerts_that_went_unread_are_counted_and_are_no_loss_of_sample_sets(
    ingest: StartIngest,
    own_bus: NatsServer,
    bus_connect: BusConnect,
    admin_client: Client,
    owner: asyncpg.Connection,
) -> None:
    jetstream = admin_client.jetstream()
    config = (await jetstream.stream_info(ALERTS)).config
    await jetstream.update_stream(config.evolve(max_bytes=BYTES_MAX))
    alerting = (await bus_connect(own_bus, "alerting")).jetstream()
    for number in range(1_000):
        event = transition(number)
        await alerting.publish_async(event_subject(event), encode_alert(event))
    await alerting.publish_async_completed()
    lost = (await jetstream.stream_info(ALERTS)).state.first_seq - 1
    assert lost > 0
    port = free_port()
    ingest(metrics_port=str(port)).start()
    await drained(admin_client, streams=(ALERTS,))
    await until(owner, "count(*) > 0 FROM metrics.stream_loss")
    found = await owner.fetch("SELECT stream, sample_sets FROM metrics.stream_loss")
    assert [tuple(row) for row in found] == [(ALERTS, lost)]
    assert await figure(port, f'vitalwire_ingest_discarded_total{{stream="{ALERTS}"}}') == lost


async def test_an_ingest_that_keeps_up_loses_nothing_although_the_stream_is_at_its_limit(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    await shrink(admin_client)
    ingest().start()
    sent = 0
    for _ in range(4):
        bodies = [sample_set(HOST, seq, ticks(1)[0]) for seq in range(sent + 1, sent + 151)]
        sent += await publish(host_client, bodies)
        await drained(admin_client)
        looked = await owner.fetchval("SELECT coalesce(max(watched_at), now()) FROM metrics.stream_watch")
        await until(owner, f"max(watched_at) > '{looked}' FROM metrics.stream_watch")
    state: Any = (await admin_client.jetstream().stream_info(METRICS)).state
    assert state.first_seq > 1
    assert len(await stored_seqs(owner)) == sent
    assert await stored_loss(owner) == 0


async def test_two_processes_count_a_loss_once(database: Database, database_connect: DatabaseConnect) -> None:
    first, second = [await database_connect(database.ingest_url) for _ in range(2)]
    await record_look(first, METRICS, StreamSeen("2026-11-21T12:00:00Z", 1, 100, 100, 9))
    gone = StreamSeen("2026-11-21T12:00:00Z", 151, 300, 150, 9)
    found = await asyncio.gather(record_look(first, METRICS, gone), record_look(second, METRICS, gone))
    assert sorted(found) == [0, 50]
    assert await stored_loss(first) == 50
    assert await first.fetchval("SELECT since <= until FROM metrics.stream_loss")


async def test_old_records_go_but_the_session_that_the_next_one_may_name(
    database: Database, database_connect: DatabaseConnect
) -> None:
    connection = await database_connect(database.ingest_url)
    await connection.execute(
        "INSERT INTO metrics.sessions SELECT host, 's', name, now() - age * interval '1 day', now()"
        " FROM (VALUES ('a', 'a1', 40), ('a', 'a2', 20), ('a', 'a3', 2), ('b', 'b1', 40), ('c', 'c1', 500))"
        " AS known (host, name, age)"
    )
    now = await connection.fetchval("SELECT now()")
    bound, kept_max = now - timedelta(days=9), now - timedelta(days=400)
    await connection.execute(delete_old_sessions(), bound, 100, kept_max)
    rows = await connection.fetch("SELECT session FROM metrics.sessions ORDER BY 1")
    assert [row["session"] for row in rows] == ["a2", "a3", "b1"]
    await connection.execute(
        "INSERT INTO metrics.delivery_exceptions VALUES ('a', 's', 'refused', $1::timestamptz - interval '1 s', 1),"
        " ('a', 's', 'refused', $1, 1)",
        bound,
    )
    await connection.execute(delete_old_minutes("metrics.delivery_exceptions"), bound, 100)
    assert await connection.fetchval("SELECT count(*) FROM metrics.delivery_exceptions") == 1


async def test_however_many_old_records_there_are_they_go(
    owner: asyncpg.Connection, database: Database, database_connect: DatabaseConnect
) -> None:
    connection = await database_connect(database.ingest_url)
    count = 2 * ROWS_MAX + 5
    await connection.execute(
        "INSERT INTO metrics.sessions SELECT 'a', 's', number::text, now() - interval '60 days'"
        " + number * interval '1 s', now() FROM generate_series(1, $1::integer) AS number",
        count,
    )
    await connection.execute(
        "INSERT INTO metrics.delivery_exceptions SELECT 'a', 's', 'refused',"
        " date_trunc('minute', now()) - number * interval '1 min', 1 FROM generate_series(1, 40000 + $1::integer)"
        " AS number",
        count,
    )
    keeping = await read_keeping(connection)
    await forget(connection, keeping)
    assert await connection.fetchval("SELECT count(*) FROM metrics.sessions") == 1
    oldest = await connection.fetchval("SELECT min(minute) FROM metrics.delivery_exceptions")
    assert oldest > keeping.now - keeping.raw_kept - timedelta(days=3)


async def test_a_drained_spool_is_no_doubled_delivery(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    ingest().start()
    bodies = [sample_set(HOST, seq, time) for seq, time in enumerate(ticks(20), start=1)]
    await publish(host_client, bodies[10:])
    for body in bodies[:10]:
        await host_client.publish(backfill_subject(HOST, "system"), body)
    await host_client.flush()
    await until(owner, "count(*) = 20 FROM metrics.sample_sets")
    assert await exceptions(owner) == {}
