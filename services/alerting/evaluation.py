"""One life of an evaluator: what it begins with, and the work that it then does side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from nats.aio.client import Client

from services.alerting.broker_clock import BrokerClock
from services.alerting.buckets import Bucket
from services.alerting.configured import KnownHosts, KnownRules
from services.alerting.decisions import Decisions
from services.alerting.duty import Duty
from services.alerting.fenced import FencedStream
from services.alerting.intake import Intake
from services.alerting.kept import Kept
from services.alerting.lease import Lease
from services.alerting.metrics import Metrics
from services.alerting.publish import Publisher
from services.alerting.restoring import begin_at
from shared.runtime.bus import BREAKING
from shared.subjects import (
    ALERT_CURSOR_BUCKET,
    ALERT_RULES_BUCKET,
    ALERT_STATE_BUCKET,
    ALERTS,
    HOSTS_BUCKET,
    bucket_stream,
)

log = logging.getLogger(__name__)

RETRY_S = 1.0
ALONE_AFTER_S = 15.0
"""Whoever reads for so long without being caught up wants the lease all the same: nobody else seems to be there."""


class Evaluation:
    """An evaluator on the bus, from its begin until it is cancelled, or the stream of sample sets begins anew."""

    def __init__(self, bus: Client, lease: Lease, metrics: Metrics, clock: Callable[[], datetime]) -> None:
        self._clock = BrokerClock(clock)
        self._decisions = decisions = Decisions()
        self._intake = Intake(bus, decisions, self._clock, metrics)
        cursors = FencedStream(bus, bucket_stream(ALERT_CURSOR_BUCKET))
        self._kept = Kept(Bucket(bus, ALERT_STATE_BUCKET), cursors)
        states = FencedStream(bus, bucket_stream(ALERT_STATE_BUCKET))
        publisher = Publisher(FencedStream(bus, ALERTS), states, lambda: lease.is_held, metrics)
        self._duty = Duty(decisions, lease, publisher, self._kept, metrics)
        self._rules = KnownRules(decisions.evaluator, decisions.add)
        self._hosts = KnownHosts(decisions.evaluator, decisions.add)
        self._rules_bucket, self._hosts_bucket = Bucket(bus, ALERT_RULES_BUCKET), Bucket(bus, HOSTS_BUCKET)
        self._alone_at = 0.0

    async def run(self, ready: Callable[[], None]) -> None:
        """Evaluate for ever; `ready` is called when it begins. Raises BegunAnewError, or what is a bug."""
        rules = self._rules_bucket.follow(self._rules.all, self._rules.change)
        hosts = self._hosts_bucket.follow(self._hosts.all, self._hosts.change)
        try:
            await _together(rules, hosts, self._evaluate(ready))
        finally:
            await self._duty.end()

    async def _evaluate(self, ready: Callable[[], None]) -> None:
        # What a rule does not look at yet would otherwise be forgotten as what no rule looks at.
        while not (self._rules.is_read and self._hosts.is_read):  # noqa: ASYNC110 - both are read within moments
            await asyncio.sleep(0.05)
        begin = await self._begin()
        self._alone_at = asyncio.get_running_loop().time() + ALONE_AFTER_S
        ready()
        await _together(
            self._intake.run(begin, lambda: self._duty.is_held_up),
            self._intake.keep_clock(),
            self._duty.stand(self._is_ready),
            self._duty.tell(),
        )

    async def _begin(self) -> datetime:
        """Take over what others have kept, and return from which arrival on to read."""
        while True:
            try:
                look = await self._intake.look()
                cursor, states = await self._kept.cursor_in(look), await self._kept.states()
                break
            except BREAKING as error:
                log.warning("waiting for the bus", extra={"error": f"{type(error).__name__}: {error}"})
                await asyncio.sleep(RETRY_S)
        told_until = 0 if cursor is None else cursor.sequence
        self._decisions.outbox.moved(told_until)
        self._decisions.evaluator.restored(states, told_until)
        begin = begin_at(cursor, states.values(), self._clock.now())
        log.info("beginning", extra={"states": len(states), "cursor": told_until, "begin": begin.isoformat()})
        return begin

    def _is_ready(self) -> bool:
        return self._intake.is_caught_up or asyncio.get_running_loop().time() > self._alone_at


async def _together(*work: Coroutine[Any, Any, None]) -> None:
    """Do all of it until one ends or raises; all have ended when this returns or raises."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
