"""The audit of what is done on the bus: entered when the database takes it, and told in the log until then."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from services.api.audit import Actor, Deed
from services.api.errors import ApiError

log = logging.getLogger(__name__)

ENTER_S_MAX = 1.0
"""The caller waits no longer for it: what he asked for is done."""

AGAIN_S = 5.0
LATE_MAX = 1_000
"""Entries that wait for the database; of more only the log tells."""


class Trail:
    """Notes who did what on the bus, which alerting goes by without any database.

    So nothing is refused because the database is away: it is done, written to the log at once, and entered with its
    time as soon as the database answers. What waits when the process ends is in the log alone. An entry whose answer
    was lost is made again, so it may stand twice; what was done never stands nowhere.
    """

    def __init__(
        self,
        enter: Callable[[Deed], Awaitable[None]],
        clock: Callable[[], datetime],
        enter_s_max: float = ENTER_S_MAX,
    ) -> None:
        self._enter = enter
        self._clock = clock
        self._enter_s_max = enter_s_max
        self._late: deque[Deed] = deque(maxlen=LATE_MAX)

    @property
    def late_count(self) -> int:
        """Return how many entries wait for the database."""
        return len(self._late)

    async def note(self, actor: Actor, action: str, target: str, detail: str | None = None) -> None:
        """Enter what was just done, or keep it for later."""
        deed = Deed(actor, action, target, detail, self._clock())
        if self._late:
            self._keep(deed, "others wait")
            return
        try:
            async with asyncio.timeout(self._enter_s_max):
                await self._enter(deed)
        except (ApiError, TimeoutError) as error:
            self._keep(deed, str(error) or "no answer in time")
        except asyncio.CancelledError:
            # The request has no time left, or the process ends: what it asked for is done all the same.
            self._keep(deed, "the request has ended")
            raise

    async def run(self) -> None:
        """Enter for ever what could not be entered at once."""
        while True:
            await asyncio.sleep(AGAIN_S)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Enter what waits, as far as the database takes it."""
        while self._late:
            deed = self._late[0]
            try:
                await self._enter(deed)
            except ApiError:
                return
            # A full queue may have dropped it meanwhile.
            if self._late and self._late[0] is deed:
                self._late.popleft()
            log.info("entered in the audit late", extra={"action": deed.action, "target": deed.target})

    def _keep(self, deed: Deed, why: str) -> None:
        self._late.append(deed)
        log.warning(
            "not in the audit yet",
            extra={
                "actor": deed.actor.username, "action": deed.action, "target": deed.target, "detail": deed.detail,
                "address": deed.actor.address, "request_id": deed.actor.request_id, "reason": why,
            },
        )  # fmt: skip
