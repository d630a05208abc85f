"""Drains a stored backlog, with publishers and background jobs off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime

import asyncpg
from nats.aio.client import Client

from services.ingest.upkeep import LOCK
from shared.families import FAMILIES
from shared.sql import table
from shared.subjects import BACKFILL, SIMULATOR
from tests.bench.ingest.bodies import Bodies
from tests.bench.ingest.bus import Publishing, Unread, connected, unread
from tests.bench.ingest.cost import Cost, Figures, parent
from tests.bench.samples import SHAPE
from tests.bench.storage.fill import schedule_jobs
from tests.bench.storage.site import Site
from tests.processes import Service

POLL_S = 0.02
HOSTS = 100


async def measure_drain(made: Site, sample_sets: int, processes: int) -> Figures:
    """Return numbers a second from the first fetch to the last ack, each number found by `count()` afterwards."""
    numbers = await _publish(made, sample_sets)
    connection = await made.connect()
    await stop_jobs(connection)
    try:
        async with connected(made.nats.url, "provision", made.nats.passwords["provision"].reveal()) as bus:
            before = (await unread(bus, BACKFILL)).delivered
            ingests = [made.service("ingest", ready=False) for _ in range(processes)]
            await until(bus, lambda now: now.delivered > before)
            began, cost = time.monotonic(), Cost(await pids_of(made, ingests, connection))
            await until(bus, lambda now: not now.unsettled)
            wall_s = time.monotonic() - began
        figures = cost.figures()
        for ingest in ingests:
            made.stop(ingest)
        found = await count_numbers(connection)
    finally:
        await connection.close()
    if found != numbers:
        raise SystemExit(f"published {numbers} numbers, found {found} in the database")
    return {
        "numbers_per_second": numbers / wall_s, "sample_sets_per_second": sample_sets / wall_s, "wall_seconds": wall_s,
        "sample_sets": sample_sets, **figures,
    }  # fmt: skip


async def until(bus: Client, holds: Callable[[Unread], bool]) -> None:
    """Return once this holds of ingest's durable of BACKFILL."""
    while not holds(await unread(bus, BACKFILL)):  # noqa: ASYNC110 - the broker tells only who asks
        await asyncio.sleep(POLL_S)


async def stop_jobs(connection: asyncpg.Connection) -> None:
    """Keep the jobs of the database from running, and ingest's upkeep for as long as this connection lives."""
    if await connection.fetchval("SELECT mode <> 'plain' FROM metrics.schema_state"):
        await schedule_jobs(connection, on=False)
    await connection.execute("SELECT pg_advisory_lock(hashtext($1))", LOCK)


async def pids_of(made: Site, ingests: list[Service], connection: asyncpg.Connection) -> dict[str, list[int]]:
    """Return the processes of which CPU and memory are told, by name; the database's is the server's first one."""
    nats = made.nats.process
    assert nats is not None
    backend = await connection.fetchval("SELECT pg_backend_pid()")
    pids = {f"ingest_{number}": [ingest.pid] for number, ingest in enumerate(ingests, 1)}
    return {**pids, "nats": [nats.pid], "postgres": [parent(backend)]}


async def count_numbers(connection: asyncpg.Connection) -> int:
    """Return how many gauges that are not null the tables hold."""
    total = 0
    for name in SHAPE:
        counts = " + ".join(f"count({gauge.name})" for gauge in FAMILIES[name].gauges)
        total += await connection.fetchval(f"SELECT {counts} FROM {table(FAMILIES[name])}")
    return total


async def _publish(made: Site, sample_sets: int) -> int:
    """Store the last minutes of a fleet as its spools would; return how many numbers that are."""
    bodies = Bodies(HOSTS, f"drain-{time.time_ns()}")
    ticks = sample_sets // HOSTS
    newest_s = int(datetime.now(UTC).timestamp()) - 120
    async with connected(made.nats.url, SIMULATOR, made.nats.passwords[SIMULATOR].reveal()) as client:
        publishing = Publishing(client, BACKFILL)
        await publishing.begin()
        for tick in range(ticks):
            await publishing.publish(bodies.tick(newest_s - ticks + tick))
        stored = await publishing.finish()
    return stored * bodies.numbers
