"""Looks after the parts of the product every few seconds, so that asking for health costs nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError

from services.api.errors import ApiError
from services.api.health.duties import duty_components, look_at_duties
from services.api.health.queries import HealthQueries
from services.api.health.schemas import Component, DutyHealth, Health, Status, StorageState, StreamState, StreamUnread
from services.api.health.streams import look_at
from shared.holding import UNREAD_SHARE_MAX
from shared.subjects import BACKFILL, METRICS
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
    unread: list[StreamUnread] = field(default_factory=list)
    alerting: list[DutyHealth] = field(default_factory=list)

    def health(self, *, full: bool) -> Health:
        """Return the answer: status only, or everything."""
        status: Status = "ok" if all(part.status == "ok" for part in self.components) else "degraded"
        if not full:
            return Health(status)
        mode = None if self.storage is None else self.storage.mode
        return Health(
            status, PRODUCT_VERSION, mode, self.components, self.stream, self.storage, self.unread, self.alerting
        )


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
        """Look once at the bus, the database, ingest and alerting."""
        bus, (database, (ingest, streams), duties) = (
            self._bus(), await asyncio.gather(self._database(), self._ingest(), self._alerting()),
        )  # fmt: skip
        storage = storage_component(self.board.storage)
        api = Component("api", "ok", "answers")
        self.board.components = [api, bus, database, ingest, streams, storage, *duties]

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

    async def _ingest(self) -> tuple[Component, Component]:
        """Return how far ingest is, and whether a stream is close to discarding what is not stored yet."""
        try:
            looks = [await look_at(self._ask, stream, self.clock()) for stream in (METRICS, BACKFILL)]
        except (NatsError, OSError, ValueError, KeyError, TypeError):
            self.board.stream, self.board.unread = None, []
            silent = "the bus does not say how far ingest is"
            return Component("ingest", "degraded", silent), Component("streams", "degraded", silent)
        self.board.stream, self.board.unread = looks[0].state, [look.unread for look in looks]
        behind = sum(look.unread.unread_messages for look in looks)
        status: Status = "degraded" if behind > BEHIND_MESSAGES else "ok"
        return Component("ingest", status, waiting_text(behind)), streams_component(self.board.unread)

    async def _alerting(self) -> tuple[Component, ...]:
        """Return whether somebody decides which alerts fire, and somebody tells."""
        try:
            self.board.alerting = await look_at_duties(self._answer, self.clock())
        except (NatsError, OSError, ValueError, TypeError):
            self.board.alerting = []
        return duty_components(self.board.alerting)

    async def _ask(self, subject: str, question: bytes = b"") -> dict[str, Any]:
        found = await self._answer(subject, question)
        if "error" in found:
            raise ValueError(str(found["error"]))
        return found

    async def _answer(self, subject: str, question: bytes) -> dict[str, Any]:
        """Return an answer of the broker, also one that refuses."""
        bus = self.bus()
        if bus is None:
            raise ValueError("not connected")
        answer = await bus.request(subject, question, timeout=ASK_S_MAX)
        found: dict[str, Any] = json.loads(answer.data)
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


def waiting_text(unread_messages: int) -> str:
    """Return how far ingest is behind, in words."""
    return f"{unread_messages} sample set{' waits' if unread_messages == 1 else 's wait'} to be stored"


def streams_component(unread: Sequence[StreamUnread]) -> Component:
    """Return whether a stream is close to discarding what is not stored yet."""
    fullest = max(unread, key=lambda each: each.unread_percent)
    if fullest.unread_percent >= 100 * UNREAD_SHARE_MAX:
        return Component(
            "streams",
            "degraded",
            f"{fullest.unread_percent:.0f} % of what {fullest.stream} can hold waits to be stored; at 100 % the oldest "
            "is lost: see why ingest is behind, or raise the stream's limits",
        )
    return Component("streams", "ok", f"{fullest.unread_percent:.0f} % of what {fullest.stream} can hold waits")
