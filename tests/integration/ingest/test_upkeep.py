"""Upkeep: old rows go, young rows stay, one process at a time; rollups follow what is written."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from services.ingest.errors import DATABASE_ERRORS
from services.ingest.pace import Effort
from services.ingest.rollups import MANY, SECOND_LOCK
from services.ingest.storage.plain import ROWS_MAX, PlainStorage
from services.ingest.upkeep import LOCK, expire, settle
from shared.rollups import ROLLUP_LEVELS
from tests.integration.conftest import Database, DatabaseConnect
from tests.integration.ingest.conftest import StartIngest
from tests.integration.ingest.running import HOST, logged, until

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


HOSTS, MINUTES = 25, 50
assert HOSTS * MINUTES > MANY


async def backlog(owner: asyncpg.Connection) -> list[asyncpg.Record]:
    """Store and mark rows of two families; return the rollups as the views compute them meanwhile."""
    first = f"date_trunc('hour', now()) - interval '{MINUTES + 60} minutes'"
    rows = (
        f"generate_series({first}, {first} + interval '{MINUTES - 1} minutes', interval '1 minute') t,"
        f" generate_series(1, {HOSTS}) h"
    )
    await owner.execute(
        f"INSERT INTO metrics.swap SELECT t, 'h' || h, 's', 9, extract(minute FROM t) + h, 0, 0, 0, 0 FROM {rows}"
    )
    await owner.execute(
        "INSERT INTO metrics.connection (time, host, source, state, connections_count)"
        f" SELECT t, 'h' || h, 's', 'listen', h FROM {rows}"
    )
    await owner.execute(f"INSERT INTO metrics.rollup_dirty SELECT 60, t, 'h' || h FROM {rows}")
    return await rollups(owner)


async def rollups(owner: asyncpg.Connection) -> list[asyncpg.Record]:
    """Return what the rollups of both families say, at every level."""
    found = []
    for level in ROLLUP_LEVELS:
        for family, gauge in (("swap", "used_bytes"), ("connection", "connections_count")):
            found += await owner.fetch(
                f"SELECT $1::text, time, host, samples, {gauge}_avg, {gauge}_max FROM metrics.{family}_{level}"
                " ORDER BY time, host",
                f"{family} {level}",
            )
    return found


async def test_a_backlog_is_computed_on_two_connections(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    before = await backlog(owner)
    made: list[asyncpg.Connection] = []

    async def connect() -> asyncpg.Connection:
        made.append(await database_connect(database.ingest_url))
        return made[-1]

    settled = await settle(await database_connect(database.ingest_url), PlainStorage(), effort=Effort(connect))
    assert settled is not None
    assert settled.computed > HOSTS * MINUTES
    assert len(made) == 1
    assert made[0].is_closed()
    assert await rollups(owner) == before
    for family in ("swap", "connection"):
        assert await owner.fetchval(f"SELECT count(*) FROM metrics.{family}_1m_kept") == HOSTS * MINUTES


async def test_a_backlog_that_takes_too_long_goes_on_the_next_time(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    before = await backlog(owner)
    writer = await database_connect(database.ingest_url)
    settled = await settle(writer, PlainStorage(), effort=Effort(seconds_max=0))
    assert settled is not None
    assert settled.computed == 0
    assert await rollups(owner) == before
    assert await settle(writer, PlainStorage()) is not None
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap_1m_kept") == HOSTS * MINUTES
    assert await rollups(owner) == before


async def test_rows_of_a_later_version_are_left_to_its_own_upkeep(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    await backlog(owner)
    writer = await database_connect(database.ingest_url)
    await owner.execute("UPDATE metrics.schema_state SET product_version = '999.0.0'")
    assert await settle(writer, PlainStorage()) is None
    assert await owner.fetchval("SELECT count(*) FROM metrics.swap_1m_kept") == 0


async def test_a_backlog_stays_marked_when_the_second_connection_breaks(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    before = await backlog(owner)

    async def connect() -> asyncpg.Connection:
        second = await database_connect(database.ingest_url)
        await owner.execute("SELECT pg_terminate_backend($1)", second.get_server_pid())
        return second

    writer = await database_connect(database.ingest_url)
    with pytest.raises(DATABASE_ERRORS):
        await settle(writer, PlainStorage(), effort=Effort(connect))
    assert await rollups(owner) == before
    assert await settle(writer, PlainStorage()) is not None
    assert await rollups(owner) == before


async def test_nobody_computes_beside_the_second_connection_of_an_upkeep_that_broke(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    before = await backlog(owner)
    left = await database_connect(database.ingest_url)
    await left.execute("SELECT pg_advisory_lock(hashtext($1))", SECOND_LOCK)
    writer = await database_connect(database.ingest_url)
    assert await settle(writer, PlainStorage()) is None
    assert await rollups(owner) == before
    await left.close()
    assert await settle(writer, PlainStorage()) is not None
    assert await rollups(owner) == before


async def test_the_second_connection_holds_its_lock_while_it_works(
    database: Database, database_connect: DatabaseConnect, owner: asyncpg.Connection
) -> None:
    await backlog(owner)
    is_held = f"EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND {key_of(SECOND_LOCK)})"
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.swap_1m_kept, metrics.connection_1m_kept IN SHARE MODE")
        work = asyncio.create_task(
            settle(
                await database_connect(database.ingest_url),
                PlainStorage(),
                effort=Effort(lambda: database_connect(database.ingest_url)),
            )
        )
        await until(owner, is_held)
    assert await work is not None
    await until(owner, f"NOT {is_held}")


def key_of(lock: str) -> str:
    """Return the condition that a row of pg_locks is that advisory lock in this database."""
    return (
        f"objid::bigint = hashtext('{lock}')::bigint & 4294967295"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
