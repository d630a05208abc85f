"""Every relation of every family has the columns that its definition says, in order and type, whatever the mode."""

from __future__ import annotations

import asyncpg
import pytest

from shared.families import FAMILIES
from shared.family import Family
from shared.resolution import LEVEL_SECONDS, Level
from tests.integration.storage.stored import Stored

SQL_TYPES = {str: "text", int: "bigint", float: "real"}
RELATIONS = [
    (family, level) for family in FAMILIES.values() for level in LEVEL_SECONDS if level == "raw" or not family.churning
]


def expected_columns(family: Family, level: Level) -> list[tuple[str, str]]:
    """Return name and type of each column, from the definition."""
    columns = [("time", "timestamp with time zone"), ("host", "text"), ("source", "text")]
    columns += [(label.name, SQL_TYPES[label.type]) for label in family.labels]
    if level == "raw":
        return columns + [(gauge.name, SQL_TYPES[gauge.type]) for gauge in family.gauges]
    columns.append(("samples", "bigint"))
    for gauge in family.gauges:
        kind = SQL_TYPES[gauge.type]
        columns += [(f"{gauge.name}_avg", "double precision"), (f"{gauge.name}_min", kind), (f"{gauge.name}_max", kind)]
        columns += [(f"{gauge.name}_count", "bigint")] if gauge.optional else []
    return columns


@pytest.mark.parametrize(("family", "level"), RELATIONS, ids=[f"{family.name} {level}" for family, level in RELATIONS])
async def test_columns(family: Family, level: Level, storage_reader: asyncpg.Connection) -> None:
    name = family.name if level == "raw" else f"{family.name}_{level}"
    rows = await storage_reader.fetch(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = 'metrics' AND table_name = $1 ORDER BY ordinal_position",
        name,
    )
    assert [tuple(row) for row in rows] == expected_columns(family, level)


async def test_churning_families_have_no_rollups(storage_reader: asyncpg.Connection) -> None:
    churning = [family.name for family in FAMILIES.values() if family.churning]
    assert churning
    names = [f"{name}_{level}" for name in churning for level in LEVEL_SECONDS]
    assert (
        await storage_reader.fetchval(
            "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'metrics' AND table_name = ANY ($1)",
            names,
        )
        == 0
    )


@pytest.mark.parametrize("state", ["schema_state", "storage_state"])
async def test_the_reading_role_sees_what_storage_says_of_itself(
    state: str, stored: Stored, storage_reader: asyncpg.Connection
) -> None:
    assert await storage_reader.fetchval(f"SELECT count(*) FROM metrics.{state}") == 1
