"""The ceiling by size on a real database of every mode: what goes, what stays, and what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from services.ingest.ceiling import MIB
from services.ingest.metrics import Metrics
from services.ingest.provisioning.schema import Wanted
from services.ingest.room import Disk, Room
from services.ingest.storage.mode import Mode
from services.ingest.storage.record import record_disk
from services.ingest.storage.retention import Retention
from services.ingest.storage.selection import storage_of
from services.ingest.upkeep import LOCK, Upkeep, keep_within, settle
from services.ingest.window import RawKept
from shared.rollups import ROLLUP_LEVELS
from tests.integration.conftest import Database
from tests.integration.storage.product import (
    REFRESH,
    drop_database,
    in_thread,
    make_database,
    mode_of_database,
    provision,
    run_jobs,
)

STREAM_BYTES = 1_000_000
NO_CEILING = 10**12
FILL = """INSERT INTO metrics.cpu (time, host, source, total_percent, user_percent, system_percent, idle_percent,
    cores_count)
SELECT date_trunc('minute', now()) - interval '1 minute' * step, 'host-' || host, 'system', step % 100, 1, 1, 97, 4
FROM generate_series($1::integer, $2::integer, 4) AS step, generate_series(1, 4) AS host"""
FILL_RAW = """INSERT INTO metrics.cpu (time, host, source, total_percent, user_percent, system_percent, idle_percent,
    cores_count)
SELECT now() - interval '15 seconds' * step, 'host-' || host, 'system', step % 100, 1, 1, 97, 4
FROM generate_series($1::integer, $2::integer) AS step, generate_series($3::integer, $3::integer + 2) AS host"""
MARK = "INSERT INTO metrics.rollup_dirty SELECT DISTINCT 60, date_trunc('minute', time), host FROM metrics.cpu"
SPAN_MIN = 6 * 1_440
"""Less than what refreshes reach, so that everything has been computed once."""


@dataclass
class Site:
    """One database, and upkeep as ingest does it, with the jobs of the database run in between."""

    database: Database
    mode: Mode
    owner: asyncpg.Connection
    ingest: asyncpg.Connection
    raw_kept: RawKept = field(default_factory=lambda: RawKept(timedelta(days=7)))

    async def fill(self, since_min: int, until_min: int) -> None:
        await self.owner.execute(FILL, since_min, until_min)
        if self.mode != "timescaledb_community":
            await self.owner.execute(MARK)
        await self.compute()

    async def compute(self) -> None:
        if self.mode == "timescaledb_community":
            await run_jobs(self.database, REFRESH)
        await settle(self.ingest, storage_of(self.mode))

    async def round(self, bytes_max: int) -> None:
        """Do what a start of ingest does, with refreshes right after it."""

        async def stream_bytes() -> int:
            return STREAM_BYTES

        metrics = Metrics()
        room = Room(bytes_max, stream_bytes, Disk(None, 0, metrics))
        await Upkeep(storage_of(self.mode), room, self.raw_kept, metrics).tick(self.ingest)
        await self.compute()

    async def later(self, age: timedelta) -> None:
        """Let time pass since the last step."""
        await self.owner.execute("UPDATE metrics.storage_state SET stepped_at = stepped_at - $1::interval", age)

    async def state(self) -> asyncpg.Record:
        row = await self.owner.fetchrow("SELECT *, now() FROM metrics.storage_state")
        assert row is not None
        return row

    async def kept(self) -> timedelta:
        return timedelta(seconds=(await self.state())["raw_retention_seconds"])

    async def ceiling_at(self, share: float) -> int:
        """Return the ceiling of which this database and its streams take that share now."""
        size = await self.owner.fetchval("SELECT pg_database_size(current_database())")
        return int((size + STREAM_BYTES) / share)

    async def share(self, bytes_max: int) -> float:
        return await self.ceiling_at(1) / bytes_max

    async def rollups(self) -> list[str]:
        """Return each level's rows as one text: sums of everything, whatever the order."""
        return [
            await self.owner.fetchval(
                "SELECT count(*) || ' ' || coalesce(md5(string_agg(r::text, ';' ORDER BY r.time, r.host)), '')"
                f" FROM metrics.cpu_{level} AS r WHERE r.time < now() - interval '3 hours'"
            )
            for level in ("1m", "5m", "1h")
        ]


