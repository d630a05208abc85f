"""The database's own jobs follow the settings, and no refresh may reach rows that another job deletes."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from services.ingest.provisioning.schema import Wanted
from services.ingest.storage.mode import Mode
from services.ingest.storage.retention import Retention
from shared.families import FAMILIES
from tests.integration.conftest import Database
from tests.integration.storage.product import provision

READS = {"1m": "raw", "5m": "1m", "1h": "5m"}
DEFAULT = Retention()
SETTINGS = {
    "shorter": [DEFAULT, Retention(2, 4, 6, 8)],
    "shorter and longer again": [DEFAULT, Retention(2, 4, 6, 8), DEFAULT],
    "longer": [DEFAULT, Retention(14, 60, 180, 730)],
    "rollups shorter": [DEFAULT, Retention(7, 7, 7, 7)],
    "shortest": [DEFAULT, Retention(1, 1, 1, 1)],
    "the same": [DEFAULT, DEFAULT],
}

_CHUNK_WIDTHS = """SELECT hypertable_name AS name, time_interval FROM timescaledb_information.dimensions
WHERE hypertable_schema = 'metrics'
UNION ALL
SELECT view_name, time_interval FROM timescaledb_information.dimensions
JOIN timescaledb_information.continuous_aggregates
    ON materialization_hypertable_schema = dimensions.hypertable_schema
    AND materialization_hypertable_name = dimensions.hypertable_name"""
_JOBS = """SELECT proc_name, hypertable_name AS name,
    coalesce(config ->> 'start_offset', config ->> 'drop_after')::interval AS age
FROM timescaledb_information.jobs
WHERE proc_name = ANY (ARRAY['policy_refresh_continuous_aggregate', 'policy_retention'])"""


@pytest.fixture(autouse=True)
def _of_the_database(mode: Mode) -> None:
    if mode != "timescaledb_community":
        pytest.skip(f"{mode}: the database runs no jobs of ours")


@pytest.mark.parametrize("steps", SETTINGS.values(), ids=list(SETTINGS))
async def test_jobs_follow_the_settings(steps: list[Retention], empty: Database, owner: asyncpg.Connection) -> None:
    for retention in steps[1:]:
        await provision(empty, Wanted(retention))
    widths = {row["name"]: row["time_interval"] for row in await owner.fetch(_CHUNK_WIDTHS)}
    jobs = {(row["proc_name"], row["name"]): row["age"] for row in await owner.fetch(_JOBS)}
    kept_days = (steps[-1].raw_days, steps[-1].rollup_1m_days, steps[-1].rollup_5m_days, steps[-1].rollup_1h_days)
    kept = dict(zip(("raw", "1m", "5m", "1h"), (timedelta(days=days) for days in kept_days), strict=True))
    for family in FAMILIES.values():
        raw_days = family.retention_days or steps[-1].raw_days
        assert jobs["policy_retention", family.name] == min(kept["raw"], timedelta(days=raw_days))
        for level, finer in READS.items() if family.rollups else ():
            name, read = f"{family.name}_{level}", family.name if finer == "raw" else f"{family.name}_{finer}"
            assert jobs["policy_retention", name] == kept[level]
            reach, read_kept = jobs["policy_refresh_continuous_aggregate", name], jobs["policy_retention", read]
            # A rollup's chunks stay as wide as they were made; at least eight of those that are made now are kept.
            assert timedelta(0) < reach <= read_kept - 2 * min(widths[read], read_kept / 8), name


async def test_each_job_stands_once(empty: Database, owner: asyncpg.Connection) -> None:
    for retention in (Retention(2, 4, 6, 8), DEFAULT, DEFAULT):
        await provision(empty, Wanted(retention))
    many = await owner.fetch(
        "SELECT hypertable_name, proc_name, count(*) FROM timescaledb_information.jobs"
        " WHERE hypertable_schema = 'metrics' GROUP BY 1, 2 HAVING count(*) > 1"
    )
    assert many == []


_REFRESHES = """SELECT job_id, hypertable_name AS name, initial_start AS begins, schedule_interval AS every
FROM timescaledb_information.jobs WHERE proc_name = 'policy_refresh_continuous_aggregate' ORDER BY name"""


async def test_refreshes_of_a_level_take_turns_also_in_a_database_that_had_them_together(
    empty: Database, owner: asyncpg.Connection
) -> None:
    made = await owner.fetch(_REFRESHES)
    turns = {(row["every"], row["begins"]) for row in made}
    assert len(turns) == len(made) == 3 * sum(family.rollups for family in FAMILIES.values())
    await provision(empty, Wanted(DEFAULT))
    assert await owner.fetch(_REFRESHES) == made, "the same settings leave every job as it is"
    for row in made:
        await owner.execute("SELECT alter_job($1, initial_start => '2026-02-01 00:00:00+00')", row["job_id"])
    await provision(empty, Wanted(DEFAULT))
    assert {(row["every"], row["begins"]) for row in await owner.fetch(_REFRESHES)} == turns
