"""Compares kinds of index on time in plain mode: a range index, a B-tree, none; in rounds, so that they meet alike."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg

from shared.families import FAMILIES
from shared.resolution import Resolution
from shared.select import Selection, select_series
from shared.sql import delete_before, table, table_ddl
from tests.bench.storage.fill import Extent, enter, host_name, raw_insert
from tests.bench.storage.site import Site

FAMILY = FAMILIES["cpu"]
INDEX = f"{FAMILY.name}_time"
KINDS = {
    "range index (BRIN)": next(statement for statement in table_ddl(FAMILY) if "brin" in statement),
    "B-tree": f"CREATE INDEX {INDEX} ON {table(FAMILY)} (time)",
    "none": "",
}
QUERIES, QUERIES_OF_ALL, DELETED_ROWS, DELETES, ENTERED = 200, 10, 20_000, 5, timedelta(minutes=30)
SPAN = timedelta(minutes=15)
Measured = dict[str, float]


class _UndoneError(Exception):
    """Ends a transaction whose work must not last."""


async def measure_indexes(made: Site, extent: Extent, rounds: int) -> dict[str, Any]:
    """Fill one family and return milliseconds by kind of index and what was done, the median of all rounds."""
    await enter(made, raw_insert(FAMILY), extent, (extent.raw_since, extent.until), extent.interval)
    owner = await made.connect()
    found: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    try:
        await owner.execute(f"VACUUM ANALYZE {table(FAMILY)}", timeout=600)
        for _ in range(rounds):
            for kind, statement in KINDS.items():
                await owner.execute(f"DROP INDEX IF EXISTS metrics.{INDEX}")
                if statement:
                    await owner.execute(statement, timeout=600)
                found[kind].append(await _measure(made, owner, extent))
    finally:
        await owner.close()
    medians = {
        kind: {name: round(statistics.median(one[name] for one in measured), 2) for name in measured[0]}
        for kind, measured in found.items()
    }
    print(f"{'':<42}" + "".join(f"{kind:>20}" for kind in medians))
    for name in next(iter(medians.values())):
        print(f"{name:<42}" + "".join(f"{values[name]:>20,.2f}" for values in medians.values()), flush=True)
    return {"indexes": medians, "rounds": rounds}


async def _measure(made: Site, owner: asyncpg.Connection, extent: Extent) -> Measured:
    dice = random.Random(2)
    reader = await asyncpg.connect(
        made.owner_url, server_settings={"plan_cache_mode": "force_custom_plan", "jit": "off"}
    )
    try:
        one = [await _query(reader, extent, [host_name(dice.randint(1, extent.hosts))]) for _ in range(QUERIES)]
        every = [await _query(reader, extent, None) for _ in range(QUERIES_OF_ALL)]
    finally:
        await reader.close()
    deleting = await _timed_and_undone(owner, lambda: _delete_oldest(owner, extent))
    finding = await _timed_and_undone(owner, lambda: _find_nothing(owner, extent))
    entering = await _timed_and_undone(owner, lambda: _enter_newest(owner, extent))
    size = await owner.fetchval("SELECT coalesce(pg_relation_size(to_regclass($1)), 0)", f"metrics.{INDEX}")
    return {
        "15_minutes_of_a_host_p50_milliseconds": statistics.median(one[20:]),
        "15_minutes_of_a_host_p95_milliseconds": statistics.quantiles(one[20:], n=100)[94],
        "15_minutes_of_all_p50_milliseconds": statistics.median(every),
        "deleting_100000_rows_milliseconds": deleting,
        "finding_nothing_to_delete_milliseconds": finding,
        "entering_18000_rows_milliseconds": entering,
        "index_bytes": float(size),
    }


async def _query(reader: asyncpg.Connection, extent: Extent, names: list[str] | None) -> float:
    selection = Selection(
        FAMILY, (FAMILY.gauges[0],), extent.until - SPAN, extent.until, Resolution("raw", 10),
        names=names or (), likes=() if names else ("%",),
    )  # fmt: skip
    statement = select_series(selection, 500_000)
    began = time.perf_counter()
    await reader.fetch(statement.text, *statement.parameters)
    return 1000 * (time.perf_counter() - began)


async def _delete_oldest(owner: asyncpg.Connection, extent: Extent) -> None:
    bound = extent.raw_since + timedelta(hours=6)
    for _ in range(DELETES):
        await owner.execute(delete_before(table(FAMILY)), bound, DELETED_ROWS)


async def _find_nothing(owner: asyncpg.Connection, extent: Extent) -> None:
    """Ask for rows older than any: the end of every round of retention."""
    await owner.execute(delete_before(table(FAMILY)), extent.raw_since - timedelta(days=1), DELETED_ROWS)


async def _enter_newest(owner: asyncpg.Connection, extent: Extent) -> None:
    await owner.execute(raw_insert(FAMILY), extent.until, extent.until + ENTERED, extent.interval, extent.hosts)


async def _timed_and_undone(owner: asyncpg.Connection, work: Callable[[], Awaitable[None]]) -> float:
    """Return the milliseconds of some work, whose changes are rolled back so that each kind finds the same rows."""
    took = 0.0
    try:
        async with owner.transaction():
            began = time.perf_counter()
            await work()
            took = 1000 * (time.perf_counter() - began)
            raise _UndoneError
    except _UndoneError:
        return took
