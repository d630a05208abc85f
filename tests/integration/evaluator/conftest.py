"""A bus of its own for each test, without any database, and evaluators that end with it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from nats.aio.client import Client

from tests.integration.conftest import BusConnect, provision_streams
from tests.integration.evaluator.stage import QUICK, Speaker, put_rule
from tests.processes import Service
from tests.servers import NatsServer, temporary_directory

StartEvaluator = Callable[..., Service]


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus that a test may stop."""
    server = NatsServer(temporary_directory("alerts"))
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture
def evaluator(own_bus: NatsServer, tmp_path: Path) -> Iterator[StartEvaluator]:
    """A function that makes an evaluator of this test's bus; settings may be changed."""
    made: list[Service] = []

    def make(**changed: str) -> Service:
        settings = {"nats_urls": own_bus.url, "nats_password": own_bus.passwords["alerting"].reveal()} | changed
        environment = {f"VITALWIRE_ALERTING_{name.upper()}": value for name, value in settings.items()}
        process = Service("services.alerting", environment, tmp_path / f"evaluator-{len(made)}.log")
        made.append(process)
        return process

    yield make
    for process in made:
        if process.process is not None and process.process.poll() is None:
            process.stop(signal.SIGKILL)


@pytest_asyncio.fixture
async def admin(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Client]:
    """A connection that may ask for everything on the bus and put rules; the rule QUICK is there."""
    client = await bus_connect(own_bus, "provision")
    await put_rule(client, QUICK)
    yield client


@pytest_asyncio.fixture
async def speaker(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[Speaker]:
    """Speaks for any host."""
    yield Speaker(await bus_connect(own_bus, "simulator"))
