"""What is done while the database does not write: once more, then let go of the messages and wait until it answers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.ingest.errors import WriteError
from services.ingest.settle import D, DeadLetters, Sink, settle

log = logging.getLogger(__name__)

RETRY_S = 0.5
DATABASE_BACKOFF_S_MAX = 5.0


async def settle_with_patience(
    deliveries: Sequence[D], sink: Sink[D], dead_letters: DeadLetters, stop: asyncio.Event
) -> int:
    """Write and ack; return how many were let go, to come again when their ack_wait is over."""
    unwritten = await settle(deliveries, sink, dead_letters)
    if unwritten is None:
        return 0
    log.warning("not written, trying once more", extra={"error": unwritten.reason})
    for delivery in unwritten.deliveries:
        await delivery.message.in_progress()
    await pause(stop, RETRY_S)
    unwritten = await settle(unwritten.deliveries, sink, dead_letters)
    if unwritten is None:
        return 0
    log.warning("not written, messages will come again", extra={"error": unwritten.reason})
    return len(unwritten.deliveries)


async def until_it_answers(ask: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Return when the database answers what it is asked, or stop is set; `ask` raises WriteError while it does not."""
    backoff_s = RETRY_S
    while not stop.is_set():
        with contextlib.suppress(WriteError):
            await ask()
            log.info("database is back")
            return
        await pause(stop, backoff_s)
        backoff_s = min(DATABASE_BACKOFF_S_MAX, backoff_s * 2)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Return after so many seconds, or at once when stop is set."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
