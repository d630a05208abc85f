"""What was refused and ended, kept until it is counted: what comes again is counted when it ends, and so once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from services.ingest.accounting import Rarity, rarities_of
from services.ingest.batch import Message, Refusal
from services.ingest.dead_letters import SetAside
from services.ingest.errors import WriteError

log = logging.getLogger(__name__)

UNCOUNTED_MAX = 10_000
"""Refused messages that wait for the database to be counted; it is away when there are so many."""


class Ended:
    """Sets messages aside, and counts those that will not come again."""

    def __init__(
        self,
        set_aside: SetAside,
        record: Callable[[Sequence[Rarity]], Awaitable[None]],
        uncounted_max: int = UNCOUNTED_MAX,
    ) -> None:
        self._set_aside = set_aside
        self._record = record
        self._uncounted_max = uncounted_max
        self._uncounted: list[Rarity] = []

    async def take(self, message: Message, reason: str) -> None:
        """Set aside what the database refused."""
        if await self._set_aside.take(message, reason):
            self._keep(Refusal(message, reason))

    async def take_judged(self, refusal: Refusal) -> None:
        """Set aside a message that the breaker was told of."""
        if await self._set_aside.take_judged(refusal):
            self._keep(refusal)

    async def count(self) -> None:
        """Count what was ended since it was counted last; while the database cannot take it, it waits."""
        if not self._uncounted:
            return
        try:
            await self._record(self._uncounted)
        except WriteError as error:
            log.warning("refused messages are not counted yet", extra={"error": str(error)})
            return
        self._uncounted = []

    def _keep(self, refusal: Refusal) -> None:
        if len(self._uncounted) < self._uncounted_max:
            self._uncounted += rarities_of([refusal])
