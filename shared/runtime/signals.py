"""Turns SIGINT, SIGTERM and SIGHUP into one event that services wait for."""

from __future__ import annotations

import asyncio
import contextlib
import signal


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
