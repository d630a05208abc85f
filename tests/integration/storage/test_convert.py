"""Moving from plain PostgreSQL into the mode that the server gained: nothing is lost, nothing doubled."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.ingest.provision import provision_database
from services.ingest.provisioning.errors import ProvisionError
from services.ingest.provisioning.roles import grant, make_roles
from services.ingest.provisioning.schema import Wanted, make_relations, make_schemas
from services.ingest.provisioning.state import Recorded, detected_mode, read_state, write_state
from services.ingest.storage.dirty import kept
from services.ingest.storage.mode import AVAILABLE_SQL, Mode
from services.ingest.storage.retention import Retention
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import LOCK, settle
from shared.families import FAMILIES
from shared.resolution import Level
from shared.rollups import ROLLUP_LEVELS, column_names, relation
from tests.integration.conftest import DatabaseConnect, database_url, run_sql
from tests.integration.storage.columns import expected_columns, found_columns
from tests.integration.storage.growth import GROWN

NETWORK = FAMILIES["network"]
LEVELS: tuple[Level, ...] = ("raw", *ROLLUP_LEVELS)


@pytest.fixture
def own_database(postgres_url: str) -> Iterator[str]:
    """Address of a database that nobody provisioned."""
    name = f"vw_test_{secrets.token_hex(4)}"
    run_in_thread(postgres_url, f"CREATE DATABASE {name}")
    yield database_url(postgres_url, name)
    run_in_thread(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture
async def owner(own_database: str, database_connect: DatabaseConnect) -> asyncpg.Connection:
    """A superuser's connection to it, on a server that carries the extension."""
    connection = await database_connect(own_database)
    if await connection.fetchval(AVAILABLE_SQL) is None:
        pytest.skip("this server carries no timescaledb: TEST_DATABASE_URL names one that does")
    return connection


def run_in_thread(url: str, statement: str) -> None:
    """Run a statement where a loop may be running already."""

    async def run() -> None:
        await asyncio.to_thread(run_sql, url, statement)

    asyncio.run(run())


async def make_extension(url: str) -> None:
    """Make the extension in a session of its own, as it asks for."""
    fresh = await asyncpg.connect(url)
    await fresh.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    await fresh.close()


async def provision_as(mode: Mode, owner: asyncpg.Connection, url: str) -> None:
    """Provision as on a server that carries no more than the mode asks for."""
    await make_roles(owner, {})
    await make_schemas(owner)
    await grant(owner)
    if mode != "plain":
        await make_extension(url)
    retention = Retention()
    async with owner.transaction():
        await owner.execute("SET LOCAL ROLE vw_owner")
        state = await read_state(owner)
        await make_relations(owner, storage_of(mode), list(FAMILIES.values()), retention)
        await write_state(owner, Recorded(mode, retention, ""), state)


async def store(owner: asyncpg.Connection, hours: int) -> None:
    """Store rows of two hosts every 10 s, their ledger entries and marks, as a batch leaves them."""
    times = (
        "generate_series(date_trunc('minute', now()) - interval '1 minute' * $1::int, now(), interval '10 s') AS t,"
        " unnest(ARRAY['a', 'b']) AS h"
    )
    gauges = ", ".join(
        "NULL" if gauge.optional else f"(extract(epoch FROM t)::bigint % {7 + n})::real"
        for n, gauge in enumerate(NETWORK.gauges)
    )
    minutes = hours * 60
    await owner.execute(f"INSERT INTO metrics.network SELECT t, h, 'system', 'eth0', {gauges} FROM {times}", minutes)
    await owner.execute(
        f"INSERT INTO metrics.sample_sets SELECT t, h, 'system', 's', row_number() OVER (), t, 1 FROM {times}", minutes
    )
    await owner.execute(
        f"INSERT INTO metrics.rollup_dirty SELECT DISTINCT 60, date_trunc('minute', t), h FROM {times}", minutes
    )


