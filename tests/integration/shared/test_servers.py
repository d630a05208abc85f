"""A server of tests starts on a machine where another program takes the port that was free a moment ago."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.servers import NatsServer, temporary_directory


@pytest.fixture
def directory() -> Iterator[Path]:
    made = temporary_directory("nats")
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_port_that_was_taken_meanwhile_is_followed_by_another(directory: Path, taken: int) -> None:
    free = free_port()
    chosen = iter([taken, free])
    server = NatsServer(directory, choose_port=lambda: next(chosen))
    server.start()
    server.stop()
    assert server.port == free


def test_a_port_that_is_given_stays_and_the_log_says_why_it_cannot_be_had(directory: Path, taken: int) -> None:
    server = NatsServer(directory, port=taken)
    with pytest.raises(AssertionError, match="address already in use"):
        server.start()
    assert (server.port, server.process) == (taken, None)
