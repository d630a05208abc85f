"""What the database reads for a quarter of an hour of one host, wherever that lies in a chunk, new or settled."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest

from services.ingest.storage.mode import Mode
from services.ingest.storage.retention import Retention, raw_chunk
from shared.families import FAMILIES
from shared.select import select_series
from tests.integration.conftest import Database
from tests.integration.storage.generate import SERIES, deliveries, record_ticks
from tests.integration.storage.plans import Chunk, Plan, chunks_of, plan_of, reads_little
from tests.integration.storage.product import (
    drop_database,
    in_thread,
    keep_up,
    make_database,
    mode_of_database,
    write,
)
from tests.integration.storage.reading import SCOPE, queries, request
from tests.integration.storage.samples import MICROSECONDS, microseconds

CHUNK = raw_chunk(Retention().of("raw"), 0.0)
QUARTER = timedelta(minutes=15)
HOSTS = ("web-1", "web-2", "web-3")
TICK_S = 10
FULL_CHUNKS = 2
SETTLED_AFTER = timedelta(hours=1, minutes=10)
"""A chunk goes to the columnstore an hour after its end."""
ROWS_MAX = 500_000

PLACES = {
    "at its start": timedelta(0),
    "where a batch of 1,000 rows ends and the next begins": timedelta(seconds=1_000 * TICK_S) - QUARTER / 2,
    "at its end": CHUNK - QUARTER,
    "across its end": CHUNK - QUARTER / 2,
}
"""Where the quarter begins, from the start of the first chunk."""


def first_chunk(now: datetime) -> datetime:
    """Return the start of the first of the newest chunks that are full and old enough for the columnstore."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return epoch + ((now - SETTLED_AFTER - epoch) // CHUNK - FULL_CHUNKS) * CHUNK


@dataclasses.dataclass
class Placed:
    """A database with full chunks: the same rows at the same offsets from their bounds whenever it is made."""

    database: Database
    mode: Mode
    start: datetime
    is_settled: bool = False

    async def fill(self) -> None:
        """Write all rows, and count them as autovacuum would."""
        end = self.start + FULL_CHUNKS * CHUNK
        ticks = np.arange(microseconds(self.start), microseconds(end), TICK_S * MICROSECONDS)
        await write(self.database, deliveries([record_ticks(host, 0, ticks) for host in HOSTS], end))
        await self._analyse()

    async def settle(self) -> None:
        """Do what upkeep does an hour after a chunk's end."""
        await keep_up(self.database)
        await self._analyse()
        self.is_settled = True

    async def chunks(self) -> Mapping[str, Chunk]:
        """Return the chunks of every hypertable, none in plain PostgreSQL."""
        if self.mode == "plain":
            return {}
        connection = await asyncpg.connect(self.database.owner_url)
        try:
            return await chunks_of(connection)
        finally:
            await connection.close()

    async def quarter(self, family: str, start: datetime) -> Plan:
        """Return what was done for a quarter of an hour of the first host, as the API asks for it."""
        gauges = [gauge.name for gauge in FAMILIES[family].gauges]
        wanted = request(FAMILIES[family], gauges, (start, start + QUARTER), TICK_S)
        async with queries(self.database) as reader:
            selection = await reader.plan(dataclasses.replace(wanted, hosts=HOSTS[:1]), SCOPE)
        connection = await asyncpg.connect(self.database.read_url)
        try:
            # As the API's pool has it.
            await connection.execute("SET plan_cache_mode = force_custom_plan; SET jit = off")
            return await plan_of(connection, select_series(selection, ROWS_MAX))
        finally:
            await connection.close()

    async def _analyse(self) -> None:
        connection = await asyncpg.connect(self.database.owner_url)
        try:
            await connection.execute("ANALYZE")
        finally:
            await connection.close()


@pytest.fixture(scope="module")
def placed(postgres_url: str, template_database: str) -> Iterator[Placed]:
    database = in_thread(lambda: make_database(postgres_url))
    made = Placed(database, in_thread(lambda: mode_of_database(database)), first_chunk(datetime.now(UTC)))
    in_thread(made.fill)
    yield made
    in_thread(lambda: drop_database(postgres_url, database))


@pytest.fixture(scope="module", params=["new", "settled"])
def state(request: pytest.FixtureRequest, placed: Placed) -> str:
    """Of the whole module, so that pytest runs each one's tests together."""
    reached: str = request.param
    if reached == "settled" and not placed.is_settled:
        in_thread(placed.settle)
    return reached


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("family", SERIES)
async def test_a_quarter_of_an_hour_reads_what_is_near_it(state: str, family: str, place: str, placed: Placed) -> None:
    start = placed.start + PLACES[place]
    plan = await placed.quarter(family, start)
    assert plan.scans
    assert [scan for scan in plan.scans if not reads_little(scan, family)] == []
    in_columnstore = {scan.relation for scan in plan.scans if scan.batches is not None}
    overlapping = {
        name
        for name, chunk in (await placed.chunks()).items()
        if chunk.hypertable == family and chunk.overlaps(start, start + QUARTER)
    }
    is_stored_by_column = placed.mode == "timescaledb_community" and state == "settled"
    assert in_columnstore == (overlapping if is_stored_by_column else set())
    assert len(overlapping) == (0 if placed.mode == "plain" else 1 + (place == "across its end"))


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_chunks_are_full_and_settled_at_every_hour(hour: int) -> None:
    now = datetime(2026, 3, 1, hour, 17, tzinfo=UTC)
    end = first_chunk(now) + FULL_CHUNKS * CHUNK
    assert SETTLED_AFTER <= now - end < SETTLED_AFTER + CHUNK
