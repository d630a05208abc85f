"""Databases made from one provisioned template, and a bus with the product's streams."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.ingest.provision import provision_bus, provision_database
from services.ingest.settings import ProvisionSettings
from shared.runtime.bus import BusAddress, connect
from tests.servers import NatsServer

MIB = 1024**2
ACK_WAIT_S = 2.0
"""Short, so that a test of redelivery does not wait a minute."""


@dataclass(frozen=True, slots=True)
class Database:
    """A provisioned database of one test: its name, and its address for each role."""

    name: str
    owner_url: str
    ingest_url: str
    read_url: str
    app_url: str


def database_url(postgres_url: str, database: str, user: str | None = None) -> str:
    """Return the address of another database, or of another user, on the same server."""
    parts = urlsplit(postgres_url)
    before, _, location = parts.netloc.rpartition("@")
    netloc = f"{user}@{location}" if user else (f"{before}@{location}" if before else location)
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{database}"))


def database_on(postgres_url: str, name: str) -> Database:
    """Return the addresses of a database by role; `owner_url` is the superuser's."""
    urls = (database_url(postgres_url, name, user) for user in (None, "vw_ingest", "vw_read", "vw_app"))
    return Database(name, *urls)


def run_sql(url: str, statement: str) -> None:
    """Run one statement from a test that is not asynchronous, on a connection of its own."""

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """Name of a database provisioned once per session; nobody may be connected to it."""
    name = f"vw_template_{secrets.token_hex(4)}"
    _in_thread(lambda: asyncio.run(provision_database(database_url(postgres_url, name))))
    # TimescaleDB's scheduler stays away from a closed database once ended; to an open one it returns during a copy.
    _in_thread(lambda: run_sql(postgres_url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
    ending = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    _in_thread(lambda: run_sql(postgres_url, ending))
    yield name
    _in_thread(lambda: run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def database(postgres_url: str, template_database: str) -> Iterator[Database]:
    """A fresh provisioned database, dropped at the end."""
    name = f"vw_test_{secrets.token_hex(4)}"
    made_here = database_on(postgres_url, name)
    # asyncio.run would end a loop that an asynchronous test already runs in: a thread has none.
    _in_thread(lambda: run_sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template_database}"))
    yield made_here
    _in_thread(lambda: run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def bus(nats_bus: NatsServer) -> NatsServer:
    """The session's bus with streams, bucket and durables."""
    provision_streams(nats_bus)
    return nats_bus


def provision_streams(server: NatsServer, messages_max: int = 2_000) -> None:
    """Make the streams on a bus with limits that suit tests."""
    settings = ProvisionSettings(
        nats_urls=(server.url,),
        nats_password=server.passwords["provision"],
        database_url="",
        metrics_bytes_max=512 * MIB,
        backfill_bytes_max=256 * MIB,
        messages_max=messages_max,
        ack_wait_s=ACK_WAIT_S,
    )
    _in_thread(lambda: asyncio.run(provision_bus(settings)))


BusConnect = Callable[[NatsServer, str], Awaitable[Client]]


@pytest_asyncio.fixture
async def bus_connect() -> AsyncIterator[BusConnect]:
    """A function (server, user) → connection as that bus user, closed at the end of the test."""
    opened: list[Client] = []

    async def open_as(server: NatsServer, user: str) -> Client:
        address = BusAddress((server.url,), user, server.passwords[user], f"test {user}")
        client = await connect(address, on_closed=lambda: None, backoff_s_max=0.2)
        opened.append(client)
        return client

    yield open_as
    for client in opened:
        await client.close()


DatabaseConnect = Callable[[str], Awaitable[asyncpg.Connection]]


@pytest_asyncio.fixture
async def database_connect() -> AsyncIterator[DatabaseConnect]:
    """A function url → connection, closed at the end of the test."""
    opened: list[asyncpg.Connection] = []

    async def open_at(url: str) -> asyncpg.Connection:
        connection = await asyncpg.connect(url)
        opened.append(connection)
        return connection

    yield open_at
    for connection in opened:
        await connection.close(timeout=5)


def _in_thread(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()
