"""Every relation of every family has the columns that its definition says, in order and type, whatever the mode."""

from __future__ import annotations

import asyncpg
import pytest

from shared.families import FAMILIES
from shared.family import Family
from shared.resolution import LEVEL_SECONDS, Level
from tests.integration.storage.columns import expected_columns, found_columns

RELATIONS = [
    (family, level) for family in FAMILIES.values() for level in LEVEL_SECONDS if level == "raw" or not family.churning
]


@pytest.mark.parametrize(("family", "level"), RELATIONS, ids=[f"{family.name} {level}" for family, level in RELATIONS])
async def test_columns(family: Family, level: Level, storage_reader: asyncpg.Connection) -> None:
    assert await found_columns(storage_reader, family, level) == expected_columns(family, level)


async def test_churning_families_have_no_rollups(storage_reader: asyncpg.Connection) -> None:
    churning = [family for family in FAMILIES.values() if family.churning]
    assert churning
    for family in churning:
        for level in LEVEL_SECONDS:
            assert bool(await found_columns(storage_reader, family, level)) is (level == "raw")


@pytest.mark.parametrize("state", ["schema_state", "storage_state"])
async def test_the_reading_role_sees_what_storage_says_of_itself(
    state: str, storage_reader: asyncpg.Connection
) -> None:
    assert await storage_reader.fetchval(f"SELECT count(*) FROM metrics.{state}") == 1
