"""Keeps the active alerts what the stream holds: all of it at first, then on from where it ended, for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from itertools import islice
from typing import TypeVar

from nats.aio.msg import Msg

from services.api.alerts.active import ActiveAlerts, Known
from services.api.alerts.stored import About, AlertStream, Stored
from services.api.alerts.trail import Taken, acts_of, transitions_of
from services.api.observations import Observations
from shared.runtime.bus import BREAKING
from shared.subjects import alert_act_subject
from shared.wire.alert import decode_alert
from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)
T = TypeVar("T")

ASKED_AT_ONCE_MAX = 32
BEHIND_MAX = 20_000
"""More messages than this are not read one by one: the newest of each alert are fewer."""

PAUSES_S = (0.02, 0.1, 0.5)
"""After something was heard: the stream may have it a moment later than we."""
LOOK_S = 2.0
"""How often it is asked when nothing is heard: whether it is still the same stream, and what we did not hear."""
AGAIN_S = 1.0
REACHED_S_MAX = 2.0

Connected = Callable[[Callable[[Msg], Awaitable[None]]], Awaitable[AlertStream]]
"""Returns the stream once there is a connection, and has what is published from then on told of."""


class AnotherStreamError(Exception):
    """What is known is no part of the stream that is there. Read all of it anew."""


class AlertFollow:
    """Follows the stream for as long as it runs.

    What is heard on the bus only says that there is more: a message that was published need not be stored, as one that
    another has overtaken, so what counts is read from the stream. It is asked message by message, each in an answer
    that no decoder takes for one, since who may have a consumer of what it writes itself could speak for others.
    """

    def __init__(
        self,
        connected: Connected,
        active: ActiveAlerts,
        observations: Observations,
        make: Callable[[], ActiveAlerts] = ActiveAlerts,
    ) -> None:
        self.active = active
        self.filled = asyncio.Event()
        self.stream: AlertStream | None = None
        self._connected = connected
        self._make = make
        self._refused = observations.alert_events_refused
        self._created = ""
        self._next = 0
        self._heard = asyncio.Event()
        self._moved = asyncio.Event()
        self._has_failed = False

    async def run(self) -> None:
        """Follow until it is cancelled, whatever the bus does meanwhile."""
        self.stream = stream = await self._connected(self._hear)
        while True:
            try:
                about = await stream.about()
                if not self._goes_on(about):
                    await self._fill(stream)
                self._has_failed = False
                await self._read_on_for_ever(stream)
            except AnotherStreamError:
                self._created = ""
                log.info("alerts are read anew")
            except BREAKING as error:
                if not self._has_failed:
                    log.warning("alerts cannot be read", extra={"error": f"{type(error).__name__}: {error}"[:300]})
                self._has_failed = True
            await asyncio.sleep(AGAIN_S)

    async def reached(self, sequence: int) -> bool:
        """Return whether what the stream holds up to a place is known here; waits for it, but not long."""
        self._heard.set()
        try:
            async with asyncio.timeout(REACHED_S_MAX):
                while self._next <= sequence:
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            return False
        return True

    def _goes_on(self, about: About) -> bool:
        """Return whether the stream is the one that was read, and still holds all that was not."""
        # Where alerts were left out for want of room, all are read anew once there is some.
        is_same = self.filled.is_set() and about.created == self._created and not self.active.has_room_again
        return is_same and about.first <= self._next and 0 <= about.last + 1 - self._next <= BEHIND_MAX

    async def _fill(self, stream: AlertStream) -> None:
        """Read the newest transition of each alert, and what people did about those that fire."""
        fresh = self._make()
        about, subjects = await stream.contents()
        for part in _parts(subject for subject in subjects if subject.count(".") == 3):
            for stored in await asyncio.gather(*map(stream.last, part)):
                if stored is not None:
                    self._take(fresh, stored)
        firing = (fresh.of_incident(news.alert.incident) for news in list(fresh.firing(lambda _: True)))
        for acted in _parts(known for known in firing if known is not None and _act_subject(known) in subjects):
            for taken in await asyncio.gather(*(_acts(stream, known) for known in acted)):
                for event, place in taken:
                    fresh.take(event, place)
        # What was published meanwhile is read from here on once more; each event counts once.
        self._created, self._next = about.created, about.last + 1
        self.active.replace_by(fresh)
        self.filled.set()
        self._moved.set()
        log.info("alerts read", extra={"alerts_count": len(fresh), "left_out_count": fresh.left_out_count})

    async def _read_on_for_ever(self, stream: AlertStream) -> None:
        clock = asyncio.get_running_loop().time
        pauses, look_at = len(PAUSES_S), clock() + LOOK_S
        while True:
            await self._read_on(stream)
            if clock() >= look_at:
                look_at = clock() + LOOK_S
                if not self._goes_on(await stream.about()):
                    raise AnotherStreamError
            if await self._hears_within(PAUSES_S[pauses] if pauses < len(PAUSES_S) else LOOK_S):
                pauses = 0
            else:
                pauses = min(pauses + 1, len(PAUSES_S))

    async def _read_on(self, stream: AlertStream) -> None:
        """Take all that stands behind what was read, in its order."""
        count = 1
        while True:
            places = range(self._next, self._next + count)
            for stored in await asyncio.gather(*(stream.following(place, "alerts.>") for place in places)):
                if stored is None:
                    # What a later question found was stored since this one: it comes with the next ones, in order.
                    return
                if stored.sequence > self._next:
                    # What stood between is gone unread: it may have been the end of any alert.
                    raise AnotherStreamError
                self._take(self.active, stored)
                self._next = stored.sequence + 1
                self._moved.set()
            count = min(2 * count, ASKED_AT_ONCE_MAX)

    async def _hear(self, _: Msg) -> None:
        self._heard.set()

    async def _hears_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._heard.wait()
        except TimeoutError:
            return False
        self._heard.clear()
        return True

    def _take(self, active: ActiveAlerts, stored: Stored) -> None:
        try:
            active.take(decode_alert(stored.body, stored.subject), stored)
        except DecodeError as error:
            self._refused.inc()
            log.warning("event refused", extra={"subject": stored.subject[:300], "reason": str(error)})


async def _acts(stream: AlertStream, known: Known) -> list[Taken]:
    """Return what people did about an incident, oldest first."""
    _, since = await transitions_of(stream, known.transition, known.place)
    return await acts_of(stream, known.transition, since)


def _parts(asked: Iterable[T]) -> Iterable[list[T]]:
    """Yield what is asked for, so much at once as may be."""
    left = iter(asked)
    while part := list(islice(left, ASKED_AT_ONCE_MAX)):
        yield part


def _act_subject(known: Known) -> str:
    transition = known.transition
    return alert_act_subject(transition.rule, transition.host, transition.series)
