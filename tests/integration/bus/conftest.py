"""A bus of these tests' own: one without streams, so that even an allowed request changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.servers import NatsServer, temporary_directory


@pytest.fixture
def own_bus() -> Iterator[NatsServer]:
    """A bus that a test may reload and fill as it likes."""
    server = NatsServer(temporary_directory("bus"))
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)


@pytest.fixture(scope="module")
def bare_bus() -> Iterator[NatsServer]:
    """A bus without streams, shared by the tests of a module."""
    server = NatsServer(temporary_directory("bare"))
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.directory, ignore_errors=True)
