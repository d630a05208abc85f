"""Looks after the parts of the product every few seconds, so that asking for health costs nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.api.errors import ApiError
from services.api.health.queries import HealthQueries
from services.api.health.schemas import Component, Health, Status, StorageState, StreamState
from shared.subjects import BACKFILL, DURABLE, METRICS
from shared.version import PRODUCT_VERSION

EVERY_SECONDS = 5.0
ASK_S_MAX = 2.0
BEHIND_MESSAGES = 50_000
"""More sample sets than this waiting for ingest is called degraded."""


@dataclass(slots=True)
class HealthBoard:
    """What was found last; unknown is not ok."""

    components: list[Component] = field(default_factory=lambda: [Component("api", "degraded", "not looked yet")])
    stream: StreamState | None = None
    storage: StorageState | None = None

    def health(self, *, full: bool) -> Health:
        """Return the answer: status only, or everything."""
        status: Status = "ok" if all(part.status == "ok" for part in self.components) else "degraded"
        if not full:
            return Health(status)
        mode = None if self.storage is None else self.storage.mode
        return Health(status, PRODUCT_VERSION, mode, self.components, self.stream, self.storage)


@dataclass(frozen=True, slots=True)
class HealthChecks:
    """Fills the board."""

    board: HealthBoard
    bus: Callable[[], Client | None]
    queries: HealthQueries
    clock: Callable[[], datetime]

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_SECONDS)

    async def look(self) -> None:
        """Look once at the bus, the database and ingest."""
        bus, (database, ingest) = self._bus(), await asyncio.gather(self._database(), self._ingest())
        storage = storage_component(self.board.storage)
        self.board.components = [Component("api", "ok", "answers"), bus, database, ingest, storage]

    def _bus(self) -> Component:
        bus = self.bus()
        if bus is not None and bus.is_connected:
            return Component("bus", "ok", "connected")
        return Component("bus", "degraded", "not connected; live views stand still until it is back")

    async def _database(self) -> Component:
        try:
            self.board.storage = await self.queries.storage()
        except ApiError as error:
            self.board.storage = None
            return Component("database", "degraded", error.detail)
        return Component("database", "ok", "answers")

    async def _ingest(self) -> Component:
        try:
            pending = [await self._pending(stream) for stream in (METRICS, BACKFILL)]
            self.board.stream = await self._stream(pending[0])
        except (NatsError, OSError, ValueError, KeyError, TypeError):
            self.board.stream = None
            return Component("ingest", "degraded", "the bus does not say how far ingest is")
        behind = sum(pending)
        if behind > BEHIND_MESSAGES:
            return Component("ingest", "degraded", f"{behind} sample sets wait to be stored")
        return Component("ingest", "ok", f"{behind} sample sets wait to be stored")

    async def _pending(self, stream: str) -> int:
        found = await self._ask(f"$JS.API.CONSUMER.INFO.{stream}.{DURABLE}")
        return int(found["num_pending"]) + int(found["num_ack_pending"])

    async def _stream(self, pending: int) -> StreamState:
        found = await self._ask(f"$JS.API.STREAM.INFO.{METRICS}")
        state, config = found["state"], found["config"]
        first, last = _instant(state["first_ts"]), _instant(state["last_ts"])
        span_seconds = (last - first).total_seconds()
        rate = state["bytes"] / span_seconds if span_seconds > 1 else 0.0
        held_seconds = min(config["max_bytes"] / rate, config["max_age"] / 1e9) if rate > 0 else None
        return StreamState(
            state["messages"], state["bytes"], config["max_bytes"],
            None if held_seconds is None else round(held_seconds, 1), pending,
        )  # fmt: skip

    async def _ask(self, subject: str) -> dict[str, Any]:
        bus = self.bus()
        if bus is None:
            raise ValueError("not connected")
        answer = await bus.request(subject, b"", timeout=ASK_S_MAX)
        found: dict[str, Any] = json.loads(answer.data)
        if "error" in found:
            raise ValueError(str(found["error"]))
        return found


def storage_component(storage: StorageState | None) -> Component:
    """Return whether everything is kept for as long as the settings say, and is still being stored."""
    if storage is None:
        return Component("storage", "degraded", "the database does not say how history is stored")
    set_seconds = 86_400 * storage.raw_retention_days
    if not storage.paused and storage.raw_retention_seconds >= set_seconds:
        return Component("storage", "ok", f"raw rows are kept for {storage.raw_retention_days} days")
    if storage.reason:
        return Component("storage", "degraded", storage.reason)
    if storage.paused:
        return Component("storage", "degraded", "nothing new is stored: the disk is nearly full")
    hours = storage.raw_retention_seconds / 3_600
    return Component("storage", "degraded", f"raw rows are kept for {hours:.1f} h only, to stay within the size")


def _instant(text: str) -> datetime:
    # Python's datetime holds microseconds, the broker writes nanoseconds.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
