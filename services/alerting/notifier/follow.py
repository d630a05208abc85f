"""Hands on what a stream holds and what comes: the last message on each subject first, and all anew after a break."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig, DeliverPolicy

from services.alerting.following import Following
from shared.runtime.bus import BREAKING

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""How long a connection that was away for a moment may go unnoticed."""

AGAIN_S = 1.0


class Follow:
    """One stream, for as long as it runs.

    `take` is given every message, `filled` once the last ones on all subjects were among them, with these subjects:
    what is kept of any other subject is gone. Both are called again when the stream is read anew, so nothing is missed
    but what the last message on its subject has replaced.
    """

    def __init__(
        self,
        bus: Client,
        stream: str,
        subjects: str,
        take: Callable[[Msg], None],
        filled: Callable[[set[str]], None] = lambda _: None,
    ) -> None:
        self.is_filled = asyncio.Event()
        self._bus = bus
        self._stream = stream
        self._subjects = subjects
        self._take = take
        self._filled = filled

    async def run(self) -> None:
        """Read until it is cancelled."""
        while True:
            following = Following(self._bus, self._stream, self._subjects)
            try:
                await following.begin(ConsumerConfig(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT))
                await self._read(following)
            except BREAKING as error:
                log.info("read anew", extra={"stream": self._stream, "error": f"{type(error).__name__}: {error}"})
            finally:
                await following.end()
            await asyncio.sleep(AGAIN_S)

    async def _read(self, following: Following) -> None:
        announced_count = following.pending or 0
        seen: set[str] | None = set()
        while True:
            if seen is not None and announced_count <= 0:
                self._filled(seen)
                self.is_filled.set()
                seen = None
            messages = await following.next(LOOK_S)
            for message in messages:
                self._take(message)
            announced_count -= len(messages)
            if seen is not None:
                seen.update(message.subject for message in messages)
                # What was announced may have been discarded before it came.
                announced_count = 0 if following.pending == 0 else announced_count


async def read_once(bus: Client, stream: str, subjects: str, take: Callable[[Msg], None]) -> None:
    """Return once the last message on each subject was given to `take`, however long the bus needs for that."""
    follow = Follow(bus, stream, subjects, take)
    reading = asyncio.create_task(follow.run())
    try:
        await follow.is_filled.wait()
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
