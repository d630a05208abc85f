"""The watch goes on while the database is silent."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

from services.ingest.metrics import Metrics
from services.ingest.stream_watch import StreamWatch
from shared.subjects import METRICS

_STREAM = {
    "created": "2026-11-21T12:00:00Z",
    "state": {"first_seq": 1, "last_seq": 100, "messages": 100, "bytes": 5_000},
    "config": {"max_bytes": 10_000},
}
_CONSUMER = {
    "num_pending": 50, "num_ack_pending": 0, "ack_floor": {"stream_seq": 50}, "delivered": {"consumer_seq": 50},
}  # fmt: skip


class FakeBus:
    """Says where a stream and its durable stand."""

    async def request(self, subject: str, payload: bytes, timeout: float) -> Any:  # noqa: ASYNC109 - as the client's
        return SimpleNamespace(data=json.dumps(_CONSUMER if "CONSUMER" in subject else _STREAM))


async def test_a_database_that_never_answers_holds_no_look_up() -> None:
    asked = []

    async def connect() -> Any:
        asked.append("connect")
        await asyncio.Event().wait()

    bus: Any = FakeBus()
    metrics = Metrics()
    watch = StreamWatch(bus, connect, metrics, record_s_max=0.05)
    async with asyncio.timeout(10):
        await watch.look()
        await watch.look()
    assert asked == ["connect", "connect"]
    shown = metrics.registry.get_sample_value("vitalwire_ingest_unread_share", {"stream": METRICS})
    assert shown == 0.25
