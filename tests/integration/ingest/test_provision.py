"""Provision: what it makes, who may use it, and that it may run again and at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import subprocess
import sys

import asyncpg
import pytest
from nats.aio.client import Client
from nats.js.api import StoreCompression
from nats.js.errors import APIError

from services.ingest.provision import provision_bus, provision_database
from services.ingest.provisioning.errors import ProvisionError
from services.ingest.settings import ProvisionSettings
from services.ingest.storage.mode import Mode
from services.ingest.storage.selection import storage_of
from shared.families import FAMILIES
from shared.rollups import ROLLUP_LEVELS
from shared.settings import Secret
from shared.subjects import HOSTS_BUCKET, INVENTORY_BYTES_MAX, inventory_subject
from tests.integration.conftest import BusConnect, Database, DatabaseConnect, database_url, run_sql
from tests.integration.ingest.running import HOST
from tests.processes import ROOT
from tests.servers import NatsServer

CHANGES = (
    "INSERT INTO metrics.swap SELECT now(), 'h', 's', 1, 1, 1, 1, 1, 1",
    "DELETE FROM metrics.swap",
    "UPDATE metrics.swap SET host = 'x'",
    "UPDATE metrics.sessions SET host = 'x'",
    "UPDATE metrics.schema_state SET mode = 'x'",
    "CREATE TABLE metrics.own (a int)",
    "CREATE TEMPORARY TABLE own (a int)",
    "DROP TABLE metrics.swap",
    "SELECT FROM app.users",
    "UPDATE app.users SET disabled = false",
    "DELETE FROM app.schema_version",
    "INSERT INTO app.alert_events (id) SELECT 'x' WHERE false",
    "SELECT comment FROM app.alert_events",
    "UPDATE app.alert_events SET comment = 'x'",
    "DELETE FROM app.alert_events WHERE received_at < now()",
    "TRUNCATE app.alert_events",
)
TO_ANOTHER_MODE = """UPDATE metrics.schema_state
SET mode = CASE mode WHEN 'timescaledb_community' THEN 'plain' ELSE 'timescaledb_community' END"""
"""Whatever the server under test has, it is not what this says."""


def tables_of_upkeep() -> set[str]:
    """Return the tables of the modes in which ingest computes rollups, and not the database."""
    kept = {f"{family.name}_{level}_kept" for family in FAMILIES.values() if family.rollups for level in ROLLUP_LEVELS}
    return {"rollup_dirty", *kept}


async def test_a_second_provision_changes_nothing(database: Database, database_connect: DatabaseConnect) -> None:
    connection = await database_connect(database.owner_url)
    await connection.execute(CHANGES[0])
    await provision_database(database.owner_url)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'metrics'")
    records = {"sample_sets", "schema_state", "storage_state"}
    records |= {"sessions", "delivery_exceptions", "stream_watch", "stream_loss"}
    mode: Mode = await connection.fetchval("SELECT mode FROM metrics.schema_state")
    assert {row[0] for row in tables} == {
        *FAMILIES,
        *records,
        *(tables_of_upkeep() if storage_of(mode).marks_rollups else ()),
    }
    owners = await connection.fetch("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('metrics', 'app')")
    assert [row[0] for row in owners] == ["vw_owner"]
    assert await connection.fetchval("SELECT count(*) FROM metrics.swap") == 1


async def test_several_provisions_at_once_wait_for_each_other(postgres_url: str) -> None:
    name = f"vw_test_{secrets.token_hex(4)}"
    url = database_url(postgres_url, name)
    await asyncio.gather(*(provision_database(url) for _ in range(3)))
    await asyncio.to_thread(run_sql, postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (
            "ingest",
            [
                "INSERT INTO metrics.swap",
                "DELETE FROM metrics.swap",
                "UPDATE metrics.sessions SET",
                "INSERT INTO app.alert_events",
                "DELETE FROM app.alert_events",
            ],
        ),
        ("read", ["SELECT comment FROM"]),
        ("app", ["SELECT FROM app.users", "UPDATE app.users SET", "SELECT comment FROM"]),
    ],
)
async def test_each_role_may_do_its_own_and_nothing_else(
    role: str, allowed: list[str], database: Database, database_connect: DatabaseConnect
) -> None:
    # Rights on a database do not come with its template.
    await provision_database(database.owner_url)
    connection = await database_connect(getattr(database, f"{role}_url"))
    found = []
    for statement in CHANGES:
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError):
            await connection.execute(statement)
            found.append(" ".join(statement.split()[:3]))
    assert found == allowed


async def test_the_reading_role_is_limited_also_for_tables_to_come(
    database: Database, database_connect: DatabaseConnect
) -> None:
    owner = await database_connect(database.owner_url)
    await owner.execute("SET ROLE vw_owner; CREATE TABLE metrics.later (a int); RESET ROLE")
    reader = await database_connect(database.read_url)
    assert await reader.fetch("SELECT a FROM metrics.later") == []
    shown = [await reader.fetchval(f"SHOW {name}") for name in ("default_transaction_read_only", "statement_timeout")]
    assert shown == ["on", "10s"]
    assert await reader.fetchval("SHOW work_mem") == "32MB"


async def test_a_gauge_that_a_table_lacks_is_added(database: Database, database_connect: DatabaseConnect) -> None:
    owner = await database_connect(database.owner_url)
    await owner.execute("ALTER TABLE metrics.process DROP COLUMN threads_count")
    await provision_database(database.owner_url)
    assert await owner.fetch("SELECT threads_count FROM metrics.process") == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("UPDATE metrics.schema_state SET product_version = '99.1.0'", "install 99.1.0 or later"),
        (TO_ANOTHER_MODE, "provisioned in the mode (plain|timescaledb_community) and now looks like"),
        ("ALTER TABLE metrics.swap DROP COLUMN total_bytes CASCADE", "metrics.swap lacks total_bytes bigint"),
        ("UPDATE app.schema_version SET version_num = '9999'", "made by a newer Vitalwire"),
    ],
)
async def test_what_cannot_be_provisioned_gives_a_sentence(
    change: str, sentence: str, database: Database, database_connect: DatabaseConnect
) -> None:
    await (await database_connect(database.owner_url)).execute(change)
    with pytest.raises(ProvisionError, match=sentence):
        await provision_database(database.owner_url)


async def test_a_password_is_stored_as_a_verifier(database: Database, database_connect: DatabaseConnect) -> None:
    await provision_database(database.owner_url, role_passwords={"vw_app": Secret("a'b")})
    owner = await database_connect(database.owner_url)
    stored = await owner.fetchval("SELECT rolpassword FROM pg_authid WHERE rolname = 'vw_app'")
    assert stored.startswith("SCRAM-SHA-256$4096:")


def bus_settings(server: NatsServer, metrics_bytes_max: int = 64 * 1024**2) -> ProvisionSettings:
    return ProvisionSettings(
        nats_urls=(server.url,),
        nats_password=server.passwords["provision"],
        database_url="",
        metrics_bytes_max=metrics_bytes_max,
        backfill_bytes_max=64 * 1024**2,
    )


async def test_streams_are_brought_to_their_definition(
    own_bus: NatsServer, admin_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await provision_bus(bus_settings(own_bus))
    await provision_bus(bus_settings(own_bus, 128 * 1024**2))
    config = (await admin_client.jetstream().stream_info("METRICS")).config
    assert (config.max_bytes, config.max_age, config.duplicate_window) == (128 * 1024**2, 86_400, 120)
    assert config.compression == StoreCompression.S2.value
    for stream in ("METRICS", "BACKFILL", "ALERTS"):
        durable = (await admin_client.jetstream().consumer_info(stream, "ingest")).config
        assert (durable.max_ack_pending, durable.ack_wait, durable.max_deliver) == (16_000, 60, -1)
    held = [record for record in caplog.records if record.getMessage() == "stream ready"]
    assert all(hasattr(record, "minutes_held") for record in held)


async def test_the_inventory_bucket_is_one_that_any_client_knows(
    own_bus: NatsServer, admin_client: Client, host_client: Client
) -> None:
    await host_client.publish(inventory_subject(HOST), b"first")
    await host_client.publish(inventory_subject(HOST), b"second")
    await host_client.flush()
    bucket = await admin_client.jetstream().key_value(HOSTS_BUCKET)
    assert (await bucket.status()).history == 1
    info = await admin_client.jetstream().stream_info(f"KV_{HOSTS_BUCKET}")
    assert info.state.messages == 1
    assert info.config.allow_direct


async def test_no_host_can_purge_or_fill_the_bucket(
    own_bus: NatsServer, admin_client: Client, host_client: Client, bus_connect: BusConnect
) -> None:
    other = await bus_connect(own_bus, "host-web-2")
    await other.jetstream().publish(inventory_subject("web-2"), b"kept")
    jetstream = host_client.jetstream()
    with pytest.raises(APIError, match="rollup not permitted"):
        await jetstream.publish(inventory_subject(HOST), b"purge", headers={"Nats-Rollup": "all"})
    with pytest.raises(APIError, match="message size exceeds maximum"):
        await jetstream.publish(inventory_subject(HOST), b"x" * (INVENTORY_BYTES_MAX + 2_048))
    await jetstream.publish(inventory_subject(HOST), b"x" * INVENTORY_BYTES_MAX)
    assert (await admin_client.jetstream().stream_info(f"KV_{HOSTS_BUCKET}")).state.messages == 2


async def test_a_bus_without_room_gives_a_sentence(own_bus: NatsServer) -> None:
    with pytest.raises(ProvisionError, match="no room for the stream METRICS"):
        await provision_bus(bus_settings(own_bus, 100 * 1024**3))


def test_provision_runs_as_a_program(own_bus: NatsServer, database: Database) -> None:
    settings = {
        "nats_urls": own_bus.url,
        "nats_password": own_bus.passwords["provision"].reveal(),
        "database_url": database.owner_url,
        "metrics_bytes_max": str(64 * 1024**2),
        "backfill_bytes_max": str(64 * 1024**2),
    }
    environment = {f"VITALWIRE_PROVISION_{name.upper()}": value for name, value in settings.items()}

    def run(**changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "services.ingest.provision"], cwd=ROOT, env=dict(os.environ) | environment | changed,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    done = run()
    assert (done.returncode, '"event": "provisioned"' in done.stderr) == (0, True), done.stderr
    away = run(VITALWIRE_PROVISION_DATABASE_URL="postgresql://postgres@/x?host=/nonexistent")
    assert away.returncode == 1
    assert "check that it runs, and database_url" in away.stderr
    assert "Traceback" not in away.stderr
    wrong = run(VITALWIRE_PROVISION_DATABASE_URL="postgresql://postgres:hush/hush@localhost/x")
    assert (wrong.returncode, "hush" in wrong.stderr) == (1, False)
    assert "write '/'" in wrong.stderr
    assert run(VITALWIRE_PROVISION_NATS_PASSWORD="", VITALWIRE_PROVISION_NONSENSE="1").returncode == 2
    assert own_bus.passwords["provision"].reveal() not in done.stderr + away.stderr


async def test_a_provision_that_finds_everything_as_it_was_waits_for_no_reader(
    database: Database, database_connect: DatabaseConnect
) -> None:
    # Rights on a database do not come with its template.
    await provision_database(database.owner_url)
    reader = await database_connect(database.read_url)
    async with reader.transaction():
        for relation in ("cpu", "cpu_1h", "swap_5m", "sample_sets"):
            await reader.fetch(f"SELECT FROM metrics.{relation}")
        await asyncio.wait_for(provision_database(database.owner_url), 30)


async def test_a_provision_that_changes_relations_gets_through_between_readers(
    database: Database, database_connect: DatabaseConnect
) -> None:
    await provision_database(database.owner_url)
    owner = await database_connect(database.owner_url)
    readers = [await database_connect(database.read_url) for _ in range(6)]
    stopped = asyncio.Event()

    async def read(connection: asyncpg.Connection) -> None:
        while not stopped.is_set():
            with contextlib.suppress(asyncpg.DeadlockDetectedError, asyncpg.InvalidCachedStatementError):
                await connection.fetch("SELECT FROM metrics.cpu_1h, metrics.swap_5m")

    reading = [asyncio.create_task(read(connection)) for connection in readers]
    for _ in range(3):
        await owner.execute("UPDATE metrics.schema_state SET ddl_digest = NULL")
        await provision_database(database.owner_url)
    stopped.set()
    await asyncio.gather(*reading)
    assert await owner.fetchval("SELECT ddl_digest IS NOT NULL FROM metrics.schema_state")
