"""Which sessions have ended: in memory, fed from the database, so that tokens die early without a query each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from services.api.auth.queries import AccessQueries
from services.api.auth.tokens import ACCESS_SECONDS, Caller
from services.api.errors import ApiError, SessionEndedError

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
KEPT = timedelta(seconds=ACCESS_SECONDS + 60)
"""A session that ended longer ago has no token left that could still be good."""

OVERLAP = timedelta(seconds=30)
"""Each look goes back so far: a transaction may commit later than the instant it wrote."""


class EndedSessions:
    """The sessions that ended within the lifetime of an access token."""

    def __init__(self, on_ended: Callable[[frozenset[str]], None]) -> None:
        self._ended: dict[str, datetime] = {}
        self._on_ended = on_ended

    def __len__(self) -> int:
        return len(self._ended)

    def require_open(self, caller: Caller) -> Caller:
        """Return the caller; raise SessionEndedError when its session has ended."""
        if caller.session in self._ended:
            raise SessionEndedError("The session has ended; sign in again.")
        return caller

    def end(self, sessions: Iterable[str], now: datetime) -> None:
        """Remember sessions as ended, and tell who holds connections of them open."""
        new = frozenset(session for session in sessions if session not in self._ended)
        self._ended.update(dict.fromkeys(new, now))
        if new:
            self._on_ended(new)

    def forget_old(self, now: datetime) -> None:
        """Drop sessions whose last access token has expired by itself."""
        old = [session for session, since in self._ended.items() if now - since > KEPT]
        for session in old:
            del self._ended[session]


async def follow_ended(sessions: EndedSessions, queries: AccessQueries) -> None:
    """Keep the ended sessions current for ever; while the database is away, the tokens that were issued go on."""
    since = datetime.now(UTC) - KEPT
    away = False
    while True:
        now = datetime.now(UTC)
        try:
            sessions.end(await queries.ended_since(since), now)
            sessions.forget_old(now)
            since, away = now - OVERLAP, False
        except ApiError as error:
            if not away:
                log.warning("ended sessions cannot be read", extra={"error": error.detail})
            away = True
        await asyncio.sleep(POLL_SECONDS)
