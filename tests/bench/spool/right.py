"""Whether all that was in the spool is stored, once, and its rollups are what raw rows say."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import asyncpg

from services.ingest.storage.dirty import DIRTY
from services.ingest.storage.selection import storage_of
from shared.families import FAMILIES
from shared.family import Column, Family
from shared.resolution import LEVEL_SECONDS
from shared.rollups import ROLLUP_LEVELS, RollupLevel, relation
from shared.sql import BUCKET_ORIGIN, LEDGER, table
from tests.bench.ingest.cost import Figures
from tests.bench.spool.fill import HOST, SESSION, Outage
from tests.bench.storage.site import Site

SETTLE_S_MAX = 600.0
POLL_S = 0.5
COMPARED = ("cpu", "disk")
"""One family without labels, one with labels and rows that come and go."""
AVERAGE_ERROR_SHARE_MAX = 1e-9


async def check(made: Site, outage: Outage) -> tuple[Figures, list[str]]:
    """Return what was compared, and what is wrong."""
    connection = await made.connect()
    try:
        figures = {"emptied_seconds": await _emptied(connection), "rollups_settled_seconds": await _settled(connection)}
        wrong = await _stored(connection, outage)
        for name in COMPARED:
            for level in ROLLUP_LEVELS:
                compared, different = await _compare(connection, FAMILIES[name], level, outage)
                figures[f"{name}_{level}_rows"] = compared
                if different or not compared:
                    wrong.append(f"{relation(FAMILIES[name], level)}: {different} of {compared} rows are not right")
    finally:
        await connection.close()
    return figures, wrong


async def _emptied(connection: asyncpg.Connection) -> float:
    """Return how long it took until the collector told that its spool holds nothing, and that nothing was lost."""
    newest = f"""SELECT sample_sets_spooled_count, sample_sets_lost_count FROM {table(FAMILIES["agent"])}
WHERE host = $1 ORDER BY time DESC LIMIT 1"""
    began = time.monotonic()
    while True:
        found = await connection.fetchrow(newest, HOST)
        if found is not None and found[0] == 0:
            if found[1]:
                raise SystemExit(f"the collector counts {found[1]} sample sets as lost, expected none")
            return time.monotonic() - began
        _wait_no_longer(began, f"the collector to tell of an empty spool; it last told {found}")
        await asyncio.sleep(POLL_S)


async def _settled(connection: asyncpg.Connection) -> float:
    """Return how long it took until none of the host's minutes of more than two hours ago waits for its rollups."""
    if not storage_of(await connection.fetchval("SELECT mode FROM metrics.schema_state")).marks_rollups:
        return 0.0
    marked = f"SELECT count(*) FROM {DIRTY} WHERE host = $1 AND time < $2"
    # Of what is open still, the coarsest bucket is an hour.
    now = await connection.fetchval("SELECT date_trunc('hour', now())")
    began = time.monotonic()
    while await connection.fetchval(marked, HOST, now):
        _wait_no_longer(began, "rollups to be computed")
        await asyncio.sleep(POLL_S)
    return time.monotonic() - began


async def _stored(connection: asyncpg.Connection, outage: Outage) -> list[str]:
    """Return what is missing or there twice, in the ledger and in every family kept for long enough."""
    wrong = []
    found = await connection.fetchrow(
        f"SELECT count(*), count(DISTINCT seq), min(seq), max(seq) FROM {LEDGER} WHERE host = $1 AND session = $2",
        HOST, SESSION,
    )  # fmt: skip
    assert found is not None
    count = outage.sample_sets
    if tuple(found) != (count, count, 1, count):
        wrong.append(f"the ledger has (count, numbers, first, last) {tuple(found)}, expected 1 to {count} once each")
    # Rows of a family with a retention of its own, `process` a day, expire while the others' are stored.
    lasting = {name: rows for name, rows in outage.rows.items() if FAMILIES[name].retention_days is None}
    for name, expected in lasting.items():
        rows = await connection.fetchval(
            f"SELECT count(*) FROM {table(FAMILIES[name])} WHERE host = $1 AND time >= $2 AND time < $3",
            HOST, outage.since, outage.until,
        )  # fmt: skip
        if rows != expected:
            wrong.append(f"{name} has {rows} rows, expected {expected}")
    return wrong


async def _compare(
    connection: asyncpg.Connection, family: Family, level: RollupLevel, outage: Outage
) -> tuple[int, int]:
    """Return how many rows of a rollup there are or should be, and how many are not what raw rows say."""
    width = timedelta(seconds=LEVEL_SECONDS[level])
    found = await connection.fetchrow(_comparison(family, level), HOST, outage.since, outage.until, width)
    assert found is not None
    return found["compared"], found["different"]


def _comparison(family: Family, level: RollupLevel) -> str:
    """Return the statement; it states what a rollup is by itself, from raw rows at each level."""
    labels = [column.name for column in family.labels]
    grouped = ", ".join(["1", *labels])
    key = ", ".join(["time", *labels])
    computed = ",\n    ".join(
        f"avg({name}::float8) AS {name}_avg, min({name}) AS {name}_min, max({name}) AS {name}_max"
        for name in (gauge.name for gauge in family.gauges)
    )
    differs = "\n    OR ".join(
        ["kept.samples IS DISTINCT FROM fresh.samples", *(_differs(gauge) for gauge in family.gauges)]
    )
    return f"""WITH fresh AS (
    SELECT date_bin($4, time, timestamptz '{BUCKET_ORIGIN}') AS time{"".join(f", {label}" for label in labels)},
    count(*) AS samples,
    {computed}
    FROM {table(family)} WHERE host = $1 AND time >= $2 AND time < $3 GROUP BY {grouped}
), kept AS (SELECT * FROM {relation(family, level)} WHERE host = $1 AND time >= $2 AND time < $3)
SELECT count(*) AS compared, count(*) FILTER (WHERE {differs}) AS different
FROM fresh FULL JOIN kept USING ({key})"""


def _differs(gauge: Column) -> str:
    name = gauge.name
    error_max = f"{AVERAGE_ERROR_SHARE_MAX} * abs(fresh.{name}_avg)"
    return (
        f"kept.{name}_min IS DISTINCT FROM fresh.{name}_min OR kept.{name}_max IS DISTINCT FROM fresh.{name}_max"
        f" OR (kept.{name}_avg IS NULL) <> (fresh.{name}_avg IS NULL)"
        f" OR abs(kept.{name}_avg - fresh.{name}_avg) > {error_max}"
    )


def _wait_no_longer(began: float, what: str) -> None:
    if time.monotonic() - began > SETTLE_S_MAX:
        raise SystemExit(f"waited {SETTLE_S_MAX:.0f} s for {what}")
