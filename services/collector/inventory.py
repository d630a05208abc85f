"""Posts what the host is: at the start, after a reconnect, when it changes, and every ten minutes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from shared.wire.encode_inventory import HostFacts, encode_inventory

log = logging.getLogger(__name__)

LOOK_S = 60.0
REPEAT_S = 600.0


class InventoryPost:
    """Looks every minute, posts what is new or was not posted for long."""

    def __init__(self, read: Callable[[], HostFacts], publish: Callable[[bytes], Awaitable[bool]]) -> None:
        self._read = read
        self._publish = publish
        self._posted: HostFacts | None = None
        self._posted_at: datetime | None = None
        self._wake = asyncio.Event()

    def again(self) -> None:
        """Post at once, whatever was posted before: the bus may be another one now."""
        self._posted = None
        self._wake.set()

    async def run(self) -> None:
        """Look for ever; `again` tells when there is a bus."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_S)
            self._wake.clear()
            try:
                await self.look(datetime.now(UTC))
            except Exception as error:  # as with the families: what cannot be read now stops nothing else
                log.warning("inventory not posted", extra={"error": f"{type(error).__name__}: {error}"})

    async def look(self, now: datetime) -> None:
        """Post what is due; what could not be posted is due again at the next look."""
        facts = self._read()
        if is_due(facts, self._posted, self._posted_at, now) and await self._publish(encode_inventory(facts, now)):
            self._posted, self._posted_at = facts, now


def is_due(facts: HostFacts, posted: HostFacts | None, posted_at: datetime | None, now: datetime) -> bool:
    """Return whether the facts are to be posted: new, changed, or posted ten minutes ago."""
    if posted is None or posted_at is None or facts != posted:
        return True
    # Before it was posted: the clock was set back.
    return not 0 <= (now - posted_at).total_seconds() < REPEAT_S
