"""Session fixtures own processes and are synchronous; function fixtures own connections."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.servers import NatsServer, PostgresServer, temporary_directory

# Ten times what hypothesis allows an example: a busy machine stays within it, a pattern that explodes does not.
settings.register_profile("suite", deadline=2_000)
settings.load_profile("suite")


@pytest.fixture(scope="session")
def nats_bus() -> Iterator[NatsServer]:
    """A bus with the product's users; tests that stop it or add hosts start one of their own."""
    server = NatsServer(temporary_directory("nats"))
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server; each test makes its own database in it."""
    server = PostgresServer(temporary_directory("pg"))
    server.initialise()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """Address of a superuser on the server under test; TEST_DATABASE_URL names a running one instead."""
    named = os.environ.get("TEST_DATABASE_URL")
    if named:
        return named
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url()
