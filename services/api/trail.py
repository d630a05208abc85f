"""The audit of what is done on the bus: entered when the database takes it, and told in the log until then."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime

from services.api.audit import AUDIT_TEXT_CHARACTERS_MAX, Actor, Deed
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
        self._left: set[asyncio.Future[None]] = set()
        """Attempts that nobody waits for any more; a task that nothing refers to may vanish."""

    @property
    def late_count(self) -> int:
        """Return how many entries wait for the database."""
        return len(self._late)

    async def note(self, actor: Actor, action: str, target: str, detail: str | None = None) -> None:
        """Enter what was just done, or keep it for later."""
        deed = Deed(actor, action, target, detail and detail[:AUDIT_TEXT_CHARACTERS_MAX], self._clock())
        if self._late:
            self._keep(deed, "others wait")
            return
        entering = asyncio.ensure_future(self._enter(deed))
        try:
            # Not asyncio.timeout: a cancelled statement waits until the server says so, and a frozen one never does.
            await asyncio.wait({entering}, timeout=self._enter_s_max)
        except asyncio.CancelledError:
            # The request has no time left, or the process ends: what it asked for is done all the same.
            self._keep(deed, "the request has ended")
            self._leave(entering)
            raise
        if not entering.done():
            self._keep(deed, "no answer in time")
            self._leave(entering)
            return
        try:
            entering.result()
        except ApiError as error:
            self._keep(deed, str(error))
        except Exception:
            # A bug of ours, and no reason to tell the caller that it was not done.
            log.exception("never in the audit", extra=_fields(deed))

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
            except Exception:
                # A bug of ours; the log has the entry, and those behind it must not wait for ever.
                log.exception("never in the audit", extra=_fields(deed))
            else:
                log.info("entered in the audit late", extra={"action": deed.action, "target": deed.target})
            # A full queue may have dropped it meanwhile.
            if self._late and self._late[0] is deed:
                self._late.popleft()

    def _leave(self, entering: asyncio.Future[None]) -> None:
        """End an attempt without waiting for its end."""
        self._left.add(entering)
        entering.add_done_callback(self._ended)
        entering.cancel()

    def _ended(self, entering: asyncio.Future[None]) -> None:
        self._left.discard(entering)
        if not entering.cancelled():
            # Asked for, so that nobody reports it: the deed is kept.
            entering.exception()

    def _keep(self, deed: Deed, why: str) -> None:
        self._late.append(deed)
        log.warning("not in the audit yet", extra={**_fields(deed), "reason": why})


def _fields(deed: Deed) -> dict[str, str | None]:
    return {
        "actor": deed.actor.username, "action": deed.action, "target": deed.target, "detail": deed.detail,
        "address": deed.actor.address, "request_id": deed.actor.request_id,
    }  # fmt: skip
