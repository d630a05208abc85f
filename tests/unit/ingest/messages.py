"""Messages as the broker delivers them, which remember what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgpack

ARRIVED = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@dataclass
class FakeMessage:
    """A delivered message; answers go to the order log."""

    name: str
    data: bytes = b""
    subject: str = "metrics.a.system"
    reply: str = ""
    orders: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reply = self.reply or ack_subject()

    async def ack(self) -> None:
        self.orders.append(f"ack {self.name}")

    async def term(self) -> None:
        self.orders.append(f"term {self.name}")

    async def in_progress(self) -> None:
        self.orders.append(f"in progress {self.name}")


def ack_subject(sequence: int = 7, pending: int = 0, arrived: datetime = ARRIVED, stream: str = "METRICS") -> str:
    """Return the ack subject of a message that arrived then."""
    return f"$JS.ACK.{stream}.ingest.1.{sequence}.9.{int(arrived.timestamp() * 1_000_000) * 1000}.{pending}"


def body(host: str = "a", seq: int = 1, time: datetime = ARRIVED, families: Any = None, **changed: Any) -> bytes:
    """Return a sample set's bytes, written without product code."""
    if families is None:
        families = {"swap": swap([[seq, 0, 0, 0.0, 0.0, 0.0]])}
    message = {"v": 1, "host": host, "source": "system", "session": "s", "seq": seq, "time": time,
               "families": families}  # fmt: skip
    return bytes(msgpack.packb(message | changed, datetime=True))


def swap(rows: list[list[Any]], columns: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a table of the family swap; `columns` come after its own."""
    own = ("total_bytes", "used_bytes", "free_bytes", "used_percent", "in_bytes_per_second", "out_bytes_per_second")
    return {"interval_seconds": 1.0, "columns": [*own, *columns], "rows": rows}
