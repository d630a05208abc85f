"""The loop of events of alerts: fetch, judge, write, ack."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nats.errors import Error as NatsError

from services.ingest.alerts.arrivals import Judged, judge
from services.ingest.alerts.sink import AlertSink
from services.ingest.batch import Message
from services.ingest.breaker import Breaker
from services.ingest.consume import BREAKER_PAUSE_S, FULL_PAUSE_S
from services.ingest.dead_letters import SetAside
from services.ingest.metrics import Metrics
from services.ingest.retry import pause, settle_with_patience, until_it_answers
from services.ingest.room import Disk
from shared.subjects import ALERTS

log = logging.getLogger(__name__)

EVENTS_MAX = 500
"""Events in one batch."""
EVENTS_BYTES_MAX = 4 * 1024**2
"""Bytes of one batch."""


@dataclass(frozen=True, slots=True)
class AlertConsumer:
    """Brings events of alerts into the sink until it is asked to stop.

    Beside the loop of sample sets, so that neither waits for the other.
    """

    fetch: Callable[[], Awaitable[Sequence[Message]]]
    """Returns the next batch; empty when nothing came for a while."""
    sink: AlertSink
    set_aside: SetAside
    breaker: Breaker
    metrics: Metrics
    clock: Callable[[], datetime]

    async def run(self, stop: asyncio.Event, disk: Disk) -> None:
        """Fetch and settle until stop is set; what was fetched by then is still settled."""
        while not stop.is_set():
            if disk.paused:
                await pause(stop, FULL_PAUSE_S)
                continue
            messages = await self.fetch()
            if messages:
                await self._settle_or_log(judge(messages, self.clock()), stop)
            else:
                # Alerts are rare: no connection of the database is held for those to come.
                self.sink.close()

    async def _settle_or_log(self, judged: Judged, stop: asyncio.Event) -> None:
        try:
            await self._settle(judged, stop)
        except NatsError as error:
            # The bus is away and what we say to it no longer fits the buffer. What is stored already comes again.
            log.warning("not answered, messages will come again", extra={"error": f"{type(error).__name__}: {error}"})

    async def _settle(self, judged: Judged, stop: asyncio.Event) -> None:
        is_open = self._observe(judged)
        metrics = self.metrics.alerts
        dropped = await settle_with_patience(judged.arrivals, self.sink, self.set_aside, stop)
        metrics.dropped.inc(dropped)
        for refusal in judged.refusals:
            await self.set_aside.take_judged(refusal)
        if judged.newer:
            # The broker brings them again: whoever is updated meanwhile can read them.
            metrics.held.inc(len(judged.newer))
            log.error(
                "events of a later release are held: update ingest; after a week they are set aside",
                extra={"held_count": len(judged.newer)},
            )
        if dropped:
            await until_it_answers(self.sink.ask, stop)
        elif judged.oldest is not None:
            metrics.lag_seconds.set(max(0.0, (self.clock() - judged.oldest).total_seconds()))
        if is_open and not judged.arrivals:
            await pause(stop, BREAKER_PAUSE_S)

    def _observe(self, judged: Judged) -> bool:
        """Count the batch; return whether the breaker is open."""
        now = time.monotonic()
        was_open = self.breaker.is_open(now)
        self.breaker.observe(now, judged.hosts)
        is_open = self.breaker.is_open(now)
        if is_open and not (was_open and judged.arrivals):
            log.error(
                "alerts of most hosts are refused: is this ingest older than the evaluator? they are held meanwhile",
                extra={
                    "refused_count": len(judged.refusals),
                    "reason": judged.refusals[0].reason if judged.refusals else "",
                },
            )
        elif was_open and not is_open:
            log.info("alerts of most hosts are accepted again, or were refused for too long")
        self.metrics.alerts.breaker_open.set(is_open)
        self.metrics.pending.labels(ALERTS).set(judged.pending)
        return is_open
