"""Tells what changed: the transition behind its fence, then the state that a later evaluator begins with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple

from nats.js.api import Header

from services.alerting.change import Change
from services.alerting.fenced import Fence, FencedError, RefusedError
from services.alerting.metrics import Metrics
from shared.subjects import ALERT_STATE_BUCKET, bucket_subject
from shared.wire.alert import AlertTransition, decode_alert, encode_alert
from shared.wire.alert_state import encode_state
from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)

AT_ONCE_MAX = 32
NEWEST_MAX = 50_000
"""Alerts of which the newest message is remembered; of others the broker is asked."""

OVER_KEPT_S = 86_400
"""How long the state of an alert that is over is kept: by then nobody reads again what made it so."""


class NotHeldError(Exception):
    """The lease is not ours any more. Tell nothing until it is."""


class Newest(NamedTuple):
    """The newest transition of an alert on the bus, and where it stands; 0 for none."""

    sequence: int
    message: AlertTransition | None


class Publisher:
    """Publishes changes, each alert's in their order, exactly once as far as the bus can tell."""

    def __init__(self, alerts: Fence, states: Fence, may_act: Callable[[], bool], metrics: Metrics) -> None:
        self._alerts = alerts
        self._states = states
        self._may_act = may_act
        self._metrics = metrics
        self._newest: dict[str, Newest] = {}

    def forget(self) -> None:
        """Ask the broker again what stands newest: somebody else has published."""
        self._newest.clear()

    async def tell(self, changes: Sequence[Change]) -> None:
        """Publish and keep all of these; where it raises, some may be told, and telling them again tells them once.

        Raises FencedError where somebody else decides, NotHeldError where we may not, NatsError or OSError where the
        bus is silent.
        """
        at_once = asyncio.Semaphore(AT_ONCE_MAX)
        by_key = groupby(sorted(changes, key=lambda change: change.key), key=lambda change: change.key)
        work = [self._tell_in_order(list(each), at_once) for _, each in by_key]
        results = await asyncio.gather(*work, return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        if errors:
            raise min(errors, key=lambda error: not isinstance(error, FencedError | NotHeldError))

    async def _tell_in_order(self, changes: Sequence[Change], at_once: asyncio.Semaphore) -> None:
        async with at_once:
            for change in changes:
                if change.told is not None:
                    await self._publish(change)
                await self._keep(change)

    async def _publish(self, change: Change) -> None:
        subject = f"alerts.{change.key}"
        newest = self._newest.get(change.key) or await self._ask(change.key, subject)
        message = change.message(newest.message)
        if message is None or (newest.message is not None and newest.message.id == message.id):
            return
        self._require_held()
        # What stands there is only known again once this is answered.
        self._newest.pop(change.key, None)
        try:
            said = {Header.MSG_ID.value: message.id}
            stored = await self._alerts.publish(subject, encode_alert(message), newest.sequence, said)
        except FencedError:
            self._metrics.fenced.inc()
            there = await self._ask(change.key, subject)
            if there.message is None or there.message.id != message.id:
                raise
            return
        if not stored.is_duplicate:
            self._remember(change.key, Newest(stored.sequence, message))
            self._metrics.transitions.labels(message.status).inc()

    async def _keep(self, change: Change) -> None:
        self._require_held()
        headers = {"Nats-TTL": str(OVER_KEPT_S)} if change.after.status == "ok" else None
        subject = bucket_subject(ALERT_STATE_BUCKET, change.key)
        try:
            await self._states.publish(subject, encode_state(change.after), None, headers)
        except RefusedError as error:
            # Such as a bucket that is full: a successor may tell late, but everybody is told now.
            log.error("state not kept", extra={"error": str(error)[:500]})

    async def _ask(self, key: str, subject: str) -> Newest:
        last = await self._alerts.last(subject)
        newest = Newest(0, None) if last is None else Newest(last.sequence, _transition(last.body, subject))
        self._remember(key, newest)
        return newest

    def _remember(self, key: str, newest: Newest) -> None:
        self._newest.pop(key, None)
        self._newest[key] = newest
        if len(self._newest) > NEWEST_MAX:
            del self._newest[next(iter(self._newest))]

    def _require_held(self) -> None:
        if not self._may_act():
            raise NotHeldError


def _transition(body: bytes, subject: str) -> AlertTransition | None:
    try:
        event = decode_alert(body, subject)
    except DecodeError as error:
        log.warning("the newest message of an alert is none", extra={"subject": subject[:300], "error": str(error)})
        return None
    return event if isinstance(event, AlertTransition) else None
