"""Rows that stand in the database as if ingest had written them, an hour of yesterday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg

from tests.integration.conftest import Database

START = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=1)
"""Yesterday at noon: young enough for raw rows, whatever the day."""

FORMULAS = ("=1+1", 'say "hi"', "-bash", "eth0")
"""Interfaces, some of whose names want to be formulas."""

_CPU = """INSERT INTO metrics.cpu (time, host, source, total_percent, user_percent, system_percent, idle_percent,
    cores_count, iowait_percent)
SELECT $1::timestamptz + make_interval(secs => step), host, 'system', 12.3457, step % 100, 1, 0, 4,
    CASE WHEN step % 2 = 0 THEN step END
FROM generate_series(0, $2::integer - 1) AS step, unnest($3::text[]) AS host"""

_NETWORK = """INSERT INTO metrics.network (time, host, source, interface, receive_bytes_per_second,
    transmit_bytes_per_second, receive_packets_per_second, transmit_packets_per_second, receive_errors_per_second,
    transmit_errors_per_second, receive_drops_per_second, transmit_drops_per_second)
SELECT $1, 'web-1', 'system', interface, place, 0, 0, 0, 0, 0, 0, 0
FROM unnest($2::text[]) WITH ORDINALITY AS named (interface, place)"""

_PROCESSES = """INSERT INTO metrics.process (time, host, source, pid, name, cpu_percent, resident_bytes, memory_percent)
SELECT $1, 'web-1', 'system', pid, 'p', pid, pid, 0 FROM unnest(ARRAY[7, 70, 71, 8]) AS pid"""

_DISK = """INSERT INTO metrics.disk (time, host, source, mount, device, total_bytes, used_bytes, available_bytes,
    used_percent)
SELECT $1::timestamptz + make_interval(secs => step), host, 'system', '/', '/dev/sda', 100, step, 0, step % 10
FROM generate_series(0, $2::integer - 1) AS step, unnest($3::text[]) AS host"""

_MARK = """INSERT INTO metrics.rollup_dirty (bucket_seconds, time, host)
SELECT DISTINCT 60, date_bin(interval '1 minute', time, timestamptz '2000-01-03 00:00+00'), host FROM metrics.cpu"""


async def store_hour(database: Database) -> None:
    """Store an hour of cpu of web-1 and db_1 at 1 s, interfaces, and processes."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(_CPU, START, 3_600, ["web-1", "db_1"])
        await connection.execute(_NETWORK, START, list(FORMULAS))
        await connection.execute(_PROCESSES, START)
        await _mark(connection)
    finally:
        await connection.close()


async def store_cpu(database: Database, seconds: int, hosts: list[str]) -> None:
    """Store so many seconds of cpu of these hosts."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(_CPU, START, seconds, hosts)
        await _mark(connection)
    finally:
        await connection.close()


async def store_disk(database: Database, seconds: int, hosts: list[str]) -> None:
    """Store so many seconds of a disk of these hosts at 1 s, ten times as often as its family is defined."""
    connection = await asyncpg.connect(database.owner_url)
    try:
        await connection.execute(_DISK, START, seconds, hosts)
    finally:
        await connection.close()


async def _mark(connection: asyncpg.Connection) -> None:
    """Say which minutes have new rows, in the modes where ingest must."""
    if await connection.fetchval("SELECT to_regclass('metrics.rollup_dirty') IS NOT NULL"):
        await connection.execute(_MARK)


def span(seconds: int, **more: str) -> dict[str, str]:
    """Return the parameters of a range from START on."""
    return {"start": START.isoformat(), "end": (START + timedelta(seconds=seconds)).isoformat(), **more}