async def everything(owner: asyncpg.Connection, until: datetime) -> dict[str, list[Any]]:
    """Return all rows of every level before an instant, and how often the ledger knows each sample set."""
    found: dict[str, list[Any]] = {}
    columns = {level: ", ".join(column_names(NETWORK, level)) for level in ROLLUP_LEVELS}
    for level in LEVELS:
        names = "*" if level == "raw" else columns[level]
        found[level] = [
            tuple(round(cell, 9) if isinstance(cell, float) else cell for cell in row)
            for row in await owner.fetch(
                f"SELECT {names} FROM {relation(NETWORK, level)} WHERE time < $1 ORDER BY 1, 2", until
            )
        ]
    found["ledger"] = await owner.fetch(
        "SELECT host, seq, count(*) FROM metrics.sample_sets GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return found


@pytest.mark.parametrize("start", ["plain", "timescaledb_apache"])
async def test_moving_to_the_mode_that_the_server_has_keeps_every_row(
    start: Mode, own_database: str, owner: asyncpg.Connection, database_connect: DatabaseConnect
) -> None:
    await provision_as(start, owner, own_database)
    if start != "plain" and start == await detected_mode(owner):
        pytest.skip(f"this server has no mode beyond {start}")
    await store(owner, hours=9)
    until = await owner.fetchval("SELECT date_trunc('hour', now())")
    writer = await database_connect(own_database.replace("postgres@", "vw_ingest@", 1))
    await settle(writer, storage_of(start))
    await writer.close()
    # A rollup whose raw rows are long gone: nothing can compute it again.
    old = "date_trunc('hour', now()) - interval '20 days'"
    await owner.execute(
        "INSERT INTO metrics.network_1h_kept (time, host, source, interface, samples)"
        f" VALUES ({old}, 'gone', 's', 'e', 5)"
    )
    before = await everything(owner, until)
    assert len(before["1h"]) > 9

    await make_extension(own_database)
    with pytest.raises(ProvisionError, match="--convert-mode"):
        await provision_database(own_database)
    assert await everything(owner, until) == before

    await provision_database(own_database, wanted=Wanted(convert=True))
    await owner.reload_schema_state()
    mode: Mode = await owner.fetchval("SELECT mode FROM metrics.schema_state")
    assert mode != "plain"
    assert await owner.fetchval("SELECT count(*) FROM timescaledb_information.hypertables") > len(FAMILIES)
    assert await everything(owner, until) == before

    # From now on it is an installation like any other of that mode.
    await provision_database(own_database)
    writer = await database_connect(own_database.replace("postgres@", "vw_ingest@", 1))
    await settle(writer, storage_of(mode))
    assert await everything(owner, until) == before


async def test_what_the_release_before_rollups_stored_is_moved_and_gets_its_rollups(
    own_database: str, owner: asyncpg.Connection
) -> None:
    await provision_as("plain", owner, own_database)
    await store(owner, hours=5)
    until = await owner.fetchval("SELECT date_trunc('hour', now())")
    before = await everything(owner, until)
    await owner.execute("DROP TABLE metrics.rollup_dirty CASCADE; DROP TABLE metrics.storage_state")
    for family in FAMILIES.values():
        for level in ROLLUP_LEVELS if family.rollups else ():
            await owner.execute(f"DROP TABLE {kept(family, level)}")
    await make_extension(own_database)
    await provision_database(own_database, wanted=Wanted(convert=True))
    await owner.reload_schema_state()
    assert await everything(owner, until) == before


async def test_an_update_that_brings_a_gauge_and_what_was_not_computed_yet_are_settled_before_the_move(
    own_database: str, owner: asyncpg.Connection
) -> None:
    await provision_as("plain", owner, own_database)
    await store(owner, hours=2)
    # So old that no refresh of the new mode reaches it.
    old = "date_trunc('minute', now()) - interval '1 minute' * age - interval '6 days 20 hours'"
    gauges = ", ".join("NULL" if gauge.optional else "7" for gauge in NETWORK.gauges)
    await owner.execute(
        f"INSERT INTO metrics.network SELECT {old}, 'late', 'system', 'eth0', {gauges} FROM generate_series(1, 90) age"
    )
    await owner.execute(f"INSERT INTO metrics.rollup_dirty SELECT 60, {old}, 'late' FROM generate_series(1, 90) age")
    until = await owner.fetchval("SELECT date_trunc('hour', now())")
    before = await everything(owner, until)
    assert sum(row[1] == "late" for row in before["1m"]) == 90

    await make_extension(own_database)
    grown = {**FAMILIES, GROWN.name: GROWN}
    await provision_database(own_database, wanted=Wanted(convert=True, families=grown))
    await owner.reload_schema_state()
    after = await everything(owner, until)
    for level in ROLLUP_LEVELS:
        assert after[level] == before[level], level
        assert await found_columns(owner, GROWN, level) == expected_columns(GROWN, level)


async def test_nothing_is_moved_while_ingest_is_at_it(own_database: str, owner: asyncpg.Connection) -> None:
    await provision_as("plain", owner, own_database)
    await make_extension(own_database)
    await owner.execute("SELECT pg_advisory_lock(hashtext($1))", LOCK)
    with pytest.raises(ProvisionError, match="stop it"):
        await provision_database(own_database, wanted=Wanted(convert=True))
    assert await owner.fetchval("SELECT mode FROM metrics.schema_state") == "plain"
