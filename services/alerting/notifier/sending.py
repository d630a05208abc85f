"""What is sent, and attempts at it, each in a thread of its own: one that hangs holds up no other, nor the process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Thread
from typing import Literal

log = logging.getLogger(__name__)

ATTEMPT_S_MAX = 30.0
HANGING_MAX = 2
"""Attempts of one address that may hang at once; until one has ended nothing is tried there."""


Severity = Literal["ok", "warning", "critical"]


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent: a title of one line, a text, and how bad it is, which some services show as a colour."""

    title: str
    body: str
    severity: Severity


class AddressError(ValueError):
    """A URL is none that anything can be sent to. The text says what to do, and does not repeat it: it is a secret."""


class DeliveryError(Exception):
    """A message has not arrived, as far as is known. The text holds no secret; try again later."""


class Attempts:
    """Runs blocking attempts, for each address at most one that is waited for.

    A pool would do for threads that end. Those of a pool that hang take the places of others, and Python waits for
    them when the process ends; a daemon of its own costs 0.1 ms.
    """

    def __init__(self, seconds_max: float = ATTEMPT_S_MAX, hanging_max: int = HANGING_MAX) -> None:
        self._seconds_max = seconds_max
        self._hanging_max = hanging_max
        self._running: Counter[Hashable] = Counter()

    @property
    def running_count(self) -> int:
        """Return how many threads there are, those that hang too."""
        return self._running.total()

    async def make(self, address: Hashable, work: Callable[[], None]) -> None:
        """Return once the work has; raise DeliveryError when it fails or takes too long.

        Work that takes too long goes on, and nobody learns of its end: what it sends then comes twice.
        """
        if self._running[address] >= self._hanging_max:
            raise DeliveryError(f"{self._hanging_max} earlier attempts have not ended")
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def settle(error: DeliveryError | None) -> None:
            self._running -= Counter({address: 1})
            if ended.done():
                return
            if error is None:
                ended.set_result(None)
            else:
                ended.set_exception(error)

        def run() -> None:
            error = None
            try:
                work()
            except DeliveryError as failure:
                error = failure
            except Exception as failure:  # a library's text may hold the URL
                error = DeliveryError(type(failure).__name__)
            with contextlib.suppress(RuntimeError):  # the loop has ended before
                loop.call_soon_threadsafe(settle, error)

        thread = Thread(target=run, name="attempt", daemon=True)
        self._running[address] += 1
        try:
            thread.start()
        except RuntimeError as error:
            self._running -= Counter({address: 1})
            raise DeliveryError("no thread can be started") from error
        try:
            async with asyncio.timeout(self._seconds_max):
                await ended
        except TimeoutError:
            raise DeliveryError(f"no end within {self._seconds_max:g} s") from None
