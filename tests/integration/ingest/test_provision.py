"""Provision: what it makes, who may use it, and that it may run again and at the same time."""

from __future__ import annotations

import asyncio

from services.ingest.provision import provision_database
from shared.families import FAMILIES
from tests.integration.conftest import Database, DatabaseConnect


async def test_a_second_provision_changes_nothing(database: Database, database_connect: DatabaseConnect) -> None:
    connection = await database_connect(database.owner_url)
    await provision_database(database.owner_url)
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'metrics'")
    assert {row[0] for row in tables} == {*FAMILIES, "sample_sets", "schema_state"}


async def test_two_provisions_at_once_wait_for_each_other(postgres_url: str, database: Database) -> None:
    await asyncio.gather(*(provision_database(database.owner_url) for _ in range(3)))
