"""Provision by an administrator who is no superuser: may create roles and owns the database, as on rented servers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import asyncpg
import pytest

from services.ingest.provision import provision_database
from tests.servers import PostgresServer, temporary_directory


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of its own: roles belong to all databases of one, and here nobody made them yet."""
    directory = temporary_directory("administrator")
    made = PostgresServer(directory)
    try:
        made.initialise()
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(directory, ignore_errors=True)


async def test_it_provisions_and_provisions_again(server: PostgresServer) -> None:
    superuser = await asyncpg.connect(server.url())
    await superuser.execute("CREATE ROLE keeper LOGIN CREATEROLE")
    await superuser.execute("CREATE DATABASE vitals OWNER keeper")
    await superuser.close()
    for _ in range(2):
        await provision_database(server.url("vitals", "keeper"))
    connection = await asyncpg.connect(server.url("vitals", "keeper"))
    try:
        assert await connection.fetchval("SELECT mode FROM metrics.schema_state") == "plain"
        assert await connection.fetchval("SELECT tableowner FROM pg_tables WHERE tablename = 'cpu'") == "vw_owner"
    finally:
        await connection.close()
