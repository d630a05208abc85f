"""Feeds the evaluator: sample sets as they come, and the seconds that pass."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy

from services.alerting.broker_clock import BrokerClock
from services.alerting.decisions import Decisions
from services.alerting.following import BrokenError, Following
from services.alerting.metrics import Metrics
from services.alerting.stream_look import StreamLook, look_at
from shared.runtime.bus import BREAKING
from shared.subjects import METRICS
from shared.wire.decode import DecodeError, decode

log = logging.getLogger(__name__)

SECOND_S = 1.0
STALLED_S = 3.0
"""Where so long passed between two seconds, something was put off, and what came meanwhile may not be read yet."""

LAG_MAX = timedelta(seconds=2)
"""Sample sets that are no older when they are read count as those of now."""

CHUNK_MESSAGES = 100
"""After so many, whoever renews the lease or publishes has a turn: some milliseconds."""

CLOCK_EVERY_S = 10.0
RETRY_S = 1.0
FULL_PAUSE_S = 0.05
BROKEN_PAUSE_S = 0.1


class BegunAnewError(Exception):
    """The stream is another one than before, so no place in it means anything. Begin as a new process would."""


class Intake:
    """Reads METRICS in order, from where it is told to begin, by a consumer of its own."""

    def __init__(self, bus: Client, decisions: Decisions, clock: BrokerClock, metrics: Metrics) -> None:
        self.is_caught_up = False
        """Whether all that is stored was read once; from then on only breaks of the bus come between."""
        self._bus = bus
        self._decisions = decisions
        self._clock = clock
        self._metrics = metrics
        self._sequence = 0
        self._created = ""
        self._second_at = 0.0
        self._late_told = self._unwatched_told = 0

    async def run(self, begin: datetime, is_held_up: Callable[[], bool]) -> None:
        """Read from the arrival `begin` on, for ever; raise BegunAnewError where the stream is another one.

        While `is_held_up`, nothing is read: what was decided must be told first.
        """
        following = Following(self._bus, METRICS, "metrics.>")
        self._second_at = _monotonic() + SECOND_S
        try:
            while True:
                try:
                    await self._turn(following, begin, is_held_up)
                except BrokenError as error:
                    log.info("sample sets are read again from where we were", extra={"reason": str(error)[:300]})
                    await following.end()
                    await asyncio.sleep(BROKEN_PAUSE_S)
                except BREAKING as error:
                    log.warning("no sample sets now", extra={"error": f"{type(error).__name__}: {error}"})
                    await following.end()
                    self._pass_time(None)
                    await asyncio.sleep(RETRY_S)
        finally:
            await following.end()

    async def look(self) -> StreamLook:
        """Ask where the stream stands, and set our clock by the broker's."""
        asked = self._clock.local()
        found = await look_at(self._bus, METRICS)
        if found.shown is not None:
            self._clock.told(found.shown, asked, self._clock.local())
        return found

    async def keep_clock(self) -> None:
        """Set our clock by the broker's again and again."""
        while True:
            await asyncio.sleep(CLOCK_EVERY_S)
            try:
                await self.look()
            except BREAKING as error:
                log.debug("the broker does not tell its time", extra={"error": str(error)[:300]})

    async def _turn(self, following: Following, begin: datetime, is_held_up: Callable[[], bool]) -> None:
        if following.pending is None:
            await self._begin(following, begin)
        if is_held_up():
            self._pass_time(None)
            await asyncio.sleep(FULL_PAUSE_S)
            return
        messages = await following.next(max(0.0, self._second_at - _monotonic()))
        for first in range(0, len(messages), CHUNK_MESSAGES):
            self._take(messages[first : first + CHUNK_MESSAGES])
            await asyncio.sleep(0)
        self._pass_time(following.pending)

    async def _begin(self, following: Following, begin: datetime) -> None:
        found = await self.look()
        if self._created and (found.created != self._created or found.last_sequence < self._sequence):
            raise BegunAnewError
        self._created = found.created
        if self._sequence:
            await following.after(self._sequence)
        else:
            await following.begin(ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=begin))

    def _take(self, messages: Sequence[Msg]) -> None:
        evaluator, undecodable = self._decisions.evaluator, 0
        for message in messages:
            place = message.metadata
            self._sequence = place.sequence.stream
            try:
                sample_set = decode(message.data, message.subject, evaluator.families)
            except DecodeError:
                # Ingest sets it aside with its reason.
                undecodable += 1
                continue
            try:
                self._decisions.add_sampled(evaluator.sample_set(sample_set, place.timestamp, self._sequence))
            except Exception:
                # It stays in the stream: whoever ended by it would end by it again and again, and tell nobody anything.
                log.exception("sample set not evaluated: this is a bug", extra={"host": sample_set.host})
        self._metrics.sample_sets.inc(len(messages) - undecodable)
        self._metrics.undecodable.inc(undecodable)

    def _pass_time(self, pending: int | None) -> None:
        """Let a second pass where one has; what fell silent is judged only where nothing was put off."""
        late_s = _monotonic() - self._second_at
        if late_s < 0:
            return
        self._second_at = max(self._second_at, _monotonic() - SECOND_S) + SECOND_S
        evaluator, now = self._decisions.evaluator, self._clock.now()
        lag = now - evaluator.position.arrival
        is_current = pending is not None and (pending == 0 or lag <= LAG_MAX)
        self.is_caught_up = self.is_caught_up or is_current
        self._decisions.add(evaluator.second(now, self._bus.is_connected, is_current and late_s < STALLED_S))
        self._show(lag)

    def _show(self, lag: timedelta) -> None:
        evaluator, metrics = self._decisions.evaluator, self._metrics
        figures = evaluator.figures
        unwatched = figures.unwatched_count + evaluator.unwatched_hosts_count
        if unwatched and not self._unwatched_told:
            log.warning("more series, sources or hosts than are watched: the newest are passed over")
        metrics.late.inc(figures.late_count - self._late_told)
        metrics.unwatched.inc(unwatched - self._unwatched_told)
        self._late_told, self._unwatched_told = figures.late_count, unwatched
        metrics.series.set(figures.series_count)
        metrics.hosts.set(evaluator.hosts_count)
        if evaluator.position.sequence:
            metrics.lag_seconds.set(max(0.0, lag.total_seconds()))


def _monotonic() -> float:
    return asyncio.get_running_loop().time()
