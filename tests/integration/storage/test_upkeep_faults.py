"""Rollups that ingest keeps are right after every fault that upkeep can meet, and cost what was written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest
import pytest_asyncio

from services.ingest.errors import DATABASE_ERRORS
from services.ingest.metrics import Metrics
from services.ingest.pace import Effort
from services.ingest.rollups import settle_rollups
from services.ingest.sink import PostgresSink
from services.ingest.storage.dirty import TRANSACTION_S_MAX, oldest_transaction
from services.ingest.storage.keeping import read_keeping
from services.ingest.storage.mode import Mode
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import settle
from shared.families import FAMILIES
from tests.integration.conftest import Database, DatabaseConnect
from tests.integration.storage.generate import Recording, deliveries, record_ticks
from tests.integration.storage.product import WRITE_S_MAX, write
from tests.integration.storage.rollup_rows import rollup_rows, wrong_columns, wrong_places
from tests.integration.storage.samples import MICROSECONDS, Ints, Table, microseconds, table_of

LEVELS = ("1m", "5m", "1h")
HOUR_S = 3_600
MINUTE = 60 * MICROSECONDS


@pytest.fixture(autouse=True)
def _kept_by_ingest(mode: Mode) -> None:
    if mode == "timescaledb_community":
        pytest.skip("timescaledb_community: continuous aggregates are the database's own")


@pytest_asyncio.fixture
async def upkeeper(empty: Database, database_connect: DatabaseConnect) -> AsyncIterator[asyncpg.Connection]:
    yield await database_connect(empty.ingest_url)


def ticks(ages_s: Sequence[int] | range) -> Ints:
    """Return instants that many seconds before now, whole ten seconds, oldest first."""
    now = microseconds(datetime.now(UTC)) // (10 * MICROSECONDS) * 10 * MICROSECONDS
    return now - np.array(sorted(ages_s, reverse=True), np.int64) * MICROSECONDS


def cpu_of(recordings: Sequence[Recording]) -> Table:
    return table_of(FAMILIES["cpu"], [run for recording in recordings for run in recording.runs])


async def store(database: Database, recordings: Sequence[Recording]) -> None:
    await write(database, deliveries(recordings, datetime.now(UTC)))


async def store_on(writer: asyncpg.Connection, recording: Recording) -> None:
    """Store on this connection, within the transaction that is open there."""

    async def connect() -> asyncpg.Connection:
        return writer

    sink = PostgresSink(connect, Metrics(), WRITE_S_MAX)
    for batch in deliveries([recording], datetime.now(UTC)):
        await sink.write(batch)


async def assert_right(connection: asyncpg.Connection, recordings: Sequence[Recording]) -> None:
    table = cpu_of(recordings)
    for level in LEVELS:
        found = await rollup_rows(connection, table, level)
        assert (level, wrong_places(found, table, level)[:3]) == (level, [])
        assert (level, wrong_columns(found, table, level)) == (level, [])


async def old_marks(connection: asyncpg.Connection) -> int:
    """Return how many marks stand for buckets that closed long ago."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM metrics.rollup_dirty WHERE time < now() - interval '2 hours'"
    )
    return count


async def test_upkeep_killed_amid_its_transaction(
    empty: Database, mode: Mode, owner: asyncpg.Connection, database_connect: DatabaseConnect
) -> None:
    recordings = [record_ticks("web-1", 0, ticks(range(3 * HOUR_S, 5 * HOUR_S, 10)))]
    await store(empty, recordings)
    killed = await database_connect(empty.ingest_url)
    pid = killed.get_server_pid()
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.network_1m_kept IN ACCESS EXCLUSIVE MODE")
        running = asyncio.create_task(settle(killed, storage_of(mode)))
        await waits_for_a_lock(owner, pid)
        await owner.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(DATABASE_ERRORS):
            await running
    await assert_right(owner, recordings)
    assert await old_marks(owner) > 0, "what was taken came back"
    again = await database_connect(empty.ingest_url)
    settled = await settle(again, storage_of(mode))
    assert settled is not None
    assert settled.computed > 0
    await assert_right(owner, recordings)
    assert await old_marks(owner) == 0


