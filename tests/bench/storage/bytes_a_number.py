"""Bytes a number before and after the columnstore, of what was recorded; and what a thousand hosts need in a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from services.ingest.storage.policies import desired_policies
from services.ingest.storage.retention import LEDGER_KEPT_LONGER, Retention, raw_chunk, rollup_chunk
from shared.families import FAMILIES
from shared.family import Family
from shared.resolution import LEVEL_SECONDS, Level
from shared.rollups import ROLLUP_LEVELS, aggregates, relation
from shared.sql import LEDGER, LEDGER_COLUMNS, copy_columns, table
from tests.bench.storage.site import Site

REPEATED = timedelta(days=1)
HOSTS = 4
PROJECTED_HOSTS = 1_000
GIB = 1024**3
ALIKE: dict[Level, Level] = {"raw": "raw", "1m": "1m", "5m": "1m", "1h": "1m"}
"""Level → the one whose bytes a number after the columnstore it is taken to have: a day holds too few coarse rows."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What one relation holds, and its bytes with indexes before and after the columnstore."""

    family: str
    level: Level
    rows: int
    numbers: int
    before_bytes: int
    after_bytes: int

    @property
    def before(self) -> float:
        """Bytes a number as rows."""
        return self.before_bytes / max(1, self.numbers)

    @property
    def after(self) -> float:
        """Bytes a number in the columnstore."""
        return self.after_bytes / max(1, self.numbers)


async def measure_bytes(made: Site) -> dict[str, Any]:
    """Repeat what was recorded until it fills a day of some hosts, then return its sizes by family and level."""
    connection = await made.connect()
    try:
        await connection.execute(
            "SELECT alter_job(job_id, scheduled => false) FROM timescaledb_information.jobs"
            " WHERE hypertable_schema = 'metrics'"
        )
        recorded_s = await _repeat(connection)
        for level in ROLLUP_LEVELS:
            for family in FAMILIES.values():
                if family.rollups:
                    await connection.execute(
                        f"CALL refresh_continuous_aggregate('{relation(family, level)}', NULL, NULL)"
                    )
        kept = [
            await _kept(connection, family, level)
            for family in FAMILIES.values()
            for level in LEVEL_SECONDS
            if level == "raw" or family.rollups
        ]
        ledger = await _kept_ledger(connection)
    finally:
        await connection.close()
    projection = projected(kept, ledger)
    _print(kept, ledger, projection)
    totals = {
        f"{level}_{when}_bytes_a_number": round(_a_number([one for one in kept if one.level == level], when), 3)
        for level in LEVEL_SECONDS
        for when in ("before", "after")
    }
    return {
        "recorded_seconds": recorded_s, **totals, "year_of_1000_hosts_bytes": projection,
        "relations": [asdict(one) for one in kept], "ledger": asdict(ledger),
    }  # fmt: skip


def projected(kept: Sequence[Kept], ledger: Kept) -> dict[str, int]:
    """Return bytes by level that PROJECTED_HOSTS like the recorded one occupy once every retention is reached.

    Newest chunks are still rows: how long, the product's own policies tell; half a chunk more on average.
    """
    retention = Retention()
    jobs = desired_policies(list(FAMILIES.values()), retention, retention.of("raw"))
    after = {job.relation: job.after for job in jobs if job.kind == "columnstore"}
    by_name = {(one.family, one.level): one for one in kept}
    found: dict[str, float] = {}
    for one in kept:
        family = FAMILIES[one.family]
        length = retention.of_family(family) if one.level == "raw" else retention.of(one.level)
        chunk = raw_chunk(length, PROJECTED_HOSTS) if one.level == "raw" else rollup_chunk(one.level, retention)
        as_rows = min(length, after[relation(family, one.level)] + chunk / 2)
        alike = by_name[one.family, ALIKE[one.level]]
        numbers_a_day: float = one.numbers / HOSTS * PROJECTED_HOSTS * (timedelta(days=1) / REPEATED)
        days: float = length / timedelta(days=1)
        days_as_rows: float = as_rows / timedelta(days=1)
        found[one.level] = found.get(one.level, 0) + numbers_a_day * (
            days_as_rows * one.before + (days - days_as_rows) * alike.after
        )
    ledger_days: float = (retention.of("raw") + LEDGER_KEPT_LONGER) / timedelta(days=1)
    found["ledger"] = ledger_days * ledger.after_bytes / HOSTS * PROJECTED_HOSTS
    return {level: int(size) for level, size in found.items()}


