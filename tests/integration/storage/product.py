"""The product as the suite drives it: provision, ingest's sink, upkeep and jobs."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import asyncpg

from services.ingest.batch import Delivery
from services.ingest.metrics import Metrics
from services.ingest.provision import provision_database
from services.ingest.provisioning.schema import Wanted
from services.ingest.sink import PostgresSink
from services.ingest.storage.mode import Mode
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import expire, settle
from tests.integration.conftest import Database, database_on

T = TypeVar("T")

WRITE_S_MAX = 60.0

_JOBS = """SELECT job_id FROM timescaledb_information.jobs
WHERE hypertable_schema = 'metrics' AND proc_name = ANY ($1)
ORDER BY array_position($1, proc_name::text), (config ->> 'end_offset')::interval, job_id"""
"""Refreshes fine to coarse, as each reads what the one before computed."""
REFRESH, COLUMNSTORE, RETENTION = "policy_refresh_continuous_aggregate", "policy_compression", "policy_retention"


def in_thread(work: Callable[[], Awaitable[T]]) -> T:
    """Return what the work returns, in a thread of its own: an asynchronous test may have a loop running here."""

    async def run() -> T:
        return await work()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


async def make_database(postgres_url: str, wanted: Wanted | None = None) -> Database:
    """Return a new provisioned database, whose own jobs run only when the suite runs them."""
    database = database_on(postgres_url, f"vw_storage_{secrets.token_hex(4)}")
    await provision(database, wanted)
    return database


async def provision(database: Database, wanted: Wanted | None = None) -> None:
    """Provision as a start of the product does, then keep the database's own jobs from running."""
    await provision_database(database.owner_url, wanted=wanted or Wanted())
    if await mode_of_database(database) != "plain":
        connection = await asyncpg.connect(database.owner_url)
        try:
            await connection.execute("SELECT _timescaledb_functions.stop_background_workers()")
        finally:
            await connection.close()


async def drop_database(postgres_url: str, database: Database) -> None:
    """Drop it with whoever is connected."""
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute(f"DROP DATABASE {database.name} WITH (FORCE)")
    finally:
        await connection.close()


async def mode_of_database(database: Database) -> Mode:
    """Return what provision recorded."""
    connection = await asyncpg.connect(database.read_url)
    try:
        mode: Mode = await connection.fetchval("SELECT mode FROM metrics.schema_state")
        return mode
    finally:
        await connection.close()


async def write(database: Database, batches: Iterable[Sequence[Delivery]]) -> Metrics:
    """Commit batches as ingest does; return ingest's own figures."""
    metrics = Metrics()
    sink = PostgresSink(lambda: asyncpg.connect(database.ingest_url), metrics, WRITE_S_MAX)
    sink.marks_rollups = storage_of(await mode_of_database(database)).marks_rollups
    try:
        for batch in batches:
            await sink.write(batch)
    finally:
        sink.close()
    return metrics


async def keep_up(database: Database) -> None:
    """Do one round of upkeep: ingest's where the mode leaves it to ingest, else the database's own jobs."""
    mode = await mode_of_database(database)
    if mode == "timescaledb_community":
        await run_jobs(database, REFRESH, COLUMNSTORE, RETENTION)
    connection = await asyncpg.connect(database.ingest_url)
    try:
        await settle(connection, storage_of(mode))
        await expire(connection, storage_of(mode))
    finally:
        await connection.close()


async def run_jobs(database: Database, *kinds: str) -> None:
    """Run the database's own jobs of these kinds once, in this order."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        for row in await connection.fetch(_JOBS, kinds):
            await connection.execute(f"CALL run_job({row['job_id']})")
    finally:
        await connection.close()
