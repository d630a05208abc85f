"""A host that speaks on the bus, written with msgpack alone."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgpack
from nats.aio.client import Client

CPU_COLUMNS = ["total_percent", "user_percent", "system_percent", "idle_percent", "cores_count"]
MEMORY_COLUMNS = ["total_bytes", "used_bytes", "available_bytes", "used_percent", "free_bytes"]


def cpu_table(percent: float) -> dict[str, Any]:
    return {"interval_seconds": 1.0, "columns": CPU_COLUMNS, "rows": [[percent, percent, 0.0, 100 - percent, 2]]}


def memory_table(percent: float = 50.0) -> dict[str, Any]:
    return {"interval_seconds": 1.0, "columns": MEMORY_COLUMNS, "rows": [[1000, 500, 500, percent, 400]]}


@dataclass
class Speaker:
    """Publishes sample sets of one host; the bus user is the host's own."""

    bus: Client
    host: str
    session: str = field(default_factory=lambda: secrets.token_hex(8))
    seq: int = 0

    async def say(self, time: datetime, families: dict[str, Any] | None = None) -> None:
        self.seq += 1
        message = {
            "v": 1, "host": self.host, "source": "system", "session": self.session, "seq": self.seq, "time": time,
            "families": families or {"cpu": cpu_table(float(self.seq % 100))},
        }  # fmt: skip
        token = self.host.replace(".", "=2E")
        await self.bus.publish(f"metrics.{token}.system", msgpack.packb(message, datetime=True))
        await self.bus.flush()

    async def introduce(self, **fields: Any) -> None:
        message = {"v": 1, "host": self.host, **fields}
        await self.bus.publish(f"$KV.hosts.{self.host.replace('.', '=2E')}", msgpack.packb(message, datetime=True))
        await self.bus.flush()
