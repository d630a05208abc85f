"""A disk that is nearly full: ingest stops fetching, says why, and goes on by itself; nothing is lost."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from pathlib import Path

import asyncpg
from nats.aio.client import Client

from services.ingest.breaker import Breaker
from services.ingest.consume import BatchPolicy, Consumer, Intake
from services.ingest.dead_letters import SetAside
from services.ingest.metrics import Metrics
from services.ingest.pull import Puller
from services.ingest.room import Disk, free_percent, stream_bytes
from services.ingest.sink import PostgresSink
from services.ingest.storage.retention import Retention
from services.ingest.storage.selection import storage_of
from services.ingest.window import RawKept
from shared.subjects import BACKFILL, METRICS
from tests.integration.conftest import MIB, BusConnect, Database
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
)
from tests.integration.storage.product import mode_of_database
from tests.ports import free_port
from tests.servers import NatsServer

COUNT = 50
FULL = {"free_percent_min": "100"}
ROOMY = {"free_percent_min": "0"}


def bodies() -> list[bytes]:
    return [sample_set(HOST, seq, time) for seq, time in enumerate(ticks(COUNT), start=1)]


async def waiting(client: Client) -> tuple[int, int]:
    """Return how many messages wait in METRICS, and how many of them were handed out."""
    found = await client.jetstream().consumer_info(METRICS, "ingest")
    return found.num_pending or 0, found.num_ack_pending or 0


async def storage_state(owner: asyncpg.Connection, *, paused: bool) -> asyncpg.Record:
    """Return the state once it says so."""
    async with asyncio.timeout(20):
        while True:
            row = await owner.fetchrow("SELECT * FROM metrics.storage_state")
            if row is not None and row["free_percent"] is not None and row["paused"] is paused:
                return row
            await asyncio.sleep(0.1)


async def test_nothing_is_fetched_and_everything_arrives_later(
    ingest: StartIngest, host_client: Client, admin_client: Client, owner: asyncpg.Connection, tmp_path: Path
) -> None:
    await owner.execute("INSERT INTO metrics.swap SELECT now() - interval '8 days', 'old', 'system', 1, 0, 0, 0, 0, 0")
    port = free_port()
    process = ingest(watched_directory=str(tmp_path), metrics_port=str(port), **FULL)
    process.start()
    await publish(host_client, bodies())
    state = await storage_state(owner, paused=True)
    assert state["reason"].startswith("The disk of the stored history has ")
    assert state["reason"].endswith(": nothing is fetched until 100 % are free again; samples wait in the stream.")
    assert 0 <= state["free_percent"] < 100
    assert await figure(port, "vitalwire_ingest_paused") == 1
    await asyncio.sleep(1)
    assert await waiting(admin_client) == (COUNT, 0)
    # Upkeep goes on: it may free what is missing.
    if await owner.fetchval("SELECT mode FROM metrics.schema_state") != "timescaledb_community":
        await logged(process, "old rows deleted")
        assert await owner.fetchval("SELECT count(*) FROM metrics.swap WHERE host = 'old'") == 0
    text = process.log.read_text()
    assert text.count("nothing is fetched: the disk is nearly full") == 1
    started_s = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - started_s < 5
    again = ingest(watched_directory=str(tmp_path), **ROOMY)
    again.start()
    await drained(admin_client)
    assert await stored_seqs(owner) == list(range(1, COUNT + 1))
    assert (await storage_state(owner, paused=False))["reason"] is None


async def test_it_goes_on_by_itself(
    own_bus: NatsServer,
    bus_connect: BusConnect,
    database: Database,
    host_client: Client,
    admin_client: Client,
    owner: asyncpg.Connection,
) -> None:
    bus, metrics, free = await bus_connect(own_bus, "ingest"), Metrics(), [4.0]
    disk = Disk(lambda: free[0], 5.0, metrics)
    await disk.check()
    breaker, policy = Breaker(), BatchPolicy(100, 0.1)
    sink = PostgresSink(lambda: asyncpg.connect(database.ingest_url), metrics, 10)
    sink.marks_rollups = storage_of(await mode_of_database(database)).marks_rollups
    set_aside = SetAside(bus.jetstream(), lambda: bus.max_payload, breaker, metrics)
    intake = Intake(Puller(bus, METRICS, MIB), Puller(bus, BACKFILL, MIB), policy)
    consumer = Consumer(intake, sink, set_aside, breaker, metrics)
    stop = asyncio.Event()
    running = asyncio.create_task(consumer.run(stop, RawKept(Retention().of("raw")), disk))
    await publish(host_client, bodies()[:25])
    await asyncio.sleep(0.5)
    assert await waiting(admin_client) == (25, 0)
    free[0] = 50.0
    await disk.check()
    await drained(admin_client)
    free[0] = 3.0
    await disk.check()
    # What was asked for before may still come.
    await asyncio.sleep(policy.age_s_max * 5)
    await publish(host_client, bodies()[25:])
    await asyncio.sleep(0.5)
    assert await waiting(admin_client) == (25, 0)
    stop.set()
    await asyncio.wait_for(running, 2)
    sink.close()
    assert await stored_seqs(owner) == list(range(1, 26))


async def test_a_directory_that_is_not_there_ends_ingest_with_a_sentence(ingest: StartIngest, tmp_path: Path) -> None:
    process = ingest(watched_directory=str(tmp_path / "missing"))
    process.start(ready=False)
    await logged(process, "ingest ends")
    assert "watched_directory: expected a directory" in process.log.read_text()


def test_the_free_share_is_that_of_df(tmp_path: Path) -> None:
    df = shutil.which("df")
    assert df is not None
    lines = subprocess.run([df, "-P", str(tmp_path)], check=True, capture_output=True, text=True).stdout.splitlines()
    used_percent = int(lines[1].split()[4].rstrip("%"))
    # df rounds what is used up.
    assert -0.5 <= free_percent(tmp_path) - (100 - used_percent) <= 1.5


async def test_the_size_of_streams_is_known_while_the_bus_answers(
    own_bus: NatsServer, bus_connect: BusConnect, host_client: Client
) -> None:
    bus = await bus_connect(own_bus, "ingest")
    assert await stream_bytes(bus) == 0
    sent = bodies()
    await publish(host_client, sent)
    found = await stream_bytes(bus)
    assert found is not None
    assert found > sum(len(body) for body in sent)
    own_bus.stop()
    assert await stream_bytes(bus) is None