@pytest.mark.parametrize("days", [7, 9], ids=["a week", "longer than raw rows are kept"])
async def test_a_week_without_upkeep(
    days: int, empty: Database, mode: Mode, owner: asyncpg.Connection, upkeeper: asyncpg.Connection
) -> None:
    # Nothing was deleted meanwhile, so all of it can still be computed.
    off_s = int(timedelta(days=days).total_seconds()) - 2 * HOUR_S
    recordings = [record_ticks("web-1", 0, ticks(range(300, off_s, 600)))]
    await store(empty, recordings)
    await assert_right(owner, recordings)
    settled = await settle(upkeeper, storage_of(mode))
    assert settled is not None
    assert settled.abandoned == 0
    await assert_right(owner, recordings)
    assert await old_marks(owner) == 0


async def test_two_upkeepers_at_once(
    empty: Database,
    mode: Mode,
    owner: asyncpg.Connection,
    upkeeper: asyncpg.Connection,
    database_connect: DatabaseConnect,
) -> None:
    recordings = [record_ticks("web-1", 0, ticks(range(3 * HOUR_S, 5 * HOUR_S, 10)))]
    await store(empty, recordings)
    second = await database_connect(empty.ingest_url)
    async with owner.transaction():
        await owner.execute("LOCK TABLE metrics.network_1m_kept IN ACCESS EXCLUSIVE MODE")
        running = asyncio.create_task(settle(upkeeper, storage_of(mode)))
        await waits_for_a_lock(owner, upkeeper.get_server_pid())
        assert await settle(second, storage_of(mode)) is None, "the second leaves the work to the first"
    assert await running is not None
    await assert_right(owner, recordings)
    assert await settle(second, storage_of(mode)) is not None, "the lock was given back"
    await assert_right(owner, recordings)


async def test_a_batch_that_commits_after_upkeep_took_the_marks_of_its_minutes(
    empty: Database,
    mode: Mode,
    owner: asyncpg.Connection,
    upkeeper: asyncpg.Connection,
    database_connect: DatabaseConnect,
) -> None:
    instants = ticks(range(3 * HOUR_S, 3 * HOUR_S + 900, 10))
    early, open_for_long = record_ticks("web-1", 0, instants[::2]), record_ticks("web-1", 1, instants[1::2])
    await store(empty, [early])
    writer = await database_connect(empty.ingest_url)
    transaction = writer.transaction()
    await transaction.start()
    await store_on(writer, open_for_long)
    await settle(upkeeper, storage_of(mode))
    await assert_right(owner, [early])
    await transaction.commit()
    await assert_right(owner, [early, open_for_long])
    assert await old_marks(owner) > 0
    await settle(upkeeper, storage_of(mode))
    await assert_right(owner, [early, open_for_long])
    assert await old_marks(owner) == 0


async def test_a_minute_is_not_computed_before_every_batch_that_began_in_it_is_committed(
    empty: Database, owner: asyncpg.Connection, upkeeper: asyncpg.Connection, database_connect: DatabaseConnect
) -> None:
    # A minute to come, so that it is not over before the second batch begins, however slow this is.
    instants = ticks([-150]) // MINUTE * MINUTE + np.arange(0, 60, 10) * MICROSECONDS
    early, open_for_long = record_ticks("web-1", 0, instants[::2]), record_ticks("web-1", 1, instants[1::2])
    await store(empty, [early])
    marks = "SELECT count(*) FROM metrics.rollup_dirty WHERE bucket_seconds = 60"
    assert await owner.fetchval(marks) == 1
    writer = await database_connect(empty.ingest_url)
    transaction = writer.transaction()
    await transaction.start()
    await store_on(writer, open_for_long)
    keeping = await read_keeping(upkeeper)
    later = replace(keeping, now=keeping.now + timedelta(hours=2))

    async def settle_later() -> int:
        return (await settle_rollups(upkeeper, list(FAMILIES.values()), later, Effort())).computed

    assert await settle_later() == 0, "the second batch relies on the mark of the first"
    await transaction.commit()
    assert await owner.fetchval(marks) == 1
    assert await settle_later() == len(LEVELS)
    await assert_right(owner, [early, open_for_long])


@pytest.mark.parametrize("hides", ["SET ROLE vw_owner", "SET track_activities = off"])
async def test_a_transaction_whose_beginning_is_hidden_counts_as_long(
    empty: Database, owner: asyncpg.Connection, database_connect: DatabaseConnect, hides: str
) -> None:
    writer = await database_connect(empty.ingest_url)
    async with writer.transaction():
        await writer.execute("SELECT 1")
        seen = await owner.fetchval(f"SELECT now() - ({oldest_transaction()})")
        assert seen < timedelta(seconds=10)
        await owner.execute(hides)
        assert await owner.fetchval(f"SELECT now() - ({oldest_transaction()})") == timedelta(seconds=TRANSACTION_S_MAX)


