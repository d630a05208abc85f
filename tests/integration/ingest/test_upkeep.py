"""Upkeep: old rows go, young rows stay, one process at a time; rollups follow what is written."""

from __future__ import annotations

import asyncpg

from services.ingest.storage.plain import ROWS_MAX, PlainStorage
from services.ingest.upkeep import LOCK, expire, settle
from tests.integration.conftest import Database, DatabaseConnect
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, logged

OLD = "now() - interval '8 days'"
YOUNG = "now() - interval '6 days'"


async def fill(owner: asyncpg.Connection, age: str, rows: int) -> None:
    """Insert rows of swap of that age, and their ledger entries."""
    await owner.execute(
        f"INSERT INTO metrics.swap SELECT {age}, $1, 'system', n, 0, 0, 0, 0, 0 FROM generate_series(1, {rows}) n", HOST
    )
    await owner.execute(
        f"INSERT INTO metrics.sample_sets SELECT {age}, $1, 'system', 's', n, now(), n FROM generate_series(1, 5) n"
        " ON CONFLICT DO NOTHING",
        HOST,
    )


async def test_old_rows_go_in_batches_and_young_ones_stay(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    await fill(owner, OLD, 2 * ROWS_MAX + 7)
    await fill(owner, "now() - interval '10 days'", 3)
    await fill(owner, YOUNG, 5)
    writer = await database_connect(database.ingest_url)
    # Of the ledger only what no stream can deliver again: two days more.
    assert await expire(writer, PlainStorage()) == {"metrics.swap": 2 * ROWS_MAX + 10, "metrics.sample_sets": 5}
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap") == 5


async def test_a_second_process_leaves_the_work_to_the_first(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    await fill(owner, OLD, 1)
    await owner.execute("SELECT pg_advisory_lock(hashtext($1))", LOCK)
    writer = await database_connect(database.ingest_url)
    assert await expire(writer, PlainStorage()) is None
    assert await settle(writer, PlainStorage()) is None
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap") == 1


async def test_a_running_ingest_deletes_what_is_old(ingest: StartIngest, owner: asyncpg.Connection) -> None:
    await fill(owner, OLD, 3)
    process = ingest()
    process.start()
    await logged(process, "old rows deleted")
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap") == 0
