"""Every row of every rollup equals the one computed from the samples, before rounding; raw rows are stored once."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import numpy as np
import pytest

from shared.families import FAMILIES
from tests.integration.storage.generate import SERIES
from tests.integration.storage.rollup_rows import LEVEL_S, rollup_rows, wrong_columns, wrong_places
from tests.integration.storage.stored import Stored

ROLLUP_LEVELS = [level for level in LEVEL_S if level != "raw"]


@pytest.mark.parametrize("name", SERIES)
async def test_raw_rows_are_stored_once(
    name: str, moment: str, stored: Stored, storage_reader: asyncpg.Connection
) -> None:
    table = stored.table(name, stored.parts(moment))
    keys = ", ".join(["host", "source", *(label.name for label in FAMILIES[name].labels)])
    rows = await storage_reader.fetch(f"SELECT {keys}, count(*) FROM metrics.{name} GROUP BY {keys}")
    counts = np.bincount(table.series, minlength=len(table.keys)).tolist()
    assert {tuple(row)[:-1]: row["count"] for row in rows} == dict(zip(table.keys, counts, strict=True))


@pytest.mark.parametrize("level", ROLLUP_LEVELS)
@pytest.mark.parametrize("name", SERIES)
async def test_rollup_rows(
    name: str, level: str, moment: str, stored: Stored, storage_reader: asyncpg.Connection
) -> None:
    if stored.rollups_wait(moment):
        pytest.skip(f"{stored.mode}: rollups show rows that came late after the next refresh")
    table = stored.table(name, stored.parts(moment))
    found = await rollup_rows(storage_reader, table, level)
    assert wrong_places(found, table, level)[:3] == []
    assert wrong_columns(found, table, level) == []


@pytest.mark.parametrize("moment", ["settled", "settled again"], indirect=True)
async def test_upkeep_left_only_what_is_still_open(
    moment: str, stored: Stored, storage_reader: asyncpg.Connection
) -> None:
    """Otherwise the moments would all ask the same: what is computed while it is read."""
    if stored.mode != "timescaledb_community":
        left = await storage_reader.fetch("SELECT bucket_seconds, time FROM metrics.rollup_dirty")
        ends = [row["time"] + timedelta(seconds=row["bucket_seconds"]) for row in left]
        assert [end for end in ends if end < stored.end - timedelta(minutes=1)] == []
        return
    for name in SERIES:
        watermark = await storage_reader.fetchval(
            "SELECT _timescaledb_functions.to_timestamp(_timescaledb_functions.cagg_watermark(mat_hypertable_id))"
            " FROM _timescaledb_catalog.continuous_agg WHERE user_view_name = $1",
            f"{name}_1m",
        )
        newest = stored.table(name, stored.parts(moment)).time.max()
        assert watermark.timestamp() >= newest / 1e6 - 60
        compressed = await storage_reader.fetchval(
            "SELECT count(*) FROM timescaledb_information.chunks WHERE hypertable_name = $1 AND is_compressed", name
        )
        assert compressed > 0
