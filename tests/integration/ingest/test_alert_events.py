"""Events of alerts by a running ingest: each is stored once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest_asyncio
from nats.aio.client import Client

from deploy.local.programs import CONNECTIONS_OF_INGEST
from services.ingest.provision import provision_database
from shared.subjects import ALERTS
from shared.wire.alert import encode_alert, event_subject
from tests.bus_proxy import BusProxy
from tests.contract.alert_messages import EXAMPLES
from tests.integration.conftest import BusConnect, Database, DatabaseConnect
from tests.integration.ingest.alert_stream import FULL, act, by_id, rows, say, transition
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
from tests.servers import NatsServer, PostgresServer

STORED = "vitalwire_ingest_alert_events_total"
DOUBLED = "vitalwire_ingest_alert_events_doubled_total"


@pytest_asyncio.fixture
async def evaluator(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """The connection of an evaluator."""
    yield await bus_connect(own_bus, "alerting")


@pytest_asyncio.fixture
async def api(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """The connection of an API."""
    yield await bus_connect(own_bus, "api")


async def taken(client: Client) -> None:
    """Return when ingest has nothing to do with events of alerts."""
    await drained(client, streams=(ALERTS,))


async def test_a_row_says_what_its_event_says(
    ingest: StartIngest, evaluator: Client, api: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    port, before = free_port(), datetime.now(UTC)
    examples = list(EXAMPLES.values())
    transitions = [FULL, *(event for event in examples if event is not EXAMPLES["act"])]
    acts = [EXAMPLES["act"], act(1, act="silenced", comment="", silence="one"), act(2, act="commented", who="김" * 256)]
    await say(evaluator, transitions)
    await say(api, acts)
    process = ingest(metrics_port=str(port))
    process.start()
    await taken(admin_client)
    assert await rows(owner) == by_id([*transitions, *acts])
    arrived = await owner.fetchrow("SELECT min(received_at), max(received_at) FROM app.alert_events")
    assert arrived is not None
    assert before <= arrived[0] <= arrived[1] <= datetime.now(UTC)
    assert await figure(port, STORED) == len(transitions) + len(acts)
    assert await figure(port, 'vitalwire_ingest_pending{stream="ALERTS"}') == 0
    assert 0 <= await figure(port, "vitalwire_ingest_alert_events_lag_seconds") < 60
    assert process.stop() == 0


async def test_what_comes_again_is_stored_once_and_an_act_takes_no_transition_s_place(
    ingest: StartIngest, evaluator: Client, api: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    port = free_port()
    ingest(metrics_port=str(port)).start()
    events = [transition(number) for number in range(5)]
    same_id = act(1, id=events[0].id)
    await say(api, [same_id])
    await say(evaluator, [*events, *events])
    await taken(admin_client)
    await say(evaluator, [transition(0, value=1.0), transition(5)])
    await taken(admin_client)
    assert await rows(owner) == by_id([same_id, *events, transition(5)])
    assert (await figure(port, STORED), await figure(port, DOUBLED)) == (7, 6)


async def test_killed_between_the_commit_and_the_acks(
    ingest: StartIngest, evaluator: Client, admin_client: Client, owner: asyncpg.Connection, proxy: BusProxy
) -> None:
    events = [transition(number) for number in range(6)]
    await say(evaluator, events)
    proxy.acks_max = 2
    killed = ingest(nats_urls=proxy.url)
    await asyncio.to_thread(killed.start)
    await asyncio.wait_for(proxy.cut.wait(), 20)
    committed = await owner.fetchval("SELECT count(*) FROM app.alert_events")
    killed.stop(signal.SIGKILL)
    assert committed > proxy.acks == 2
    durable = await admin_client.jetstream().consumer_info(ALERTS, "ingest")
    assert durable.ack_floor is not None
    assert durable.ack_floor.stream_seq == 2
    ingest().start()
    await taken(admin_client)
    assert await rows(owner) == by_id(events)


async def test_killed_before_the_commit(
    ingest: StartIngest, evaluator: Client, admin_client: Client, owner: asyncpg.Connection, database: Database,
    database_connect: DatabaseConnect,
) -> None:  # fmt: skip
    events = [transition(number) for number in range(3)]
    await say(evaluator, events)
    killed = ingest()
    # On a connection of its own: within a transaction all looks at pg_stat_activity see what the first one saw.
    watching = await database_connect(database.owner_url)
    async with owner.transaction():
        await owner.execute("LOCK TABLE app.alert_events IN ACCESS EXCLUSIVE MODE")
        await asyncio.to_thread(killed.start)
        waiting = "EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted"
        await until(watching, f"{waiting} AND relation = 'app.alert_events'::regclass AND query LIKE 'INSERT%')")
        killed.stop(signal.SIGKILL)
    assert await rows(owner) == []
    ingest().start()
    await taken(admin_client)
    assert await rows(owner) == by_id(events)


async def test_events_wait_while_the_database_is_stopped(
    ingest: StartIngest, own_postgres: PostgresServer, evaluator: Client, admin_client: Client,
    database_connect: DatabaseConnect,
) -> None:  # fmt: skip
    await provision_database(own_postgres.url("vitalwire"))
    process = ingest(database_url=own_postgres.url("vitalwire", "vw_ingest"))
    await asyncio.to_thread(process.start)
    events = [transition(number) for number in range(5)]
    await say(evaluator, events[:2])
    await taken(admin_client)
    await asyncio.to_thread(own_postgres.stop)
    await say(evaluator, events[2:])
    await logged(process, "not written, messages will come again")
    durable = await admin_client.jetstream().consumer_info(ALERTS, "ingest")
    assert (durable.num_ack_pending or 0) + (durable.num_pending or 0) == 3
    await asyncio.to_thread(own_postgres.start)
    await taken(admin_client)
    assert await rows(await database_connect(own_postgres.url("vitalwire"))) == by_id(events)
    assert await asyncio.to_thread(process.stop) == 0


async def test_what_cannot_be_used_is_set_aside_as_it_came_and_the_next_is_stored(
    ingest: StartIngest, evaluator: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    # What the decoder takes the table takes; so the database has to be given a reason.
    await owner.execute("ALTER TABLE app.alert_events ADD CONSTRAINT nothing_odd CHECK (rule <> 'odd')")
    subject, odd = event_subject(transition()), transition(2, rule="odd")
    bad = [
        (subject, b"\xc1 no msgpack", "malformed"),
        (subject, encode_alert(transition(labels={"mount": "a\0b"})), "labels: expected text without NUL"),
        ("alerts.disk.web-2.x", encode_alert(transition()), "not those of the subject"),
        (event_subject(odd), encode_alert(odd), "nothing_odd"),
    ]
    good = [transition(number) for number in (10, 11, 12, 13)]
    for (where, body, _), event in zip(bad, good, strict=True):
        await evaluator.jetstream().publish(where, body)
        await say(evaluator, [event])
    port = free_port()
    ingest(metrics_port=str(port)).start()
    await taken(admin_client)
    assert await rows(owner) == by_id(good)
    jetstream = admin_client.jetstream()
    assert (await jetstream.stream_info("DEAD")).state.messages == len(bad)
    letters = [await jetstream.get_msg("DEAD", sequence) for sequence in range(1, len(bad) + 1)]
    found = {letter.data: letter for letter in letters}
    for where, body, reason in bad:
        headers = found[body].headers or {}
        assert (found[body].subject, headers["Vitalwire-Stream"]) == ("dead.alerts", ALERTS)
        assert headers["Vitalwire-Subject"] == where
        assert reason in headers["Vitalwire-Reason"]
    assert await figure(port, "vitalwire_ingest_alert_events_refused_total") == len(bad)
    assert await owner.fetchval("SELECT count(*) FROM metrics.delivery_exceptions") == 0


async def test_an_event_of_a_later_release_is_held_for_an_ingest_that_can_read_it(
    ingest: StartIngest, evaluator: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    newer = transition(1, v=2)
    await say(evaluator, [newer, transition(2)])
    port = free_port()
    process = ingest(metrics_port=str(port))
    process.start()
    await logged(process, "events of a later release are held: update ingest; after a week they are set aside", times=2)
    assert await rows(owner) == by_id([transition(2)])
    assert (await admin_client.jetstream().consumer_info(ALERTS, "ingest")).num_ack_pending == 1
    assert (await admin_client.jetstream().stream_info("DEAD")).state.messages == 0
    assert await figure(port, "vitalwire_ingest_alert_events_held_total") >= 2
    assert process.stop() == 0


async def test_where_the_table_of_events_takes_none_sample_sets_are_stored_and_events_wait(
    ingest: StartIngest, evaluator: Client, host_client: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    await owner.execute("REVOKE INSERT ON app.alert_events FROM vw_ingest")
    port = free_port()
    process = ingest(metrics_port=str(port))
    process.start()
    await say(evaluator, [transition(1)])
    await logged(process, "not written, messages will come again")
    await publish(host_client, [sample_set(HOST, seq, time) for seq, time in enumerate(ticks(3), start=1)])
    await drained(admin_client)
    assert await stored_seqs(owner) == [1, 2, 3]
    up = ("vitalwire_ingest_database_up", "vitalwire_ingest_alert_events_database_up")
    assert [await figure(port, name) for name in up] == [1, 0]
    await owner.execute("GRANT INSERT ON app.alert_events TO vw_ingest")
    await logged(process, "database is back")
    await taken(admin_client)
    assert await rows(owner) == by_id([transition(1)])
    assert process.stop() == 0


async def test_two_processes_share_what_there_is(
    ingest: StartIngest, evaluator: Client, admin_client: Client, owner: asyncpg.Connection
) -> None:
    events = [transition(id=f"{number:04}") for number in range(600)]
    jetstream = evaluator.jetstream()
    for event in events:
        await jetstream.publish_async(event_subject(event), encode_alert(event))
    await jetstream.publish_async_completed()
    ports = free_port(), free_port()
    for port in ports:
        ingest(messages_max="20", metrics_port=str(port)).start(ready=False)
    await taken(admin_client)
    assert await rows(owner) == by_id(events)
    assert sum([await figure(port, STORED) for port in ports]) == len(events)


async def test_one_ingest_holds_as_many_connections_as_the_database_has_room_for(
    ingest: StartIngest, evaluator: Client, host_client: Client, owner: asyncpg.Connection
) -> None:
    ingest().start()
    await publish(host_client, [sample_set(HOST, 1, ticks(1)[0])])
    await say(evaluator, [transition(1)])
    held = "(SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'vw_ingest')"
    stored = "(SELECT count(*) FROM app.alert_events) = 1 AND (SELECT count(*) FROM metrics.swap) = 1"
    looked = "EXISTS (SELECT 1 FROM metrics.stream_watch) AND EXISTS (SELECT 1 FROM metrics.storage_state)"
    await until(owner, f"{stored} AND {looked} AND {held} >= {CONNECTIONS_OF_INGEST}")
    assert await owner.fetchval(f"SELECT {held}") == CONNECTIONS_OF_INGEST