@pytest.fixture
def fresh(postgres_url: str) -> Iterator[Database]:
    made = in_thread(lambda: make_database(postgres_url))
    yield made
    in_thread(lambda: drop_database(postgres_url, made))


@pytest_asyncio.fixture
async def site(fresh: Database) -> AsyncIterator[Site]:
    owner, ingest = await asyncpg.connect(fresh.owner_url), await asyncpg.connect(fresh.ingest_url)
    yield Site(fresh, await mode_of_database(fresh), owner, ingest)
    owner.terminate()
    ingest.terminate()


async def oldest(site: Site) -> timedelta:
    age: timedelta = await site.owner.fetchval("SELECT now() - min(time) FROM metrics.cpu")
    return age


async def test_near_the_ceiling_the_oldest_raw_rows_go_and_their_rollups_stay(site: Site) -> None:
    await site.fill(10, SPAN_MIN)
    rollups = await site.rollups()
    bytes_max = await site.ceiling_at(0.95)
    before = await oldest(site)
    await site.round(bytes_max)
    kept, state = await site.kept(), await site.state()
    assert state["size_bytes_max"] == bytes_max
    assert state["size_bytes"] >= 0.9 * bytes_max
    # Nothing was as old as a tenth less than the setting: the step went far enough to free something.
    assert timedelta(days=5) < kept < before
    assert state["raw_dropped_before"] is not None
    assert abs(state["now"] - state["raw_dropped_before"] - kept) < timedelta(minutes=1)
    assert state["reason"].startswith("The stored history reached ")
    assert "instead of 7." in state["reason"]
    # Messages are judged by it from now on: what is older is counted as too old, not stored to be deleted.
    assert site.raw_kept.span == kept
    if site.mode == "timescaledb_community":
        assert await oldest(site) >= before, "refreshes must be told before anything goes"
        await site.later(timedelta(minutes=3))
        await site.round(bytes_max)
    assert await oldest(site) < before
    assert await site.rollups() == rollups
    late = (SPAN_MIN - 60, SPAN_MIN - 40)
    await site.fill(*late)
    assert await site.rollups() == rollups, "what comes for the time that is gone changes no rollup"


async def test_what_goes_makes_room(site: Site) -> None:
    bytes_max = await site.ceiling_at(1) + 60 * MIB
    hosts = 0
    while await site.share(bytes_max) < 0.9:
        await site.owner.execute(FILL_RAW, 40, SPAN_MIN * 4, hosts)
        await site.compute()
        hosts += 3
    count = await site.owner.fetchval("SELECT count(*) FROM metrics.cpu")
    await site.round(bytes_max)
    if site.mode == "plain":
        await assert_freed_room_is_used_again(site, bytes_max, count)
        return
    for _ in range(12):
        await site.later(timedelta(minutes=20))
        await site.round(bytes_max)
        if await site.share(bytes_max) < 0.9:
            break
    assert await site.share(bytes_max) < 0.9
    kept = await site.kept()
    await site.later(timedelta(minutes=20))
    await site.round(bytes_max)
    assert timedelta(hours=12) < kept <= await site.kept()
    assert timedelta() <= await oldest(site) - kept < timedelta(hours=6), "no more went than had to"


