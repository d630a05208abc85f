"""What it costs to find old rows where no chunk can be dropped: no more than there are hosts, however old the table."""

from __future__ import annotations

import json

import asyncpg
import pytest

from services.ingest.storage.mode import Mode
from services.ingest.storage.plain import ROWS_MAX
from shared.sql import delete_before

KEPT = "metrics.swap_1m_kept"
FILL = f"""INSERT INTO {KEPT} (time, host, source, samples)
SELECT now() - $1::interval - interval '1 second' * n, 'h' || n % 5, 'system', 1 FROM generate_series(1, 90000) AS n"""
BOUND = "now() - interval '7 days'"
EXPLAIN = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {delete_before(KEPT)}"
PAGES_MAX = 60


async def test_freed_pages_that_are_used_again_are_not_read_for_what_is_old(
    mode: Mode, empty: object, owner: asyncpg.Connection
) -> None:
    """A range index knows only that each of them once held an old instant."""
    if mode == "timescaledb_community":
        pytest.skip("community: the database drops chunks of rollups itself")
    bound = await owner.fetchval(f"SELECT {BOUND}")
    await owner.execute(FILL, await owner.fetchval("SELECT interval '8 days'"))
    # At the end: so no page is given back that could be used again.
    await owner.execute(f"INSERT INTO {KEPT} (time, host, source, samples) VALUES (now(), 'h1', 'system', 1)")
    await owner.execute(f"VACUUM {KEPT}")  # summarizes what each range of pages holds, as autovacuum does
    deleted = await owner.execute(delete_before(KEPT), bound, 5 * ROWS_MAX)
    assert deleted == "DELETE 90000"
    await owner.execute(f"VACUUM ANALYZE {KEPT}")
    await owner.execute(FILL, await owner.fetchval("SELECT interval '0'"))
    await owner.execute(f"ANALYZE {KEPT}")
    assert await owner.fetchval("SELECT pg_relation_size($1::text::regclass) / 8192", KEPT) > 3 * PAGES_MAX
    # As asyncpg runs it after some times: with a plan for any bound.
    await owner.execute("SET plan_cache_mode = force_generic_plan")
    plan = json.loads(await owner.fetchval(EXPLAIN, bound, ROWS_MAX))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < PAGES_MAX
