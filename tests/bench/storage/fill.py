"""Fills a database with months of made-up rows, by the server itself: generated there, they need no network."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import asyncpg

from services.ingest.provisioning.convert import refresh_moved
from services.ingest.storage.dirty import DIRTY, kept
from services.ingest.storage.retention import Retention
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import settle
from shared.families import FAMILIES
from shared.family import Column, Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import ROLLUP_LEVELS, RollupLevel, aggregates, column_names, relation
from shared.sql import copy_columns, table
from tests.bench.samples import SHAPE
from tests.bench.storage.site import Site

FILLED = (FAMILIES["cpu"], FAMILIES["network"])
CONNECTIONS = 2
PARTS = 8
REFRESHED = timedelta(days=6)
"""Rollups this young are computed by the product from raw rows; older ones are entered as they are."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much: hosts at an interval, with raw rows and rollups for so many days until an instant."""

    hosts: int
    interval: timedelta
    raw_days: int
    rollup_days: int
    until: datetime

    @property
    def raw_since(self) -> datetime:
        """The first instant with raw rows."""
        return self.until - timedelta(days=self.raw_days)

    @property
    def rollups_since(self) -> datetime:
        """The first instant with rollups."""
        return self.until - timedelta(days=self.rollup_days)

    @property
    def computed_since(self) -> datetime:
        """The first instant whose rollups the product computes."""
        return max(self.raw_since, self.until - REFRESHED).replace(minute=0, second=0, microsecond=0)


def host_name(number: int) -> str:
    """Return the name of a made-up host; numbers begin with 1."""
    return f"bench-{number:03}"


def raw_insert(family: Family) -> str:
    """Return the statement that enters raw rows: from $1 until $2, every $3, of $4 hosts; hosts of one instant lie
    together, as they do when they arrive."""
    gauges = [_number(gauge, position) for position, gauge in enumerate(family.gauges)]
    return _insert(table(family), copy_columns(family), family, gauges)


def rollup_insert(family: Family, level: RollupLevel, target: str) -> str:
    """Return the statement that enters rows of a rollup into the table that keeps them; parameters as raw_insert."""
    numbers = [
        f"({number})::{column.sql_type}"
        for position, column in enumerate(aggregates(family, level))
        for number in ["6" if column.name.endswith(("samples", "_count")) else f"{_BASE} % {997 + position}"]
    ]
    return _insert(target, column_names(family, level), family, numbers)


def marks_insert() -> str:
    """Return the statement that marks every minute from $1 until $2 of $3 hosts."""
    return (
        f"INSERT INTO {DIRTY} (bucket_seconds, time, host)\n"
        "SELECT 60, time, 'bench-' || lpad(number::text, 3, '0')\n"
        "FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 second', '1 minute') AS time,"
        " generate_series(1, $3::integer) AS number"
    )


