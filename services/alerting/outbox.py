"""Changes in the order in which they were decided, until they are told: by us, or by who holds the lease."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from services.alerting.change import Change, Position
from shared.alerts.state import State

CHANGES_MAX = 50_000
"""Changes that wait at once; about 1 KiB each."""


class Outbox:
    """What was decided and is not known to be told, and how far everything is told."""

    def __init__(self, told_until: int = 0, changes_max: int = CHANGES_MAX) -> None:
        self.dropped_count = 0
        self._told_until = told_until
        self._changes_max = changes_max
        self._changes: deque[Change] = deque()
        self._read: Position | None = None

    def __len__(self) -> int:
        return len(self._changes)

    @property
    def is_filling(self) -> bool:
        """Return whether so much waits that whoever tells must not decide more for now."""
        return 2 * len(self._changes) > self._changes_max

    @property
    def cursor(self) -> Position | None:
        """Return up to where all is told; None where something waits, or nothing new was read since."""
        if self._changes or self._read is None or self._read.sequence <= self._told_until:
            return None
        return self._read

    def add(self, changes: Iterable[Change], read: Position) -> None:
        """Take what was decided, with how far was read by now.

        Beyond the bound the oldest go: while nobody takes them, somebody else tells.
        """
        self._read = read
        for change in changes:
            if len(self._changes) >= self._changes_max:
                self._changes.popleft()
                self.dropped_count += 1
            self._changes.append(change)

    def add_sampled(self, changes: Iterable[Change], read: Position) -> None:
        """Take what was decided by the message at `read`, unless that was told already by who read it before."""
        self.add(changes if read.sequence > self._told_until else (), read)

    def told_until(self, sequence: int) -> None:
        """Drop what somebody told, who has told everything up to here."""
        self.moved(sequence)
        while self._changes and self._changes[0].position.sequence <= sequence:
            self._changes.popleft()

    def moved(self, sequence: int) -> None:
        """Note up to where all is told; what was decided there by time alone, since it was looked at, still waits."""
        self._told_until = max(self._told_until, sequence)

    def front(self, count: int) -> list[Change]:
        """Return the oldest, which stay until they are `done`."""
        return [self._changes[at] for at in range(min(count, len(self._changes)))]

    def done(self, told: Iterable[Change]) -> None:
        """Drop these, which were the oldest, where they are still here."""
        for change in told:
            if self._changes and self._changes[0] is change:
                self._changes.popleft()

    def kept(self, states: Mapping[str, State]) -> None:
        """Drop what was told and kept by somebody whose cursor does not show it yet."""
        self._changes = deque(
            change
            for change in self._changes
            if change.key not in states or change.after.newest > states[change.key].newest
        )

    @property
    def keys(self) -> frozenset[str]:
        """Return the alerts of which something waits."""
        return frozenset(change.key for change in self._changes)
