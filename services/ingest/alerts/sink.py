"""Writes events of alerts into the database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import asyncpg

from services.ingest.alerts.arrivals import Arrival, event_arrays
from services.ingest.errors import UNPROVIDED, UnavailableError
from services.ingest.link import Link
from services.ingest.metrics import AlertMetrics
from services.ingest.storage.alert_events import events_insert

T = TypeVar("T")

_INSERT = events_insert()
_NOTHING = event_arrays(())


class AlertSink:
    """Commits all or none; an event that is stored already stays as it is, so writing it twice is the same as once."""

    def __init__(self, link: Link, metrics: AlertMetrics) -> None:
        self._link = link
        self._metrics = metrics

    async def write(self, arrivals: Sequence[Arrival]) -> None:
        """Commit the events; raise WriteError, or what is our bug, when nothing was committed."""
        arrays = event_arrays(arrivals)
        status = await self._do(lambda connection: connection.execute(_INSERT, *arrays))
        stored_count = int(status.rpartition(" ")[2])
        self._metrics.stored.inc(stored_count)
        self._metrics.doubled.inc(len(arrivals) - stored_count)

    async def ask(self) -> None:
        """Return when the database takes events; raise WriteError while it does not."""
        await self._do(lambda connection: connection.execute(_INSERT, *_NOTHING))

    def close(self) -> None:
        """Let go of the connection at once; the next write makes a new one."""
        self._link.close()

    async def _do(self, work: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Return what the work returns; what people must mend waits as for a database that is away."""
        try:
            return await self._link.do(work)
        except UNPROVIDED as error:
            raise UnavailableError(f"{type(error).__name__}: {error}; run provision, or mend what it made") from error
