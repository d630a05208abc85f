"""What the broker's clock shows: arrivals are its times, and a silence is told by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta


class BrokerClock:
    """Our clock, moved by as much as the broker's differs from it."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.local = clock
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the broker's time, as far as we know it."""
        return self.local() + self._ahead

    def told(self, shown: datetime, asked: datetime, answered: datetime) -> None:
        """Take what the broker's clock showed somewhen between a question and its answer, both by our clock."""
        self._ahead = shown - (asked + (answered - asked) / 2)
