"""Database schemas: metrics reconciled from the definitions, app through migrations, and the recorded state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.ingest.provisioning.errors import ProvisionError
from services.ingest.provisioning.roles import APP, INGEST, OWNER
from services.ingest.storage import DETECT_SQL, Mode, PlainStorage, Storage, mode_of
from shared.families import FAMILIES
from shared.family import Family
from shared.sql import KEY_COLUMNS
from shared.version import PRODUCT_VERSION

MIGRATIONS = Path(__file__).parent.parent / "migrations"

_STATE_DDL = """CREATE TABLE IF NOT EXISTS metrics.schema_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    product_version text NOT NULL,
    mode text NOT NULL,
    raw_retention_days integer NOT NULL,
    provisioned_at timestamptz NOT NULL DEFAULT now()
)"""


async def make_schemas(connection: asyncpg.Connection) -> None:
    """Create the two schemas, owned by the owner's role."""
    for name in ("metrics", "app"):
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", name):
            await connection.execute(f"CREATE SCHEMA {name} AUTHORIZATION {OWNER}")


async def reconcile_metrics(connection: asyncpg.Connection, raw_retention_days: int) -> Storage:
    """Bring the schema `metrics` to the definitions: create, add columns, never drop; return the storage mode's seam.

    Runs in one transaction as the owner. Raises ProvisionError when the recorded state is newer or of another mode.
    """
    async with connection.transaction():
        await connection.execute(f"SET LOCAL ROLE {OWNER}")
        storage = await _storage(connection)
        for statement in storage.ledger_ddl():
            await connection.execute(statement)
        for family in FAMILIES.values():
            for statement in storage.family_ddl(family):
                await connection.execute(statement)
            await _check(connection, family)
        # Default privileges would let ingest change the record as well.
        await connection.execute(f"REVOKE INSERT, DELETE ON metrics.schema_state FROM {INGEST}")
        await connection.execute(
            "INSERT INTO metrics.schema_state (product_version, mode, raw_retention_days) VALUES ($1, $2, $3)"
            " ON CONFLICT (one) DO UPDATE SET product_version = excluded.product_version,"
            " raw_retention_days = excluded.raw_retention_days, provisioned_at = now()",
            PRODUCT_VERSION,
            storage.mode,
            raw_retention_days,
        )
        return storage


async def migrate_app(connect: Callable[[], Awaitable[asyncpg.Connection]]) -> str | None:
    """Run the migrations that are missing, as the owner; return the revision reached, None when there is none."""
    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(f"SET ROLE {OWNER}")
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
            revision = (await connection.exec_driver_sql("SELECT max(version_num) FROM app.schema_version")).scalar()
            await connection.exec_driver_sql(f"REVOKE INSERT, UPDATE, DELETE ON app.schema_version FROM {APP}")
            await connection.commit()
            return None if revision is None else str(revision)
    except CommandError as error:
        if "Can't locate revision" not in str(error):
            raise
        raise ProvisionError(
            "the application's tables were made by a newer Vitalwire: install that version or a later one, "
            "or give provision a database of its own"
        ) from error
    finally:
        await engine.dispose()


async def _storage(connection: asyncpg.Connection) -> Storage:
    found = await connection.fetchrow(DETECT_SQL)
    mode = mode_of(found[0], found[1]) if found else "plain"
    await connection.execute(_STATE_DDL)
    recorded = await connection.fetchrow("SELECT product_version, mode FROM metrics.schema_state")
    refusal = refused_state(
        recorded["product_version"] if recorded else None, recorded["mode"] if recorded else None, mode
    )
    if refusal is not None:
        raise ProvisionError(refusal)
    return PlainStorage()


def refused_state(recorded_version: str | None, recorded_mode: str | None, mode: Mode) -> str | None:
    """Return the sentence that says why this database cannot be provisioned, None when it can."""
    if recorded_version is not None and _numbers(recorded_version) > _numbers(PRODUCT_VERSION):
        return (
            f"the database was provisioned by Vitalwire {recorded_version} and this is {PRODUCT_VERSION}: "
            f"install {recorded_version} or later, or give provision a database of its own"
        )
    if recorded_mode is not None and recorded_mode != mode:
        return (
            f"the database was provisioned in the mode {recorded_mode} and now looks like {mode}: "
            "undo the change to the extension timescaledb, or give provision a database of its own"
        )
    if mode != "plain":
        return (
            f"the database has TimescaleDB ({mode}), which this version does not use yet: "
            "give provision a database without the extension timescaledb"
        )
    return None


async def _check(connection: asyncpg.Connection, family: Family) -> None:
    rows = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'metrics' AND table_name = $1",
        family.name,
    )
    present = {row["column_name"]: row["data_type"] for row in rows}
    expected = dict(zip(KEY_COLUMNS, ("timestamp with time zone", "text", "text"), strict=True))
    expected |= {column.name: column.sql_type for column in family.columns}
    wrong = [f"{name} {kind}" for name, kind in expected.items() if present.get(name) != kind]
    if wrong:
        raise ProvisionError(
            f"the table metrics.{family.name} lacks {', '.join(wrong)}, and provision only adds optional gauges: "
            "rename the table, or give provision a database of its own"
        )


def _upgrade(connection: Connection) -> None:
    config = Config()
    # ConfigParser reads '%' as the start of a reference.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
