"""Waiting for a condition that has to be asked for, with a bound."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

ASK_EVERY_S = 0.1


async def holds(
    condition: Callable[[], Awaitable[bool]], what: str, seconds_max: float, seen: Callable[[], str] | None = None
) -> None:
    """Return once the condition holds; fail naming what was awaited, and what is `seen` instead, when time is over."""
    end = time.monotonic() + seconds_max
    while not await condition():
        if time.monotonic() > end:
            instead = f"; seen instead: {seen()}" if seen else ""
            raise AssertionError(f"waited {seconds_max:g} s for {what}{instead}")
        await asyncio.sleep(ASK_EVERY_S)