async def test_a_batch_marks_a_minute_that_is_over_whether_it_is_marked_already_or_not(
    empty: Database, owner: asyncpg.Connection
) -> None:
    for session in range(2):
        await store(empty, [record_ticks("web-1", session, ticks([600]) // MINUTE * MINUTE)])
    assert await owner.fetchval("SELECT count(*) FROM metrics.rollup_dirty WHERE bucket_seconds = 60") == 2


async def test_a_batch_that_commits_while_upkeep_computes_its_minutes(
    empty: Database, mode: Mode, owner: asyncpg.Connection, upkeeper: asyncpg.Connection
) -> None:
    instants = ticks(range(3 * HOUR_S, 3 * HOUR_S + 900, 10))
    early, amid = record_ticks("web-1", 0, instants[::2]), record_ticks("web-1", 1, instants[1::2])
    await store(empty, [early])
    async with owner.transaction():
        # The marks are taken and cpu is computed; network is still to come.
        await owner.execute("LOCK TABLE metrics.network_1m_kept IN ACCESS EXCLUSIVE MODE")
        running = asyncio.create_task(settle(upkeeper, storage_of(mode)))
        await waits_for_a_lock(owner, upkeeper.get_server_pid())
        await store(empty, [amid])
    await running
    await assert_right(owner, [early, amid])
    await settle(upkeeper, storage_of(mode))
    await assert_right(owner, [early, amid])
    assert await old_marks(owner) == 0


async def test_two_writers_and_upkeep_side_by_side(
    empty: Database, mode: Mode, owner: asyncpg.Connection, upkeeper: asyncpg.Connection
) -> None:
    instants = ticks(range(600, 4 * HOUR_S, 10))
    recordings = [record_ticks("web-1", session, instants[session::4]) for session in range(4)]
    writers = [
        asyncio.create_task(store(empty, recordings[:2])),
        asyncio.create_task(store(empty, recordings[2:])),
    ]
    while not all(writer.done() for writer in writers):
        await settle(upkeeper, storage_of(mode))
        await asyncio.sleep(0)
    await asyncio.gather(*writers)
    await assert_right(owner, recordings)
    await settle(upkeeper, storage_of(mode))
    await assert_right(owner, recordings)
    assert await old_marks(owner) == 0


async def test_a_late_sample_costs_its_own_buckets_however_much_is_stored(
    empty: Database, mode: Mode, owner: asyncpg.Connection, upkeeper: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO metrics.cpu (time, host, source, total_percent, user_percent, system_percent, idle_percent,"
        " cores_count) SELECT now() - make_interval(secs => 10 * step), 'host-' || host, 'system', 1, 1, 1, 97, 4"
        " FROM generate_series(60, 3599) AS step, generate_series(1, 10) AS host"
    )
    await owner.execute(
        "INSERT INTO metrics.rollup_dirty SELECT DISTINCT 60, date_trunc('minute', time), host FROM metrics.cpu"
    )
    await settle(upkeeper, storage_of(mode))
    await owner.execute("ANALYZE")
    await store(empty, [record_ticks("host-3", 0, ticks([2 * HOUR_S]))])
    before = await rows_read(owner, upkeeper)
    settled = await settle(upkeeper, storage_of(mode))
    assert settled is not None
    assert 1 <= settled.computed <= 20
    read = await rows_read(owner, upkeeper) - before
    assert read <= 1_000, "of 35,400 raw rows and 5,900 minutes"


async def waits_for_a_lock(owner: asyncpg.Connection, pid: int) -> None:
    """Return once a backend waits for a lock that another holds."""
    async with asyncio.timeout(10):
        while not await owner.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def rows_read(owner: asyncpg.Connection, upkeeper: asyncpg.Connection) -> int:
    """Return how many rows of our tables and their chunks were read so far."""
    for connection in (upkeeper, owner):
        await connection.execute("SELECT pg_stat_force_next_flush()")
    await owner.execute("SELECT pg_stat_clear_snapshot()")
    count: int = await owner.fetchval(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_user_tables"
        " WHERE schemaname IN ('metrics', '_timescaledb_internal')"
    )
    return count
