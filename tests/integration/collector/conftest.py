"""A bus with the product's streams, one for each test: tests stop it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.collector.bus import make_streams
from tests.servers import NatsServer, temporary_directory


@pytest_asyncio.fixture
async def own_bus() -> AsyncIterator[NatsServer]:
    """A bus of the test's own."""
    server = NatsServer(temporary_directory("nats"))
    server.start()
    await make_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)
