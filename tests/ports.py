"""Free ports on loopback; of two workers of a test run, which choose at the same time, none chooses the other's."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack

WORKERS_COUNT = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


def free_port() -> int:
    """Return a port on which nothing listens now."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return so many different ports on which nothing listens now."""
    found: list[int] = []
    with ExitStack() as probes:
        while len(found) < count:
            probe = probes.enter_context(socket.socket())
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            if of_worker(port, WORKER, WORKERS_COUNT):
                found.append(port)
    return found


def of_worker(port: int, worker: int, workers_count: int) -> bool:
    """Return whether a port is one of those that this worker may choose."""
    # Halved first: Linux gives a listener odd ports, and even ones to connections that are opened.
    return port // 2 % workers_count == worker
