"""The loop of ingest: fetch, judge, write, ack; the next batch is fetched while this one is written."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from nats.errors import Error as NatsError

from services.ingest.accounting import rarities_of
from services.ingest.batch import Batch, BoundedNames, Message, judge
from services.ingest.breaker import Breaker
from services.ingest.dead_letters import SetAside
from services.ingest.ended import Ended
from services.ingest.errors import WriteError
from services.ingest.metrics import Metrics
from services.ingest.portion import backfill_portion, metrics_portion
from services.ingest.provenance import provenance_of
from services.ingest.pull import Puller
from services.ingest.retry import pause, settle_with_patience, until_it_answers
from services.ingest.room import Disk
from services.ingest.sink import PostgresSink
from services.ingest.window import RawKept

log = logging.getLogger(__name__)

BREAKER_PAUSE_S = 10.0
FULL_PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class BatchPolicy:
    """When a batch is full or old."""

    messages_max: int
    age_s_max: float


class Intake:
    """Fetches batches: METRICS first, BACKFILL in what is left."""

    def __init__(self, metrics: Puller, backfill: Puller, policy: BatchPolicy) -> None:
        self._metrics = metrics
        self._backfill = backfill
        self._policy = policy
        self._backfilling = False

    async def fetch(self) -> list[Message]:
        """Return the next batch, at most messages_max messages; empty when nothing came for age_s_max."""
        policy = self._policy
        # While BACKFILL is being read, waiting for METRICS to fill up would slow both.
        wait_s = 0.0 if self._backfilling else policy.age_s_max
        fresh = await self._metrics.pull(metrics_portion(policy.messages_max), wait_s)
        waiting = provenance_of(fresh[-1].reply).pending if fresh else 0
        room = backfill_portion(policy.messages_max, len(fresh), waiting)
        older = await self._backfill.pull(room, 0.0) if room > 0 else []
        self._backfilling = bool(older)
        return [*fresh, *older]


class Consumer:
    """Brings batches into the sink until it is asked to stop."""

    def __init__(
        self,
        intake: Intake,
        sink: PostgresSink,
        set_aside: SetAside,
        breaker: Breaker,
        metrics: Metrics,
    ) -> None:
        self._intake = intake
        self._sink = sink
        self._ended = Ended(set_aside, sink.record)
        self._breaker = breaker
        self._metrics = metrics
        self._unknown = BoundedNames()

    async def run(self, stop: asyncio.Event, raw_kept: RawKept, disk: Disk) -> None:
        """Fetch and settle until stop is set; what was fetched by then is still settled.

        While the disk is nearly full nothing is fetched: messages wait in their stream, and none is delivered again.
        """
        fetching = asyncio.create_task(self._fetch(stop, raw_kept, disk))
        try:
            stopping = False
            while not stopping:
                batch = await fetching
                stopping = stop.is_set()
                if not stopping:
                    fetching = asyncio.create_task(self._fetch(stop, raw_kept, disk))
                if batch is not None:
                    await self._settle_or_log(batch, stop)
        finally:
            fetching.cancel()
            await asyncio.gather(fetching, return_exceptions=True)

    async def _fetch(self, stop: asyncio.Event, raw_kept: RawKept, disk: Disk) -> Batch | None:
        """Return the next batch, judged while the database is still at the one before; None when nothing came."""
        while disk.paused and not stop.is_set():
            await pause(stop, FULL_PAUSE_S)
        messages = [] if stop.is_set() else await self._intake.fetch()
        return judge(messages, raw_kept.span) if messages else None

    async def _settle_or_log(self, batch: Batch, stop: asyncio.Event) -> None:
        try:
            await self._settle(batch, stop)
        except NatsError as error:
            # The bus is away and what we say to it no longer fits the buffer. What is stored already comes again.
            log.warning("not answered, messages will come again", extra={"error": f"{type(error).__name__}: {error}"})

    async def _settle(self, batch: Batch, stop: asyncio.Event) -> None:
        is_open = self._observe(batch)
        if await self._recorded(batch.too_old):
            for message in batch.too_old:
                await message.ack()
            self._metrics.too_old.inc(len(batch.too_old))
        dropped = await settle_with_patience(batch.deliveries, self._sink, self._ended, stop)
        self._metrics.dropped.inc(dropped)
        for refusal in batch.refusals:
            await self._ended.take_judged(refusal)
        if not dropped and batch.oldest is not None:
            self._metrics.lag_seconds.set(max(0.0, (datetime.now(UTC) - batch.oldest).total_seconds()))
        if dropped:
            await until_it_answers(self._sink.provisioned, stop)
        await self._ended.count()
        if is_open and not batch.deliveries:
            await pause(stop, BREAKER_PAUSE_S)

    async def _recorded(self, too_old: Sequence[Message]) -> bool:
        """Count what is too old, before it is answered; return False while the database cannot take it."""
        try:
            await self._sink.record(rarities_of(too_old))
        except WriteError as error:
            log.warning("not counted: too old", extra={"error": str(error)})
            return False
        return True

    def _observe(self, batch: Batch) -> bool:
        """Count the batch; return whether the breaker is open."""
        now, metrics = time.monotonic(), self._metrics
        was_open = self._breaker.is_open(now)
        self._breaker.observe(now, batch.hosts)
        is_open = self._breaker.is_open(now)
        if is_open and not (was_open and batch.deliveries):
            log.error(
                "most hosts are refused: is this ingest older than the collectors? they are held meanwhile",
                extra={
                    "refused_count": len(batch.refusals),
                    "reason": batch.refusals[0].reason if batch.refusals else "",
                },
            )
        elif was_open and not is_open:
            log.info("most hosts are accepted again, or were refused for too long")
        metrics.breaker_open.set(is_open)
        for stream, pending in batch.pending.items():
            metrics.pending.labels(stream).set(pending)
        for name in batch.unknown:
            metrics.unknown.labels(self._unknown.bounded(name)).inc()
        return is_open
