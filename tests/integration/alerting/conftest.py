"""A bus with what alerting keeps there, webhooks behind its channels, and notifiers that end with their test."""

from __future__ import annotations

import shutil
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.integration.alerting.people import People
from tests.integration.alerting.webhook import Made, Webhook
from tests.integration.conftest import BusConnect, provision_streams
from tests.processes import Service
from tests.servers import NatsServer, temporary_directory

StartNotifier = Callable[..., Service]


@pytest.fixture
def webhook() -> Iterator[Made]:
    """A function that starts a webhook."""
    made: list[Webhook] = []

    def make(**settings: object) -> Webhook:
        hook = Webhook(**settings)  # type: ignore[arg-type]
        hook.start()
        made.append(hook)
        return hook

    yield make
    for hook in made:
        hook.stop()


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus that a test may stop, with all streams and buckets."""
    server = NatsServer(temporary_directory("nats"))
    server.start()
    provision_streams(server)
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture
def notifier(own_bus: NatsServer, tmp_path: Path) -> Iterator[StartNotifier]:
    """A function that starts a notifier of this test's bus; settings may be changed."""
    made: list[Service] = []

    def start(**changed: str) -> Service:
        settings = {
            "nats_urls": own_bus.url,
            "nats_password": own_bus.passwords["notifier"].reveal(),
            "log_level": "debug",
        } | changed
        environment = {f"VITALWIRE_NOTIFIER_{name.upper()}": value for name, value in settings.items()}
        process = Service("services.alerting.notifier", environment, tmp_path / f"notifier-{len(made)}.log")
        made.append(process)
        process.start()
        return process

    yield start
    for process in made:
        if process.process is not None and process.process.poll() is None:
            process.stop(signal.SIGKILL)


@pytest_asyncio.fixture
async def people(own_bus: NatsServer, bus_connect: BusConnect) -> AsyncIterator[People]:
    """An evaluator that says what it is told to, and an API that sets what people want."""
    yield People(await bus_connect(own_bus, "alerting"), await bus_connect(own_bus, "api"))
