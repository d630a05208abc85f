"""What provision records of an installation: versions, mode, retention; and whether it may go on with what it finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from services.ingest.provisioning.errors import ProvisionError
from services.ingest.storage.mode import APACHE_MIN, AVAILABLE_SQL, DETECT_SQL, Mode, is_too_old, mode_of
from services.ingest.storage.retention import Retention, whole_hours
from shared.version import PRODUCT_VERSION, is_later

CONVERT = "python -m services.ingest.provision --convert-mode"

_DDL = """
CREATE TABLE IF NOT EXISTS metrics.schema_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    product_version text NOT NULL,
    mode text NOT NULL,
    raw_retention_days integer NOT NULL,
    provisioned_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE metrics.schema_state ADD COLUMN IF NOT EXISTS rollup_1m_retention_days integer NOT NULL DEFAULT 30;
ALTER TABLE metrics.schema_state ADD COLUMN IF NOT EXISTS rollup_5m_retention_days integer NOT NULL DEFAULT 90;
ALTER TABLE metrics.schema_state ADD COLUMN IF NOT EXISTS rollup_1h_retention_days integer NOT NULL DEFAULT 365;
ALTER TABLE metrics.schema_state ADD COLUMN IF NOT EXISTS ddl_digest text;
ALTER TABLE metrics.schema_state ADD COLUMN IF NOT EXISTS alert_events_days integer NOT NULL DEFAULT 400;
CREATE TABLE IF NOT EXISTS metrics.storage_state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    raw_retention_seconds bigint NOT NULL,
    raw_dropped_before timestamptz,
    size_bytes bigint,
    size_bytes_max bigint,
    free_percent real,
    paused boolean NOT NULL DEFAULT false,
    reason text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE metrics.storage_state ADD COLUMN IF NOT EXISTS stepped_at timestamptz;
ALTER TABLE metrics.storage_state ADD COLUMN IF NOT EXISTS stepped_size_bytes bigint;
ALTER TABLE metrics.storage_state ADD COLUMN IF NOT EXISTS watched_at timestamptz;
ALTER TABLE metrics.storage_state ADD COLUMN IF NOT EXISTS rollup_1m_dropped_before timestamptz;
ALTER TABLE metrics.storage_state ADD COLUMN IF NOT EXISTS rollup_5m_dropped_before timestamptz;
ALTER TABLE metrics.storage_state ADD COLUMN IF NOT EXISTS rollup_1h_dropped_before timestamptz;
"""

_SUPPORTED_MOVES: frozenset[tuple[str, Mode]] = frozenset(
    {
        ("plain", "timescaledb_apache"),
        ("plain", "timescaledb_community"),
        ("timescaledb_apache", "timescaledb_community"),
    }
)


@dataclass(frozen=True, slots=True)
class State:
    """What an earlier provision recorded."""

    product_version: str
    mode: str
    raw_retention_days: int
    ddl_digest: str | None = None
    rollup_1m_retention_days: int = 0
    rollup_5m_retention_days: int = 0
    rollup_1h_retention_days: int = 0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What this provision makes."""

    mode: Mode
    retention: Retention
    ddl_digest: str