async def assert_freed_room_is_used_again(site: Site, bytes_max: int, count: int) -> None:
    gone = count - await site.owner.fetchval("SELECT count(*) FROM metrics.cpu")
    assert gone > count / 20
    kept = await site.kept()
    await site.owner.execute("VACUUM metrics.cpu")
    table_bytes = await site.owner.fetchval("SELECT pg_relation_size('metrics.cpu')")
    await site.owner.execute(FILL_RAW, 4, gone // 12, 1_000)
    await site.round(bytes_max)
    assert await site.owner.fetchval("SELECT pg_relation_size('metrics.cpu')") == table_bytes
    assert await site.kept() == kept, "rows came in the place of those that had gone: it hardly grew"
    await site.owner.execute(FILL_RAW, 4, gone, 2_000)
    await site.round(bytes_max)
    assert await site.kept() < kept, "it grew on"


async def test_a_step_is_taken_once_whoever_asks_and_however_often(site: Site) -> None:
    await site.fill(10, SPAN_MIN)
    bytes_max = await site.ceiling_at(0.95)
    await site.owner.execute("SELECT pg_advisory_lock(hashtext($1))", LOCK)
    assert await keep_within(site.ingest, storage_of(site.mode), STREAM_BYTES, bytes_max) is None
    await site.owner.execute("SELECT pg_advisory_unlock(hashtext($1))", LOCK)
    kept = []
    for _ in range(3):
        await keep_within(site.ingest, storage_of(site.mode), STREAM_BYTES, bytes_max)
        kept.append(await site.kept())
    assert kept[0] < timedelta(days=7)
    assert kept == kept[:1] * 3


async def test_raw_rows_are_never_kept_for_less_than_an_hour(site: Site) -> None:
    # More than a chunk and an hour, so that there is one that may go.
    await site.fill(1, 700)
    for _ in range(60):
        await keep_within(site.ingest, storage_of(site.mode), STREAM_BYTES, 2_000_000)
        await site.owner.execute(
            "UPDATE metrics.storage_state SET stepped_at = stepped_at - interval '20 min', stepped_size_bytes = 0"
        )
    assert await site.kept() == timedelta(hours=1)
    assert "the least there is" in (await site.state())["reason"]
    rollups = await site.rollups()
    await site.round(2_000_000)
    assert timedelta(hours=1) < await oldest(site) + timedelta(minutes=5)
    assert await site.rollups() == rollups
    await site.owner.execute(FILL.replace("'host-'", "'late-'"), 20, 24)
    if site.mode != "timescaledb_community":
        await site.owner.execute(MARK + " WHERE host LIKE 'late-%'")
    await site.compute()
    assert await site.owner.fetchval("SELECT count(*) FROM metrics.cpu_1m WHERE host LIKE 'late-%'") == 8
    table = "metrics.cpu_1m_kept" if site.mode != "timescaledb_community" else "metrics.cpu_1m"
    assert await site.owner.fetchval(f"SELECT count(*) FROM {table} WHERE host LIKE 'late-%'") == 8


async def test_the_ledger_gets_shorter_with_the_rows_it_stands_for(site: Site) -> None:
    # What is older than the rows by two days, the age of the streams twice over, no message can enter again.
    await site.fill(10, 700)
    await site.owner.execute(
        "INSERT INTO metrics.sample_sets SELECT now() - interval '1 hour' * age, 'h', 's', 'one', age, now(), age"
        " FROM generate_series(1, 200) age"
    )
    await site.owner.execute("UPDATE metrics.storage_state SET raw_retention_seconds = 3600, stepped_at = NULL")
    await site.later(timedelta(minutes=30))
    for _ in range(3):
        # In the community edition refreshes are told first, and what they run into goes later.
        await site.round(NO_CEILING)
        await site.owner.execute("UPDATE metrics.storage_state SET raw_retention_seconds = 3600")
    ages = [row[0] for row in await site.owner.fetch("SELECT seq FROM metrics.sample_sets ORDER BY seq")]
    assert ages[:48] == list(range(1, 49))
    # Chunks go as wholes, and one is six hours wide.
    assert 48 <= ages[-1] <= 48 + 7


async def test_with_room_again_it_grows_back_no_faster_than_raw_rows_fill_it(site: Site) -> None:
    await site.fill(10, SPAN_MIN)
    rollups = await site.rollups()
    await site.round(await site.ceiling_at(0.95))
    await site.later(timedelta(minutes=3))
    await site.round(NO_CEILING)
    kept, shortened = [], await site.kept()
    for _ in range(2):
        await site.round(NO_CEILING)
        kept.append(await site.kept())
    assert kept == [shortened, shortened], "raw rows are not complete for longer yet"
    assert "grows back" in (await site.state())["reason"]
    # Within what is kept again, but from before what went.
    age_min = int(shortened / timedelta(minutes=1)) - 120
    await site.fill(age_min, age_min + 20)
    assert await site.rollups() == rollups
    for _ in range(3):
        await site.owner.execute("UPDATE metrics.storage_state SET raw_dropped_before = now() - interval '30 days'")
        await site.round(NO_CEILING)
    state = await site.state()
    assert state["raw_retention_seconds"] == 7 * 86_400
    assert (state["reason"], state["stepped_at"], state["stepped_size_bytes"]) == (None, None, None)


async def test_no_ceiling_shortens_nothing_and_still_says_how_much_is_stored(site: Site) -> None:
    await site.fill(10, 200)
    await site.round(0)
    state = await site.state()
    assert state["raw_retention_seconds"] == 7 * 86_400
    assert state["size_bytes"] > STREAM_BYTES
    assert (state["size_bytes_max"], state["stepped_at"], state["reason"]) == (None, None, None)


@pytest.mark.parametrize(
    ("setting_days", "days"),
    [
        pytest.param(7, 4, id="the same setting again"),
        pytest.param(9, 4, id="a longer one"),
        pytest.param(2, 2, id="one that is shorter still"),
    ],
)
async def test_provision_keeps_what_the_ceiling_chose(setting_days: int, days: int, site: Site) -> None:
    await site.owner.execute(
        "UPDATE metrics.storage_state SET raw_retention_seconds = 4 * 86400, stepped_at = now(),"
        " stepped_size_bytes = 1, raw_dropped_before = now() - interval '4 days'"
    )
    await provision(site.database, Wanted(Retention(raw_days=setting_days)))
    assert await site.kept() == timedelta(days=days)


async def test_the_functions_of_ingest_refuse_what_would_delete_rollups(site: Site) -> None:
    if site.mode != "timescaledb_community":
        pytest.skip(f"{site.mode}: rollups are not the database's own")
    await site.fill(10, SPAN_MIN)
    reach, drop = "SELECT metrics.set_refresh_reach($1, $2)", "SELECT metrics.drop_rolled_before($1, $2)"
    now = await site.owner.fetchval("SELECT now()")
    # Refreshes still reach further back than this.
    assert await site.ingest.fetchval(drop, "metrics.cpu", now - timedelta(days=5)) == 0
    assert await site.ingest.fetchval(reach, "metrics.cpu_1m", timedelta(days=2)) is True
    assert await site.ingest.fetchval(reach, "metrics.cpu_1m", timedelta(days=2)) is False
    assert await site.ingest.fetchval(drop, "metrics.cpu", now - timedelta(days=5)) >= 3
    await site.owner.execute("UPDATE metrics.storage_state SET raw_dropped_before = now() - interval '3 days'")
    with pytest.raises(asyncpg.RaiseError, match="would delete rollups of raw rows that are gone"):
        await site.ingest.fetchval(reach, "metrics.cpu_1m", timedelta(days=4))
    with pytest.raises(asyncpg.RaiseError, match="expected a reach of at least"):
        await site.ingest.fetchval(reach, "metrics.cpu_1m", timedelta(seconds=1))
    for wrong in ("metrics.unknown_1m", "metrics.cpu", "pg_catalog.pg_class"):
        assert await site.ingest.fetchval(reach, wrong, timedelta(days=1)) is False
    for wrong in ("app.users", "metrics.cpu_1h", "metrics.schema_state", "pg_class"):
        with pytest.raises(asyncpg.RaiseError, match="expected a hypertable of the schema metrics"):
            await site.ingest.fetchval(drop, wrong, now)
    await site.owner.execute("UPDATE metrics.storage_state SET raw_dropped_before = NULL")
    for level in ROLLUP_LEVELS:
        with pytest.raises(asyncpg.RaiseError, match="would delete rollups of raw rows that are gone"):
            await site.ingest.fetchval(reach, f"metrics.cpu_{level}", timedelta(days=8))
    reader = await asyncpg.connect(site.database.read_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.fetchval(drop, "metrics.cpu", now)
    await reader.close()


async def test_what_refreshes_did_not_compute_yet_stays(site: Site) -> None:
    if site.mode != "timescaledb_community":
        pytest.skip(f"{site.mode}: rollups are not the database's own")
    await site.owner.execute(FILL, 10, SPAN_MIN)
    before = await oldest(site)
    await site.ingest.fetchval("SELECT metrics.set_refresh_reach('metrics.cpu_1m', $1)", timedelta(days=1))
    drop = "SELECT metrics.drop_rolled_before('metrics.cpu', now() - interval '2 days')"
    assert await site.ingest.fetchval(drop) == 0
    assert await oldest(site) >= before


async def test_a_disk_that_nobody_watches_any_more_is_forgotten(site: Site) -> None:
    await record_disk(site.ingest, 4.0, "full")
    state = await site.state()
    assert (state["paused"], state["reason"], state["free_percent"]) == (True, "full", 4.0)
    await site.round(NO_CEILING)
    assert (await site.state())["paused"] is True, "another process said so a moment ago"
    await site.owner.execute("UPDATE metrics.storage_state SET watched_at = watched_at - interval '16 minutes'")
    await site.round(NO_CEILING)
    state = await site.state()
    assert (state["paused"], state["reason"], state["free_percent"]) == (False, None, None)