async def _repeat(connection: asyncpg.Connection) -> int:
    """Copy what was recorded into the hours before and to further hosts; return the seconds that were recorded."""
    row = await connection.fetchrow(
        f"SELECT date_trunc('second', min(time)) AS since, count(*) AS ticks,"
        f" ceil(extract(epoch FROM max(time) - min(time)))::integer AS seconds FROM {LEDGER}"
    )
    assert row is not None
    if not row["ticks"]:
        raise SystemExit("nothing was recorded: record for some minutes first")
    span = timedelta(seconds=row["seconds"] + 1)
    for name, columns in [(LEDGER, LEDGER_COLUMNS), *((table(one), copy_columns(one)) for one in FAMILIES.values())]:
        others = [column for column in columns if column not in ("time", "host")]
        await connection.execute(
            f"INSERT INTO {name} (time, host, {', '.join(others)})\n"
            f"SELECT time - number * $1::interval, 'recorded-' || host_number, {', '.join(others)}\n"
            f"FROM {name}, generate_series(0, $2::integer - 1) AS number,"
            " generate_series(1, $3::integer) AS host_number\n"
            "WHERE number > 0 OR host_number > 1 ORDER BY number DESC, time, host_number",
            span, max(1, REPEATED // span), HOSTS, timeout=900,
        )  # fmt: skip
    return int(row["seconds"])


async def _kept(connection: asyncpg.Connection, family: Family, level: Level) -> Kept:
    name = relation(family, level)
    columns = [gauge.name for gauge in family.gauges]
    if level != "raw":
        columns = [column.name for column in aggregates(family, level)]
        stored = await connection.fetchval(
            "SELECT format('%I.%I', materialization_hypertable_schema, materialization_hypertable_name)"
            " FROM timescaledb_information.continuous_aggregates WHERE view_schema || '.' || view_name = $1",
            name,
        )
    else:
        stored = name
    counts = " + ".join(f"count({column})" for column in columns)
    row = await connection.fetchrow(f"SELECT count(*), {counts} FROM {stored}", timeout=600)
    assert row is not None
    before, after = await _convert(connection, stored)
    return Kept(family.name, level, row[0], row[1], before, after)


async def _kept_ledger(connection: asyncpg.Connection) -> Kept:
    rows = await connection.fetchval(f"SELECT count(*) FROM {LEDGER}")
    before, after = await _convert(connection, LEDGER)
    return Kept("ledger", "raw", rows, rows, before, after)


async def _convert(connection: asyncpg.Connection, stored: str) -> tuple[int, int]:
    """Bring every chunk into the columnstore; return the bytes before and after, with indexes."""
    before = await connection.fetchval("SELECT hypertable_size($1::text::regclass)", stored)
    chunks = await connection.fetch("SELECT show_chunks($1::text::regclass)::text AS chunk", stored)
    for row in chunks:
        await connection.execute(f"CALL convert_to_columnstore('{row['chunk']}')", timeout=600)
    return before, await connection.fetchval("SELECT hypertable_size($1::text::regclass)", stored)


def _a_number(kept: Sequence[Kept], when: str) -> float:
    total = sum(one.before_bytes if when == "before" else one.after_bytes for one in kept)
    return total / max(1, sum(one.numbers for one in kept))


def _print(kept: Sequence[Kept], ledger: Kept, projection: dict[str, int]) -> None:
    print(f"{'relation':<20} {'rows':>10} {'numbers':>12} {'B a number':>11} {'in columnstore':>15}")
    for one in [*kept, ledger]:
        name = one.family if one.level == "raw" else f"{one.family}_{one.level}"
        print(f"{name:<20} {one.rows:>10,} {one.numbers:>12,} {one.before:>11.2f} {one.after:>15.2f}")
    for level in LEVEL_SECONDS:
        some = [one for one in kept if one.level == level]
        print(f"{'all ' + level:<20} {'':>10} {sum(one.numbers for one in some):>12,} "
              f"{_a_number(some, 'before'):>11.2f} {_a_number(some, 'after'):>15.2f}")  # fmt: skip
    for part, size in projection.items():
        print(f"{PROJECTED_HOSTS} hosts, {part:<10} {size / GIB:>10,.1f} GiB")
