"""Who tells: takes the lease, takes over where the one before left off, and publishes while the lease is held."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from services.alerting.change import Position
from services.alerting.decisions import Decisions
from services.alerting.fenced import FencedError
from services.alerting.kept import Kept
from services.alerting.lease import RENEW_S, Lease
from services.alerting.metrics import Metrics
from services.alerting.publish import NotHeldError, Publisher
from shared.runtime.bus import BREAKING

log = logging.getLogger(__name__)

STANDBY_S = 1.0
CURSOR_EVERY_S = 1.0
BATCH_CHANGES = 500
RETRY_S = 0.5
LAST_WORDS_S = 1.0


class Duty:
    """One process of several; the others decide the same, and drop what they know to be told."""

    def __init__(self, decisions: Decisions, lease: Lease, publisher: Publisher, kept: Kept, metrics: Metrics) -> None:
        self.is_active = False
        self._decisions = decisions
        self._lease = lease
        self._publisher = publisher
        self._kept = kept
        self._metrics = metrics
        self._cursor_at = 0.0
        self._dropped_told = 0

    @property
    def is_held_up(self) -> bool:
        """Return whether so much waits to be told that nothing more should be decided."""
        return self.is_active and self._decisions.outbox.is_filling

    async def stand(self, is_ready: Callable[[], bool]) -> None:
        """Want the lease for ever, from when `is_ready` on; follow the cursor of whoever holds it."""
        while True:
            is_held = await self._lease.turn() if is_ready() else False
            try:
                if is_held and not self.is_active:
                    await self.take_over()
                elif not is_held:
                    self._step_back()
                    await self.follow()
            except BREAKING as error:
                log.warning("what was told is not known", extra={"error": f"{type(error).__name__}: {error}"})
            self._show()
            await asyncio.sleep(RENEW_S if is_held else STANDBY_S)

    async def tell(self) -> None:
        """Tell what was decided, for ever, while we may; and keep up to where all is told."""
        waiting = self._decisions.waiting
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CURSOR_EVERY_S):
                    await waiting.wait()
            waiting.clear()
            if not await self.tell_waiting():
                await asyncio.sleep(RETRY_S)

    async def end(self) -> None:
        """Tell what is left, as far as that takes no time, and let another take over at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                self._cursor_at = 0.0
                await self.tell_waiting()
        self.is_active = False
        await self._lease.give_up()

    async def tell_waiting(self) -> bool:
        """Tell while something waits and we may; return whether nothing went wrong."""
        outbox = self._decisions.outbox
        try:
            while self.is_active and len(outbox):
                batch = outbox.front(BATCH_CHANGES)
                await self._publisher.tell(batch)
                outbox.done(batch)
            await self._move_cursor()
        except FencedError as error:
            log.warning("somebody else decides: taking over from them anew", extra={"reason": str(error)})
            self._step_back()
            return False
        except NotHeldError:
            self._step_back()
            return False
        except BREAKING as error:
            log.warning("not told, trying again", extra={"error": f"{type(error).__name__}: {error}"})
            return False
        return True

    async def _move_cursor(self) -> None:
        now, cursor = asyncio.get_running_loop().time(), self._decisions.outbox.cursor
        if not self.is_active or cursor is None or now < self._cursor_at or not self._lease.is_held:
            return
        self._cursor_at = now + CURSOR_EVERY_S
        await self._kept.move_cursor(cursor)
        self._decisions.outbox.moved(cursor.sequence)

    async def take_over(self) -> None:
        """Begin where whoever told until now left off, and then tell."""
        # In this order: all that is told up to the cursor is among the states.
        cursor, states = await self._kept.cursor(), await self._kept.states()
        # From here on at once: what is decided meanwhile must be seen as ours.
        self._told_until(cursor)
        evaluator, outbox = self._decisions.evaluator, self._decisions.outbox
        outbox.kept(states)
        if cursor is not None and evaluator.position.sequence <= cursor.sequence:
            evaluator.restored(states, cursor.sequence)
        else:
            evaluator.adopted(states, outbox.keys)
        self._publisher.forget()
        self.is_active = True
        self._decisions.waiting.set()
        log.info("telling from here on", extra={"waiting": len(outbox), "states": len(states)})

    async def follow(self) -> None:
        """Drop what whoever holds the lease has told."""
        self._told_until(await self._kept.cursor())

    def _told_until(self, cursor: Position | None) -> None:
        if cursor is not None:
            self._decisions.outbox.told_until(cursor.sequence)

    def _step_back(self) -> None:
        if self.is_active:
            log.info("standing by")
        self.is_active = False

    def _show(self) -> None:
        outbox = self._decisions.outbox
        if outbox.dropped_count and not self._dropped_told:
            log.warning("more changes than may wait: the oldest are dropped, since nobody takes them")
        self._metrics.dropped.inc(outbox.dropped_count - self._dropped_told)
        self._dropped_told = outbox.dropped_count
        self._metrics.waiting.set(len(outbox))
        self._metrics.active.set(self.is_active)
