"""The time for which one process tells: it begins with what is stored, and ends when another may tell."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from nats.aio.client import Client
from prometheus_client import Gauge

from services.alerting.amounts import Language
from services.alerting.grouping import Group
from services.alerting.notifier.addresses import Addresses
from services.alerting.notifier.keeping import Keeping
from services.alerting.notifier.metrics import Metrics
from services.alerting.notifier.outbox import Outbox, Sending
from services.alerting.notifier.reading import Listening, Reading, read_notified
from services.alerting.notifier.sending import Attempts, DeliveryError, Severity, Text
from services.alerting.notifier.trying import Trying
from services.alerting.notifier.waiting import Patience
from services.alerting.telling import Notifier, Surroundings
from services.alerting.wording import body, title, trial_message

log = logging.getLogger(__name__)

BREATH_S = 0.02
"""Between two looks at what has changed: a storm of transitions is looked at in portions."""

SHOW_EVERY_S = 1.0
FINISH_S_MAX = 1.0
FRESH_S_MAX = 3_600.0
"""Older news is that of a restart or of a silence that has ended, and says nothing of how fast messages are."""


@dataclass(frozen=True, slots=True)
class Voice:
    """In what words people are told."""

    language: Language
    zone: ZoneInfo
    page: str

    def text(self, group: Group) -> Text:
        """Return what a message says."""
        first = group.first
        severity: Severity = "ok" if first.status == "ok" else first.level
        return Text(title(group, self.language), body(group, self.language, self.page, self.zone), severity)

    def test(self, channel: str) -> Text:
        """Return what a message says that only tries a channel."""
        return Text(*trial_message(channel, self.language), "ok")


@dataclass(frozen=True, slots=True)
class Tools:
    """What outlives a term: threads that have not ended are counted on, and URLs are not read anew."""

    addresses: Addresses
    attempts: Attempts
    patience: Patience
    voice: Voice
    metrics: Metrics
    clock: Callable[[], datetime]
    chance: Callable[[], float]
    """A number of [0, 1), which spreads pauses."""


class Term:
    """Reads, decides and sends; make a new one for each time.

    `may_tell` is asked before anything is decided: the lease may end while the bus does not answer.
    """

    def __init__(self, bus: Client, tools: Tools, may_tell: Callable[[], bool]) -> None:
        self._bus = bus
        self._tools = tools
        self._may_tell = may_tell
        self._outbox = Outbox(tools.patience)
        self._changed = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Tell until it is cancelled; what is being sent then has a moment to arrive, or is told again by another."""
        surroundings = Surroundings()
        notifier = Notifier(surroundings, await read_notified(self._bus))
        tools = self._tools
        listening = Listening(notifier, surroundings, tools.addresses, self._changed.set, tools.metrics, tools.clock)
        reading = Reading(self._bus, listening)
        keeping = Keeping(self._bus, notifier, self._outbox, tools.metrics, self._may_tell)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(reading.run())
                await reading.filled()
                log.info("telling", extra={"alerts": len(notifier)})
                tools.metrics.telling.set(1)
                group.create_task(keeping.run())
                group.create_task(self._show(notifier))
                group.create_task(self._trying().run())
                await self._tell(notifier, keeping)
        finally:
            tools.metrics.telling.set(0)
            await self._finish(keeping)

    def _trying(self) -> Trying:
        tools = self._tools
        return Trying(self._bus, tools.addresses, tools.attempts, tools.voice.test, self._may_tell)

    async def _tell(self, notifier: Notifier, keeping: Keeping) -> None:
        tools, outbox = self._tools, self._outbox
        while True:
            self._changed.clear()
            now = tools.clock()
            if self._may_tell():
                outbox.set_addresses(tools.addresses.usable())
                outbox.add(notifier.decide(now), now)
                for sending in outbox.sendings(now):
                    task = asyncio.create_task(self._send(sending))
                    self._sending.add(task)
                    task.add_done_callback(self._sending.discard)
                keeping.look(outbox.given_up(now))
            await asyncio.sleep(BREATH_S)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, notifier.pause(tools.clock()).total_seconds())):
                    await self._changed.wait()

    async def _finish(self, keeping: Keeping) -> None:
        """Keep what arrives within a moment, so that not every restart tells something twice."""
        if self._sending and self._may_tell():
            await asyncio.wait(self._sending, timeout=FINISH_S_MAX)
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)
        if self._may_tell() and self._bus.is_connected:
            await keeping.finish()

    async def _send(self, sending: Sending) -> None:
        channel = sending.address.channel
        why = await self._attempt(sending)
        if why is None:
            sending.queue.delivered()
            self._tools.metrics.messages.labels(channel).inc()
            self._measure(sending.message.group)
            log.info("message delivered", extra=_of(sending))
        else:
            sending.queue.failed(self._tools.clock(), self._tools.chance())
            self._tools.metrics.failures.labels(channel).inc()
            failures = {"failures": sending.queue.failures_count, "reason": why}
            log.warning("message not delivered", extra={**_of(sending), **failures})
        self._changed.set()

    async def _attempt(self, sending: Sending) -> str | None:
        """Return None once a message has arrived, else why it has not."""
        tools, address = self._tools, sending.address
        send = tools.addresses.send_to(address)
        if send is None:
            return "its channel was changed or removed"
        try:
            await tools.attempts.make(address, partial(send, tools.voice.text(sending.message.group)))
        except DeliveryError as error:
            return str(error)
        except Exception:  # whatever is wrong with one message, all others have to go out
            log.exception("a message could not be made: this is a bug")
            return "it could not be made"
        return None

    def _measure(self, group: Group) -> None:
        now = self._tools.clock()
        for each in group.named if group.what == "news" else ():
            seconds = (now - each.time).total_seconds()
            if 0 <= seconds <= FRESH_S_MAX:
                self._tools.metrics.delay_seconds.observe(seconds)

    async def _show(self, notifier: Notifier) -> None:
        """Keep the figures of what there is now up to date."""
        metrics = self._tools.metrics
        while True:
            metrics.alerts.set(len(notifier))
            metrics.left_out.set(notifier.left_out_count)
            metrics.attempts_running.set(self._tools.attempts.running_count)
            waiting: dict[str, int] = {}
            for address, queue in self._outbox.queues.items():
                waiting[address.channel] = max(len(queue), waiting.get(address.channel, 0))
            _replace(metrics.waiting, waiting)
            _replace(metrics.addresses_refused, self._tools.addresses.refused_counts())
            await asyncio.sleep(SHOW_EVERY_S)


def _replace(gauge: Gauge, values: Mapping[str, int]) -> None:
    """Set a gauge for each channel; one that was removed is shown no longer."""
    gauge.clear()
    for channel, value in values.items():
        gauge.labels(channel).set(value)


def _of(sending: Sending) -> dict[str, object]:
    group = sending.message.group
    return {
        "channel": sending.address.channel, "url_number": sending.address.number, "rule": group.first.rule,
        "status": group.first.status, "alert_level": group.first.level, "what": group.what, "alerts": group.count,
    }  # fmt: skip
