"""Writes events of alerts into the database."""

from __future__ import annotations

from collections.abc import Sequence

from services.ingest.alerts.arrivals import Arrival, event_arrays
from services.ingest.link import Link
from services.ingest.metrics import AlertMetrics
from services.ingest.storage.alert_events import events_insert

_INSERT = events_insert()


class AlertSink:
    """Commits all or none; an event that is stored already stays as it is, so writing it twice is the same as once."""

    def __init__(self, link: Link, metrics: AlertMetrics) -> None:
        self._link = link
        self._metrics = metrics

    async def write(self, arrivals: Sequence[Arrival]) -> None:
        """Commit the events; raise WriteError, or what is our bug, when nothing was committed."""
        arrays = event_arrays(arrivals)
        status = await self._link.do(lambda connection: connection.execute(_INSERT, *arrays))
        stored_count = int(status.rpartition(" ")[2])
        self._metrics.stored.inc(stored_count)
        self._metrics.doubled.inc(len(arrivals) - stored_count)

    async def ask(self) -> None:
        """Return when the database answers; raise WriteError while it does not."""
        await self._link.do(lambda connection: connection.fetchval("SELECT 1"))

    def close(self) -> None:
        """Let go of the connection at once; the next write makes a new one."""
        self._link.close()
