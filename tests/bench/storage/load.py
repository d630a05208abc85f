"""Sends requests over kept-alive connections as fast as answers come, in a process of its own.

Reads a wish as JSON from standard input; prints what it measured as JSON.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import uvloop

END_OF_HEADERS = b"\r\n\r\n"
LINE_BYTES_MAX = 4 * 1024**2


@dataclass
class Load:
    """What is sent, and what came of it."""

    port: int
    headers: bytes
    paths: list[str]
    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    received_bytes: int = 0

    async def client(self, paths: itertools.cycle[str], end: float, requests_max: int) -> None:
        """Ask one request after the other until the end, or until there are enough."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=LINE_BYTES_MAX)
        try:
            while time.perf_counter() < end and len(self.latencies_s) < requests_max:
                began = time.perf_counter()
                writer.write(b"GET %s HTTP/1.1\r\n%s\r\n" % (next(paths).encode(), self.headers))
                head = await reader.readuntil(END_OF_HEADERS)
                received_bytes = await _body(reader, head.lower())
                self.latencies_s.append(time.perf_counter() - began)
                self.received_bytes += received_bytes
                self.statuses[head[9:12].decode()] += 1
        finally:
            writer.close()


async def _body(reader: asyncio.StreamReader, head: bytes) -> int:
    """Read the body of an answer; return its bytes."""
    _, found, rest = head.partition(b"content-length:")
    if found:
        return len(await reader.readexactly(int(rest.partition(b"\r\n")[0])))
    total = 0
    while size := int(await reader.readuntil(b"\r\n"), 16):
        await reader.readexactly(size + 2)
        total += size
    await reader.readexactly(2)
    return total


async def measure(wish: dict[str, Any]) -> dict[str, Any]:
    """Return latencies in seconds, how long it took, statuses and bytes."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in wish["headers"].items()).encode()
    load = Load(wish["port"], headers, wish["paths"])
    paths = itertools.cycle(wish["paths"])
    began = time.perf_counter()
    end = began + wish["seconds_max"]
    await asyncio.gather(*(load.client(paths, end, wish["requests_max"]) for _ in range(wish["clients"])))
    return {
        "seconds": time.perf_counter() - began, "latencies_s": load.latencies_s, "statuses": dict(load.statuses),
        "received_bytes": load.received_bytes,
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measure(json.load(sys.stdin)))))
