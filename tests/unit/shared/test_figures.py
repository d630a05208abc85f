"""A process's own figures: served on loopback until they are closed, or the port is told that cannot be had."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Counter

from shared.runtime.figures import FiguresError, serve_figures
from tests.ports import free_port


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("vitalwire_test_sample_sets", "Sample sets.", registry=registry).inc(3)
    return registry


def test_figures_are_served_on_loopback_until_they_are_closed() -> None:
    port = free_port()
    with serve_figures(_registry(), port):
        text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
        assert "vitalwire_test_sample_sets_total 3.0" in text.splitlines()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_port_0_serves_nothing() -> None:
    before = threading.active_count()
    with serve_figures(_registry(), 0):
        assert threading.active_count() == before


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        port = taken.getsockname()[1]
        expected = rf"^metrics_port {port} cannot be listened on \(Address already in use\): choose a free one$"
        with pytest.raises(FiguresError, match=expected):
            serve_figures(_registry(), port)