async def offer_extension(connection: asyncpg.Connection, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> bool:
    """Make the extension timescaledb in a database that was never provisioned, where its server carries it.

    Returns whether it was made. An administrator who may not leaves the database as it is: plain works as well.
    """
    known = await connection.fetchval("SELECT to_regclass('metrics.schema_state') IS NOT NULL")
    if known or await connection.fetchrow(DETECT_SQL):
        return False
    available = await connection.fetchval(AVAILABLE_SQL)
    if available is None or is_too_old(available):
        return False
    # The extension wants to be the first thing that a session does.
    fresh = await connect()
    try:
        await fresh.execute("CREATE EXTENSION timescaledb")
    except asyncpg.InsufficientPrivilegeError:
        return False
    finally:
        await fresh.close()
    return True


async def detected_mode(connection: asyncpg.Connection) -> Mode:
    """Return the mode that the database shows now; raise ProvisionError for an extension that is too old."""
    found = await connection.fetchrow(DETECT_SQL)
    if found is not None and is_too_old(found[0]):
        least = ".".join(str(number) for number in APACHE_MIN)
        raise ProvisionError(
            f"the extension timescaledb is {found[0]}: update it to {least} or later, "
            "or give provision a database without it"
        )
    return mode_of(found[0], found[1]) if found else "plain"


async def read_state(connection: asyncpg.Connection) -> State | None:
    """Return what the last provision recorded, None before the first; makes the tables of records."""
    await connection.execute(_DDL)
    row = await connection.fetchrow(
        "SELECT product_version, mode, raw_retention_days, ddl_digest, rollup_1m_retention_days,"
        " rollup_5m_retention_days, rollup_1h_retention_days FROM metrics.schema_state"
    )
    return None if row is None else State(*row)


async def write_state(connection: asyncpg.Connection, recorded: Recorded, before: State | None) -> timedelta:
    """Record this provision; return for how long back raw rows are complete.

    That is shorter than the retention for a while after it was raised: what was deleted before does not come back.
    It is shorter as well while the ceiling by size bites, which ingest decides and this keeps.
    """
    retention = recorded.retention
    await connection.execute(
        "INSERT INTO metrics.schema_state (product_version, mode, raw_retention_days, rollup_1m_retention_days,"
        " rollup_5m_retention_days, rollup_1h_retention_days, ddl_digest, alert_events_days)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (one) DO UPDATE SET product_version = excluded.product_version, mode = excluded.mode,"
        " raw_retention_days = excluded.raw_retention_days,"
        " rollup_1m_retention_days = excluded.rollup_1m_retention_days,"
        " rollup_5m_retention_days = excluded.rollup_5m_retention_days,"
        " rollup_1h_retention_days = excluded.rollup_1h_retention_days,"
        " ddl_digest = excluded.ddl_digest, alert_events_days = excluded.alert_events_days, provisioned_at = now()",
        PRODUCT_VERSION,
        recorded.mode,
        retention.raw_days,
        retention.rollup_1m_days,
        retention.rollup_5m_days,
        retention.rollup_1h_days,
        recorded.ddl_digest,
        retention.alert_events_days,
    )
    raised_from = None if before is None else _raised_from(before.raw_retention_days, retention.raw_days)
    row = await connection.fetchrow(
        "INSERT INTO metrics.storage_state AS state (raw_retention_seconds, raw_dropped_before)"
        " VALUES ($1, CASE WHEN $3 > 0 THEN now() - interval '1 second' * $3 END)"
        " ON CONFLICT (one) DO UPDATE SET raw_retention_seconds = CASE WHEN state.raw_retention_seconds < $3"
        " THEN least(state.raw_retention_seconds, $1) ELSE $1 END,"
        " raw_dropped_before = greatest(state.raw_dropped_before, now() - $2::interval), updated_at = now()"
        " RETURNING raw_retention_seconds, now() - raw_dropped_before AS dropped_span",
        int(retention.of("raw").total_seconds()),
        raised_from,
        0 if before is None else before.raw_retention_days * 86_400,
    )
    assert row is not None
    if before is not None:
        await connection.execute(
            "UPDATE metrics.storage_state SET"
            " rollup_1m_dropped_before = greatest(rollup_1m_dropped_before, now() - $1::interval),"
            " rollup_5m_dropped_before = greatest(rollup_5m_dropped_before, now() - $2::interval),"
            " rollup_1h_dropped_before = greatest(rollup_1h_dropped_before, now() - $3::interval)",
            _raised_from(before.rollup_1m_retention_days, retention.rollup_1m_days),
            _raised_from(before.rollup_5m_retention_days, retention.rollup_5m_days),
            _raised_from(before.rollup_1h_retention_days, retention.rollup_1h_days),
        )
    raw_kept = timedelta(seconds=row["raw_retention_seconds"])
    return whole_hours(raw_kept if row["dropped_span"] is None else min(raw_kept, row["dropped_span"]))


def _raised_from(before_days: int, days: int) -> timedelta | None:
    """Return for how long back a level is complete when it is kept for longer from now on, else None."""
    return timedelta(days=before_days) if before_days < days else None


def refused_state(state: State | None, mode: Mode, *, convert: bool = False) -> str | None:
    """Return the sentence that says why this database cannot be provisioned, None when it can."""
    if state is None:
        return None
    if is_later(state.product_version):
        return (
            f"the database was provisioned by Vitalwire {state.product_version} and this is {PRODUCT_VERSION}: "
            f"install {state.product_version} or later, or give provision a database of its own"
        )
    if state.mode == mode or (convert and (state.mode, mode) in _SUPPORTED_MOVES):
        return None
    found = f"the database was provisioned in the mode {state.mode} and now looks like {mode}"
    if (state.mode, mode) in _SUPPORTED_MOVES:
        return f"{found}: stop ingest and move everything stored with '{CONVERT}', or undo the change to the extension"
    return f"{found}, which nothing can be moved to: undo the change to the extension timescaledb or to its license"
