"""A bus of its own for each test, and ingest processes that end with it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from nats.aio.client import Client

from tests.bus_proxy import BusProxy
from tests.integration.conftest import BusConnect, Database, DatabaseConnect, provision_streams
from tests.integration.ingest.running import HOST
from tests.processes import Service
from tests.servers import NatsServer, PostgresServer, temporary_directory

StartIngest = Callable[..., Service]


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus that a test may stop, with streams and durables nobody else reads."""
    server = NatsServer(temporary_directory("nats"))
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest_asyncio.fixture
async def proxy(own_bus: NatsServer) -> AsyncIterator[BusProxy]:
    """A wire to this test's bus."""
    made = BusProxy(own_bus.port)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def ingest(own_bus: NatsServer, database: Database, tmp_path: Path) -> Iterator[StartIngest]:
    """A function that makes an ingest process of this test's bus and database; settings may be changed."""
    made: list[Service] = []

    def make(**changed: str) -> Service:
        settings = {
            "nats_urls": own_bus.url,
            "nats_password": own_bus.passwords["ingest"].reveal(),
            "database_url": database.ingest_url,
            "age_s_max": "0.1",
        } | changed
        environment = {f"VITALWIRE_INGEST_{name.upper()}": value for name, value in settings.items()}
        process = Service("services.ingest", environment, tmp_path / f"ingest-{len(made)}.log")
        made.append(process)
        return process

    yield make
    for process in made:
        if process.process is not None and process.process.poll() is None:
            process.stop(signal.SIGKILL)


@pytest_asyncio.fixture
async def host_client(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """The connection of the host HOST."""
    yield await bus_connect(own_bus, f"host-{HOST.replace('.', '=2E')}")


@pytest_asyncio.fixture
async def admin_client(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """A connection that may ask for everything on the bus."""
    yield await bus_connect(own_bus, "provision")


@pytest_asyncio.fixture
async def owner(database: Database, database_connect: DatabaseConnect) -> AsyncIterator[asyncpg.Connection]:
    """A superuser's connection to this test's database."""
    yield await database_connect(database.owner_url)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A database server that a test may stop."""
    server = PostgresServer(temporary_directory("pg"))
    server.initialise()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)
