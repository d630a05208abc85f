"""Database schemas: metrics reconciled from the definitions, app through migrations, and the recorded state."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from services.ingest.provisioning.convert import make_room, move_kept_rows, refresh_moved
from services.ingest.provisioning.errors import ProvisionError
from services.ingest.provisioning.state import Recorded, detected_mode, read_state, refused_state, write_state
from services.ingest.roles import APP, INGEST, OWNER
from services.ingest.storage.delivery import DELIVERY_RELATIONS
from services.ingest.storage.dirty import DIRTY, mark_everything
from services.ingest.storage.mode import mode_named
from services.ingest.storage.retention import Retention
from services.ingest.storage.seam import Storage
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import settle
from shared.families import FAMILIES
from shared.family import Family
from shared.rollups import ROLLUP_LEVELS, column_names
from shared.sql import KEY_COLUMNS, LEDGER

log = logging.getLogger(__name__)

RATE_SPAN = timedelta(minutes=10)
_LOOK_BACK = (RATE_SPAN, timedelta(hours=6), timedelta(days=7))
"""The newest sample set is looked for in a short time first: no index knows it."""
MIGRATIONS = Path(__file__).parent.parent / "migrations"


async def make_schemas(connection: asyncpg.Connection) -> None:
    """Create the two schemas, owned by the owner's role."""
    for name in ("metrics", "app"):
        if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", name):
            await connection.execute(f"CREATE SCHEMA {name} AUTHORIZATION {OWNER}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the schema `metrics` should hold, and whether what is stored may be moved into another mode for it."""

    retention: Retention = field(default_factory=Retention)
    families: Mapping[str, Family] = field(default_factory=lambda: FAMILIES)
    convert: bool = False


async def reconcile_metrics(connection: asyncpg.Connection, wanted: Wanted) -> Storage:
    """Bring the schema `metrics` to the definitions: create, add columns, never drop; return the storage mode's seam.

    Runs in one transaction as the owner, whose role the session keeps until the end of it. Raises ProvisionError when
    the recorded state is newer, or of another mode and `wanted` does not allow to move it.
    """
    retention, families = wanted.retention, list(wanted.families.values())
    async with connection.transaction():
        await connection.execute(f"SET LOCAL ROLE {OWNER}")
        state = await read_state(connection)
        mode = await detected_mode(connection)
        refusal = refused_state(state, mode, convert=wanted.convert)
        if refusal is not None:
            raise ProvisionError(refusal)
        storage = storage_of(mode)
        moving = state is not None and state.mode != mode
        if moving:
            await make_room(connection, families, mode)
        is_same = not moving and state is not None and state.ddl_digest == ddl_digest(storage, families, retention)
        if not is_same or not await _is_complete(connection, families):
            await make_relations(connection, storage, families, retention)
        for statement in storage.chunk_widths(families, retention, await _sample_sets_per_second(connection)):
            await connection.execute(statement)
        if moving:
            await move_kept_rows(connection, families, mode)
        digest = ddl_digest(storage, families, retention)
        raw_kept = await write_state(connection, Recorded(storage.mode, retention, digest), state)
        for statement in await storage.settle_policies(connection, families, retention, raw_kept):
            log.info("policy changed", extra={"statement": statement})
    if moving and mode == "timescaledb_community":
        await refresh_moved(connection, families, retention, raw_kept)
    return storage


async def prepare_move(connection: asyncpg.Connection, wanted: Wanted) -> None:
    """Bring what will be moved up to date in its present mode: columns that this version knows, and marked rollups.

    The new mode computes nothing of the time whose raw rows are about to go, so this is their last chance. Raises
    ProvisionError while ingest is at it.
    """
    families = list(wanted.families.values())
    await connection.execute(f"SET ROLE {OWNER}")
    try:
        async with connection.transaction():
            state, mode = await read_state(connection), await detected_mode(connection)
            if state is None or state.mode == mode or refused_state(state, mode, convert=True) is not None:
                return
            before = storage_of(mode_named(state.mode))
            await make_relations(connection, before, families, wanted.retention)
            if not await connection.fetchval("SELECT EXISTS (SELECT FROM metrics.storage_state)"):
                # An earlier version kept no rollups, and no record of what they were computed from.
                return
        if before.marks_rollups and await settle(connection, before, families) is None:
            raise ProvisionError("ingest still does its upkeep in this database: stop it, and run this again")
    finally:
        await connection.execute("RESET ROLE")


async def make_relations(
    connection: asyncpg.Connection, storage: Storage, families: Sequence[Family], retention: Retention
) -> None:
    """Make or widen every relation of a mode, with its grants; raise ProvisionError where a table is not ours."""
    is_marked = await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", DIRTY)
    for statement in storage.tables(families, retention):
        await connection.execute(statement)
    for family in families:
        await _check(connection, family)
        present = {level: await _columns(connection, f"{family.name}_{level}") for level in ROLLUP_LEVELS}
        for statement in storage.rollups(family, present, retention):
            await connection.execute(statement)
    if storage.marks_rollups and not is_marked:
        # Rows that an earlier version, or another mode, stored have no rollups yet.
        await connection.execute(mark_everything())
    for relation in ("metrics.schema_state", "metrics.storage_state"):
        # Default privileges would let ingest change these records as well.
        await connection.execute(f"REVOKE INSERT, DELETE ON {relation} FROM {INGEST}")
    for relation in ("metrics.storage_state", *DELIVERY_RELATIONS):
        await connection.execute(f"GRANT UPDATE ON {relation} TO {INGEST}")
    for function in storage.functions:
        await connection.execute(f"REVOKE ALL ON FUNCTION metrics.{function} FROM PUBLIC")
        await connection.execute(f"GRANT EXECUTE ON FUNCTION metrics.{function} TO {INGEST}")


def ddl_digest(storage: Storage, families: Sequence[Family], retention: Retention) -> str:
    """Return what tells whether the statements that make a mode's relations are those of an earlier provision.

    A provision that finds them unchanged takes no lock that a reader could wait for, or wait with.
    """
    statements = storage.tables(families, retention)
    for family in families:
        statements += storage.rollups(family, {}, retention)
    return hashlib.sha256("\n".join(statements).encode()).hexdigest()


async def _is_complete(connection: asyncpg.Connection, families: Sequence[Family]) -> bool:
    """Return whether every relation has all its columns."""
    for family in families:
        expected = {family.name: {*KEY_COLUMNS, *family.column_names}}
        for level in ROLLUP_LEVELS if family.rollups else ():
            expected[f"{family.name}_{level}"] = set(column_names(family, level))
        for relation, columns in expected.items():
            if not columns <= (await _columns(connection, relation)).keys():
                return False
    return True


async def _sample_sets_per_second(connection: asyncpg.Connection) -> float:
    """Return the rate of the ten minutes before the newest sample set, by which the width of new chunks is chosen.

    Ingest may have been stopped for this; what it wrote more than a week ago counts no longer.
    """
    for look_back in _LOOK_BACK:
        newest = await connection.fetchval(
            f"SELECT max(time) FROM {LEDGER} WHERE time >= now() - $1::interval", look_back
        )
        if newest is not None:
            count = await connection.fetchval(
                f"SELECT count(*) FROM {LEDGER} WHERE time > $1 AND time <= $2", newest - RATE_SPAN, newest
            )
            return float(count) / RATE_SPAN.total_seconds()
    return 0.0


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


async def _check(connection: asyncpg.Connection, family: Family) -> None:
    present = await _columns(connection, family.name)
    expected = dict(zip(KEY_COLUMNS, ("timestamp with time zone", "text", "text"), strict=True))
    expected |= {column.name: column.sql_type for column in family.columns}
    wrong = [f"{name} {kind}" for name, kind in expected.items() if present.get(name) != kind]
    if wrong:
        raise ProvisionError(
            f"the table metrics.{family.name} lacks {', '.join(wrong)}, and provision only adds optional gauges: "
            "rename the table, or give provision a database of its own"
        )


async def _columns(connection: asyncpg.Connection, relation: str) -> dict[str, str]:
    """Return the columns of a relation and their types; none when it does not exist."""
    rows = await connection.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'metrics' AND table_name = $1",
        relation,
    )
    return {row["column_name"]: row["data_type"] for row in rows}


def _upgrade(connection: Connection) -> None:
    config = Config()
    # ConfigParser reads '%' as the start of a reference.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
