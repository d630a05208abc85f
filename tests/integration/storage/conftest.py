"""The suite's databases: one with the big set of samples for the whole session, and empty ones."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio

from services.ingest.storage.mode import Mode
from tests.integration.conftest import Database
from tests.integration.storage.product import drop_database, in_thread, make_database, mode_of_database
from tests.integration.storage.stored import MOMENTS, Stored
from tests.integration.storage.timeline import FULL, SMALL, end_of_samples


@pytest.fixture(scope="session")
def stored(postgres_url: str, template_database: str) -> Iterator[Stored]:
    """The big set of samples; VITALWIRE_TEST_STORAGE=full makes it 45 times as big."""
    size = FULL if os.environ.get("VITALWIRE_TEST_STORAGE") == "full" else SMALL
    database = in_thread(lambda: make_database(postgres_url))
    mode = in_thread(lambda: mode_of_database(database))
    yield Stored(database, mode, size, end_of_samples(datetime.now(UTC)))
    in_thread(lambda: drop_database(postgres_url, database))


@pytest.fixture(scope="session", params=MOMENTS)
def moment(request: pytest.FixtureRequest, stored: Stored) -> str:
    """A moment that the big set has reached; of the whole session, so that pytest runs each one's tests together."""
    reached: str = request.param
    stored.reach(reached)
    return reached


@pytest.fixture
def empty(postgres_url: str, template_database: str) -> Iterator[Database]:
    """A provisioned database of one test, whose own jobs run only when the test runs them."""
    database = in_thread(lambda: make_database(postgres_url))
    yield database
    in_thread(lambda: drop_database(postgres_url, database))


@pytest.fixture
def mode(stored: Stored) -> Mode:
    """The storage mode of the server under test."""
    return stored.mode


@pytest_asyncio.fixture
async def owner(empty: Database) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to the test's database."""
    connection = await asyncpg.connect(empty.owner_url)
    yield connection
    connection.terminate()


@pytest_asyncio.fixture
async def storage_reader(stored: Stored) -> AsyncIterator[asyncpg.Connection]:
    """A connection to the big set of samples as the role that may only read."""
    connection = await asyncpg.connect(stored.database.read_url)
    yield connection
    await connection.close()
