"""Sends what is in the spool, the oldest first, at a bounded rate beside what is new."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.collector.answers import is_never_stored, refusal
from services.collector.outbox import CONFIRM_S_MAX, Outgoing
from services.collector.publish import send
from services.collector.spool import Spool
from services.collector.spool_records import Batch
from shared.budget import Budgets
from shared.reconnect import BACKOFF_S_MAX
from shared.subjects import SYSTEM_SOURCE, backfill_subject, metrics_subject

log = logging.getLogger(__name__)

TURN_S = 0.1
IDLE_S = 1.0
RATE_MAX = 200.0
SENT_MAX = 32
SENT_BYTES_MAX = 64 * 1024
"""What may be on the wire without an answer: on a slow line what is new waits no longer than this takes."""

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the spool is drained: sample sets a second, and how long answers and refusals are waited for."""

    rate_max: float = RATE_MAX
    confirm_s_max: float = CONFIRM_S_MAX
    retry_s_max: float = BACKOFF_S_MAX


class Backoff:
    """When to try again: a second after the first refusal, then twice as long each time, up to a ceiling."""

    def __init__(self, first_s: float, ceiling_s: float) -> None:
        self._first_s, self._ceiling_s = first_s, ceiling_s
        self._wait_s = self._until_s = 0.0

    def refused(self, now_s: float) -> None:
        """Wait longer; the refusals of one round are one."""
        if now_s >= self._until_s:
            self._wait_s = min(self._ceiling_s, 2 * self._wait_s or self._first_s)
            self._until_s = now_s + self._wait_s

    def succeeded(self) -> None:
        """Wait no more."""
        self._wait_s = self._until_s = 0.0

    def is_over(self, now_s: float) -> bool:
        """Return whether it may be tried."""
        return now_s >= self._until_s


class Window:
    """The batch that is being sent: what of it is still to be sent, and what is on the wire."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._unsent: deque[Key] = deque(batch.unconfirmed)
        self._sent: dict[int, tuple[Key, float]] = {}
        self._sent_bytes = 0

    def next(self) -> Key | None:
        """Return what is to be sent next, None while too much is on the wire or nothing is left."""
        if len(self._sent) >= SENT_MAX or self._sent_bytes >= SENT_BYTES_MAX:
            return None
        return self._unsent[0] if self._unsent else None

    def sent(self, number: int, now_s: float) -> None:
        """Note that what was next is on the wire, under a number that its answer bears."""
        key = self._unsent.popleft()
        self._sent[number] = (key, now_s)
        self._sent_bytes += self._size(key)

    def answered(self, number: int) -> Key | None:
        """Return what this number stood for; None when it is not awaited any more."""
        entry = self._sent.pop(number, None)
        if entry is None:
            return None
        self._sent_bytes -= self._size(entry[0])
        return entry[0]

    def again(self, key: Key) -> None:
        """Send this one again, before the others."""
        self._unsent.appendleft(key)

    def expire(self, sent_before_s: float) -> None:
        """Send again, in their order, what was sent before an instant and has no answer."""
        late = [number for number, (_, sent_s) in self._sent.items() if sent_s < sent_before_s]
        for number in reversed(late):
            key = self.answered(number)
            if key is not None:
                self.again(key)

    def _size(self, key: Key) -> int:
        outgoing = self.batch.unconfirmed.get(key)
        return len(outgoing.encoded.body) if outgoing else 0


class Drain:
    """Empties the spool over the connection that what is new goes over; `is_behind` says when that has to go first."""

    def __init__(
        self,
        host: str,
        spool: Spool,
        pace: Pace,
        clocks: tuple[Callable[[], float], Callable[[], float]],
        is_behind: Callable[[], bool],
    ) -> None:
        self._spool = spool
        self._pace = pace
        self._wall_clock, self._clock = clocks
        self._is_behind = is_behind
        self._budgets = Budgets(max(1, int(2 * TURN_S * pace.rate_max)), pace.rate_max, keys_max=1)
        self._backoff = Backoff(1.0, pace.retry_s_max)
        self._live_subject = metrics_subject(host, SYSTEM_SOURCE)
        self._late_subject = backfill_subject(host, SYSTEM_SOURCE)
        self._client: Client | None = None
        self._inbox = ""
        self._numbers = itertools.count(1)
        self._window: Window | None = None
        self._told_refused = False

    async def run(self) -> None:
        """Send for ever; without anything to send it looks once a second."""
        while True:
            await self.step()
            self._spool.upkeep()
            is_at_work = self._spool.waiting and self._client is not None and self._client.is_connected
            await asyncio.sleep(TURN_S if is_at_work else IDLE_S)

    async def attach(self, client: Client) -> None:
        """Use this connection from now on."""
        self._inbox = client.new_inbox()
        await client.subscribe(f"{self._inbox}.*", cb=self._answered)
        self._client = client
        await self.step()

    async def reconnected(self) -> None:
        """Send again what the lost connection left without an answer."""
        self._window = None
        self._backoff.succeeded()
        await self.step()

    async def step(self) -> None:
        """Send as much as may be sent now."""
        client = self._client
        if client is None or not client.is_connected or self._is_behind():
            return
        now_s = self._clock()
        while (window := self._current()) is not None and self._backoff.is_over(now_s):
            window.expire(now_s - self._pace.confirm_s_max)
            key = window.next()
            if key is None or not self._budgets.spend(now_s, None):
                return
            outgoing = window.batch.unconfirmed[key]
            number = next(self._numbers)
            window.sent(number, now_s)
            await self._send(client, number, outgoing)

    def _current(self) -> Window | None:
        batch = self._spool.oldest()
        if batch is None:
            self._window = None
        elif self._window is None or self._window.batch is not batch:
            self._window = Window(batch)
        return self._window

    async def _send(self, client: Client, number: int, outgoing: Outgoing) -> None:
        if not await send(client, self.subject_of(outgoing), outgoing.encoded, f"{self._inbox}.{number}"):
            self._lose(number)

    def subject_of(self, outgoing: Outgoing) -> str:
        """Return the live subject for what is live still, and of this session; the backfill's for anything else."""
        is_ours = outgoing.encoded.session == self._spool.session
        is_live = is_ours and outgoing.is_live(self._wall_clock())
        return self._live_subject if is_live else self._late_subject

    async def _answered(self, message: Msg) -> None:
        number = int(message.subject.rpartition(".")[2])
        reason = refusal(message.headers, message.data)
        if reason is None:
            self._confirm(number)
            await self.step()
        elif is_never_stored(message.data):
            log.warning("the bus never stores a sample set of the spool", extra={"error": reason})
            self._lose(number)
        else:
            self._refused(number, reason)

    def _confirm(self, number: int) -> None:
        self._told_refused = False
        self._backoff.succeeded()
        window = self._window
        if window is not None and (key := window.answered(number)) is not None:
            self._spool.confirm(window.batch, key)

    def _refused(self, number: int, reason: str) -> None:
        self._backoff.refused(self._clock())
        window = self._window
        if window is not None and (key := window.answered(number)) is not None:
            window.again(key)
        if not self._told_refused:
            self._told_refused = True
            log.warning("the bus does not store what the spool holds; it is tried again", extra={"error": reason})

    def _lose(self, number: int) -> None:
        window = self._window
        if window is not None and (key := window.answered(number)) is not None:
            self._spool.lose(window.batch, key)
