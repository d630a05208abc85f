"""How wide the chunks to come are: as the rate asks for, also when ingest was stopped to provision."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from services.ingest.storage.mode import Mode
from tests.integration.conftest import Database
from tests.integration.storage.product import provision

WIDTH = """SELECT time_interval FROM timescaledb_information.dimensions
WHERE hypertable_schema = 'metrics' AND hypertable_name = 'cpu'"""


@pytest.mark.parametrize(
    ("a_second", "hours_ago", "hours_wide"),
    [
        pytest.param(10, 0, 6, id="some hosts"),
        pytest.param(100, 0, 1, id="many hosts"),
        pytest.param(100, 5, 1, id="many hosts, ingest stopped hours ago"),
        pytest.param(0, 0, 6, id="nothing known"),
    ],
)
async def test_chunks_are_as_wide_as_the_last_rate_asks_for(
    a_second: int, hours_ago: int, hours_wide: int, empty: Database, owner: asyncpg.Connection, mode: Mode
) -> None:
    if mode == "plain":
        pytest.skip("plain: tables have no chunks")
    await owner.execute(
        "INSERT INTO metrics.sample_sets SELECT now() - $1::interval - interval '1 second' * (n % 900), 'h' || n % 7,"
        " 's', 'one', n, now(), n FROM generate_series(1, 900 * $2::integer) AS n",
        timedelta(hours=hours_ago),
        a_second,
    )
    await provision(empty)
    assert await owner.fetchval(WIDTH) == timedelta(hours=hours_wide)