async def fill(made: Site, extent: Extent) -> None:
    """Enter raw rows, let the product compute the rollups it can, enter the older ones, and put all in its order."""
    connection = await made.connect()
    try:
        mode = await connection.fetchval("SELECT mode FROM metrics.schema_state")
        if mode == "timescaledb_community":
            await schedule_jobs(connection, False)
        for family in FILLED:
            await enter(made, raw_insert(family), extent, (extent.raw_since, extent.until), extent.interval)
        for family in FILLED:
            for level in ROLLUP_LEVELS:
                target = await _target(connection, family, level)
                older = (extent.rollups_since.replace(minute=0, second=0, microsecond=0), extent.computed_since)
                step = timedelta(seconds=LEVEL_SECONDS[level])
                await enter(made, rollup_insert(family, level, target), extent, older, step)
        if mode == "timescaledb_community":
            await refresh_moved(connection, FILLED, Retention(), timedelta(days=extent.raw_days))
            await _convert_old_chunks(made, connection)
            await schedule_jobs(connection, True)
        else:
            await connection.execute(marks_insert(), extent.computed_since, extent.until, extent.hosts)
            await connection.execute(f"ANALYZE {DIRTY}")
            await settle(connection, storage_of(mode))
        for family in FILLED:
            await connection.execute(f"VACUUM ANALYZE {table(family)}")
            for level in ROLLUP_LEVELS:
                await connection.execute(f"VACUUM ANALYZE {await _target(connection, family, level)}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def enter(made: Site, statement: str, extent: Extent, span: tuple[datetime, datetime], step: timedelta) -> None:
    """Run an inserting statement for a span, in parts on several connections at once."""
    since, until = span
    steps = (until - since) // step
    bounds = [since + step * (steps * part // PARTS) for part in range(PARTS)] + [until]
    parts = [(statement, low, high, step, extent.hosts) for low, high in pairwise(bounds)]
    await _in_parallel(made, [part for part in parts if part[1] < part[2]])


async def _in_parallel(made: Site, statements: Sequence[tuple[object, ...]]) -> None:
    waiting = list(reversed(statements))

    async def work() -> None:
        connection = await made.connect()
        try:
            await connection.execute("SET synchronous_commit = off")
            while waiting:
                statement, *parameters = waiting.pop()
                await connection.execute(str(statement), *parameters, timeout=1_200)
        finally:
            await connection.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


_BASE = "(ticks.epoch * 7919 + hosts.number * 104729)"


def _number(gauge: Column, position: int) -> str:
    return f"({_BASE} % {97 + position})::{gauge.sql_type}"


def _insert(target: str, columns: Sequence[str], family: Family, numbers: Sequence[str]) -> str:
    labels = [column.name for column in family.labels]
    names = ["ticks.time", "hosts.name", "'system'", *(f"labels.{name}" for name in labels)]
    rows = ", ".join("(" + ", ".join(_literal(row[name]) for name in labels) + ")" for row in SHAPE[family.name])
    beside = f"\nCROSS JOIN (VALUES {rows}) AS labels ({', '.join(labels)})" if labels else ""
    # OFFSET 0 keeps the server from computing what stands inside for every gauge again.
    return (
        f"INSERT INTO {target} ({', '.join(columns)})\nSELECT {', '.join([*names, *numbers])}\n"
        "FROM (SELECT time, extract(epoch FROM time)::bigint AS epoch"
        " FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 microsecond', $3::interval) AS time"
        " OFFSET 0) AS ticks\n"
        "CROSS JOIN (SELECT number, 'bench-' || lpad(number::text, 3, '0') AS name"
        f" FROM generate_series(1, $4::integer) AS number OFFSET 0) AS hosts{beside}"
    )


def _literal(value: object) -> str:
    return str(value) if isinstance(value, int) else f"'{value}'"


async def _target(connection: asyncpg.Connection, family: Family, level: RollupLevel) -> str:
    found: str | None = None
    if await connection.fetchval("SELECT mode FROM metrics.schema_state") == "timescaledb_community":
        found = await connection.fetchval(
            "SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)"
            " FROM timescaledb_information.continuous_aggregates WHERE view_schema || '.' || view_name = $1",
            relation(family, level),
        )
    return found or kept(family, level)


async def schedule_jobs(connection: asyncpg.Connection, on: bool) -> None:
    """Let the jobs of TimescaleDB run, or none of them; there are none in the other modes."""
    await connection.execute(
        f"SELECT alter_job(job_id, scheduled => {on}, next_start => now() + interval '1 minute')"
        " FROM timescaledb_information.jobs WHERE hypertable_schema = 'metrics'"
    )


async def _convert_old_chunks(made: Site, connection: asyncpg.Connection) -> None:
    """Run the product's own columnstore jobs at once, for the families that were filled."""
    wanted = [table(family) for family in FILLED]
    wanted += [relation(family, level) for family in FILLED for level in ROLLUP_LEVELS]
    jobs = await connection.fetch(
        "SELECT job_id FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
        " AND hypertable_schema || '.' || hypertable_name = ANY ($1)",
        wanted,
    )
    await _in_parallel(made, [(f"CALL run_job({row['job_id']})",) for row in jobs])
