"""What the database does for the API's statements: it reads no chunk outside the range, and sorts no raw rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import asyncpg
import pytest
import pytest_asyncio

from shared.families import FAMILIES
from shared.select import Selection, select_series
from tests.integration.storage.cases import Case, cases
from tests.integration.storage.plans import FEW_ROWS, Chunk, Plan, chunks_of, plan_of, reads_little
from tests.integration.storage.reading import SCOPE, asked, queries
from tests.integration.storage.stored import LAST, Stored
from tests.integration.storage.timeline import END_IN_FIVE_MINUTES_S, SMALL

ROWS_MAX = 500_000
RAW = set(FAMILIES)

pytestmark = pytest.mark.parametrize("moment", [LAST], indirect=True)


@pytest_asyncio.fixture
async def chunks(moment: str, stored: Stored) -> Mapping[str, Chunk]:
    """The chunks of every hypertable, none in plain PostgreSQL; statistics are as autovacuum would leave them."""
    owner = await asyncpg.connect(stored.database.owner_url)
    try:
        if not stored.analysed:
            await owner.execute("ANALYZE")
            stored.analysed = True
        return {} if stored.mode == "plain" else await chunks_of(owner)
    finally:
        await owner.close()


async def explained(case: Case, stored: Stored) -> tuple[Selection, Plan]:
    async with queries(stored.database) as reader:
        selection = await reader.plan(asked(case, stored.end), SCOPE)
    connection = await asyncpg.connect(stored.database.read_url)
    try:
        # As the API's pool has it.
        await connection.execute("SET plan_cache_mode = force_custom_plan; SET jit = off")
        return selection, await plan_of(connection, select_series(selection, ROWS_MAX))
    finally:
        await connection.close()


@pytest.mark.parametrize("case", cases(), ids=str)
async def test_reads_no_chunk_outside_the_range_and_sorts_no_raw_rows(
    case: Case, moment: str, stored: Stored, chunks: Mapping[str, Chunk]
) -> None:
    selection, plan = await explained(case, stored)
    outside = [
        (scan.relation, chunks[scan.relation])
        for scan in plan.scans
        if scan.relation in chunks and not chunks[scan.relation].overlaps(selection.start, selection.end)
    ]
    assert outside == []
    raw = RAW | {name for name, chunk in chunks.items() if chunk.hypertable in RAW}
    if selection.resolution.step_seconds is not None:
        # Rows that are shown as they are, few by definition, may be grouped into series by a sort.
        few = max(few_rows(stored), open_rows(stored))
        assert sum(rows for relations, rows in plan.sorts if relations & raw) <= few


def few_rows(stored: Stored) -> int:
    """Return FEW_ROWS of the small set, or the same time's rows of a denser one."""
    size = stored.size
    return FEW_ROWS * size.hosts_count * SMALL.interval_s // (size.interval_s * SMALL.hosts_count)


def open_rows(stored: Stored) -> int:
    """Return how many raw rows the newest, open buckets of a family may hold: real-time rollups may sort those."""
    series = 2
    return series * stored.size.hosts_count * (END_IN_FIVE_MINUTES_S // stored.size.interval_s + 1) * 2


YOUNG = timedelta(hours=2)
"""A quarter of an hour is so much of a chunk that began later, that the planner may rightly read all of it."""


@pytest.mark.parametrize("span", ["quarter, now", "quarter, hours ago"])
@pytest.mark.parametrize("family", ["cpu", "network", "disk"])
async def test_a_quarter_of_an_hour_of_one_host_goes_by_the_index(
    family: str, span: str, moment: str, stored: Stored, chunks: Mapping[str, Chunk]
) -> None:
    gauges = tuple(gauge.name for gauge in FAMILIES[family].gauges)
    case = Case("raw", 10, None, "avg", ("web-1",), span, family, gauges, ())
    _, plan = await explained(case, stored)
    assert plan.scans
    young = {name for name, chunk in chunks.items() if stored.end - chunk.start < YOUNG}
    assert [scan for scan in plan.scans if scan.relation not in young and not reads_little(scan, family)] == []
