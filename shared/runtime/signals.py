"""Turns SIGINT, SIGTERM and SIGHUP into one event that services wait for, and ends work when such an event is set."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


def stop_requested() -> asyncio.Event:
    """Return an event that is set at the first request to stop; call it inside the running loop."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        # Windows' loops know no signal callbacks: Ctrl-C ends the process there.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, event.set)
    return event


async def unless(event: asyncio.Event, work: Coroutine[object, object, T]) -> T | None:
    """Return what the work returns, or None when the event is set before; the work has ended by then."""
    working, waiting = asyncio.create_task(work), asyncio.create_task(event.wait())
    try:
        await asyncio.wait([working, waiting], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, waiting):
            task.cancel()
        await asyncio.gather(working, waiting, return_exceptions=True)
