"""Moves what is stored from one mode into another, richer one, in the transaction that makes its relations."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta

import asyncpg

from services.ingest.roles import OWNER
from services.ingest.storage.dirty import DIRTY, kept
from services.ingest.storage.mode import Mode
from services.ingest.storage.policies import Policy, desired_policies
from services.ingest.storage.retention import Retention
from shared.family import Family
from shared.rollups import ROLLUP_LEVELS, RollupLevel, column_names, relation

log = logging.getLogger(__name__)

REFRESH_TRIES, REFRESH_PAUSE_S = 240, 0.5


async def make_room(connection: asyncpg.Connection, families: Iterable[Family], mode: Mode) -> None:
    """Take the views away whose names the new mode gives to its own rollups; the rows behind them stay."""
    if mode != "timescaledb_community":
        return
    for family, level in _rollups(families, reverse=True):
        await connection.execute(f"DROP VIEW IF EXISTS {relation(family, level)}")
    # The Apache edition's way of dropping chunks asks less than this mode's does.
    await connection.execute("DROP FUNCTION IF EXISTS metrics.drop_before")


async def move_kept_rows(connection: asyncpg.Connection, families: Iterable[Family], mode: Mode) -> None:
    """Copy kept rollups into the continuous aggregates and remove their tables; raw rows moved with their table."""
    if mode != "timescaledb_community":
        return
    for family, level in _rollups(families):
        if not await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", kept(family, level)):
            # An earlier version knew no such rollup: it is computed from raw rows.
            continue
        target = await connection.fetchval(
            "SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)"
            " FROM timescaledb_information.continuous_aggregates WHERE view_schema || '.' || view_name = $1",
            relation(family, level),
        )
        columns = ", ".join(column_names(family, level))
        await connection.execute(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {kept(family, level)}")
        await connection.execute(f"DROP TABLE {kept(family, level)}")
    await connection.execute(f"DROP TABLE IF EXISTS {DIRTY}")


async def refresh_moved(
    connection: asyncpg.Connection, families: Iterable[Family], retention: Retention, raw_kept: timedelta
) -> None:
    """Refresh what policies will keep fresh, so that moved rollups are shown at once; may be repeated."""
    refreshes = [policy for policy in desired_policies(list(families), retention, raw_kept) if policy.kind == "refresh"]
    await connection.execute(f"SET ROLE {OWNER}")
    try:
        for level in ROLLUP_LEVELS:
            for policy in refreshes:
                if policy.relation.endswith(f"_{level}"):
                    await _refresh(connection, policy)
    finally:
        await connection.execute("RESET ROLE")


async def _refresh(connection: asyncpg.Connection, policy: Policy) -> None:
    now = await connection.fetchval("SELECT now()")
    assert policy.until is not None
    # A procedure that commits: it may not run inside a transaction, and takes no prepared parameters of ours.
    since, until = (now - policy.after).isoformat(), (now - policy.until).isoformat()
    statement = f"CALL refresh_continuous_aggregate('{policy.relation}', '{since}', '{until}')"
    for _ in range(REFRESH_TRIES):
        try:
            await connection.execute(statement)
            return
        except asyncpg.LockNotAvailableError:
            # The database's own job is at the same aggregate: what it leaves is done after it.
            await asyncio.sleep(REFRESH_PAUSE_S)
    log.warning("left to the job of the database", extra={"relation": policy.relation})


def _rollups(families: Iterable[Family], *, reverse: bool = False) -> list[tuple[Family, RollupLevel]]:
    levels = ROLLUP_LEVELS[::-1] if reverse else ROLLUP_LEVELS
    return [(family, level) for level in levels for family in families if family.rollups]
