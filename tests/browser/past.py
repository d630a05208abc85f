"""A past for a stack that has just begun: generated rows of one family, stored as if they had come month by month."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from deploy.local.postgres import SUPERUSER, Reach, socket_fits
from tests.integration.deploy.stack import Stack

DAYS = 30
RAW = timedelta(days=1)
RAW_SECONDS = 10
UP_TO_NOW = timedelta(minutes=10)
GAUGES = ("total_percent", "user_percent", "system_percent", "idle_percent")
"""Those of the family cpu that are never absent."""

_LEVELS = {"1m": (60, 7), "5m": (300, DAYS), "1h": (3_600, DAYS)}
"""Rollup → seconds of its buckets, and how many days of it there are."""

_AVERAGE = "50 + 30 * sin(extract(epoch FROM time) / 40000 + $2)"


def give_past(stack: Stack, hosts: Sequence[str]) -> None:
    """Give hosts 30 days of CPU: raw samples of the last day, and only rollups of what is older."""
    finish(_give(stack, hosts))


def shorten_retention(stack: Stack) -> None:
    """Say of the storage what upkeep says when the ceiling by size bites."""
    finish(
        _execute(
            stack,
            "UPDATE metrics.storage_state SET raw_retention_seconds = 172800, size_bytes = 10600000000, "
            "size_bytes_max = 10737418240, reason = 'raw history is shortened'",
        )
    )


def change(stack: Stack, sql: str) -> None:
    """Run a statement of a test as the stack's superuser."""
    finish(_execute(stack, sql))


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run to its end in a thread of its own: the browser's driver keeps a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def connect(stack: Stack) -> asyncpg.Connection:
    """Return a connection of the stack's superuser."""
    layout = stack.layout
    password = layout.secret(f"database-{SUPERUSER}").read_text().strip()
    reach = Reach(layout.socket) if socket_fits(layout.socket) else Reach(None, 5432)
    return await asyncpg.connect(reach.url(SUPERUSER), password=password)


async def _execute(stack: Stack, sql: str) -> None:
    connection = await connect(stack)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _give(stack: Stack, hosts: Sequence[str]) -> None:
    now = datetime.now(UTC)
    until = now - UP_TO_NOW
    raw_since = (now - RAW).replace(minute=0, second=0, microsecond=0)
    connection = await connect(stack)
    try:
        for phase, host in enumerate(hosts):
            await connection.execute(_raw(), host, float(phase), raw_since, until)
            await connection.execute(
                "INSERT INTO metrics.rollup_dirty (bucket_seconds, time, host) "
                "SELECT 60, time, $1 FROM generate_series($2::timestamptz, $3, interval '1 minute') AS time",
                host, raw_since, until,
            )  # fmt: skip
            for level, (seconds, days) in _LEVELS.items():
                since = raw_since - timedelta(days=days)
                await connection.execute(_rollup(level, seconds), host, float(phase), since, raw_since)
    finally:
        await connection.close()


def _raw() -> str:
    return (
        f"INSERT INTO metrics.cpu (time, host, source, cores_count, {', '.join(GAUGES)}) "
        f"SELECT time, $1::text, 'system', 4, {', '.join(_AVERAGE for _ in GAUGES)} "
        f"FROM generate_series($3::timestamptz, $4::timestamptz, interval '{RAW_SECONDS} s') AS time"
    )


def _rollup(level: str, seconds: int) -> str:
    columns = [f"{gauge}_{kind}" for gauge in GAUGES for kind in ("avg", "min", "max")]
    values = [f"{_AVERAGE} + {extra}" for _ in GAUGES for extra in (0, -15, 15)]
    return (
        f"INSERT INTO metrics.cpu_{level}_kept (time, host, source, samples, {', '.join(columns)}) "
        f"SELECT time, $1::text, 'system', {seconds // RAW_SECONDS}, {', '.join(values)} "
        f"FROM generate_series($3::timestamptz, $4::timestamptz - interval '1 s', interval '{seconds} s') AS time"
    )
