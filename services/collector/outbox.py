"""What is to be sent and what is not yet confirmed: a bounded window that loses nothing without counting it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from shared.wire.encode import Encoded

WAITING_MAX = 600
WAITING_BYTES_MAX = 4 * 1024 * 1024
PENDING_MAX = 64
CONFIRM_S_MAX = 10.0
LIVE_S_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Room:
    """How much an outbox may hold: sample sets not sent yet, their bytes, and how many may be without an answer."""

    waiting_max: int = WAITING_MAX
    waiting_bytes_max: int = WAITING_BYTES_MAX
    pending_max: int = PENDING_MAX


ROOM = Room()
"""What a host of its own process has."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One sample set on its way; `tick_s` is its time, seconds since 1970 in UTC."""

    encoded: Encoded
    tick_s: int

    def is_live(self, now_s: float) -> bool:
        """Return whether it belongs to the live stream still; anything older goes to the backfill."""
        return now_s - self.tick_s <= LIVE_S_MAX


class Outbox:
    """Sample sets in the order of their numbers, by where they stand: waiting, pending, or gone.

    A sample set may be sent twice (an ack that was lost): its identity makes that one for every consumer.
    """

    __slots__ = ("_pending", "_room", "_waiting", "_waiting_bytes", "lost", "published")

    def __init__(self, room: Room = ROOM) -> None:
        self._room = room
        self.published = 0
        self.lost = 0
        self._waiting: deque[Outgoing] = deque()
        self._waiting_bytes = 0
        self._pending: dict[int, tuple[Outgoing, float]] = {}

    @property
    def waiting(self) -> int:
        """How many are not sent yet."""
        return len(self._waiting)

    @property
    def pending(self) -> int:
        """How many are sent but not confirmed."""
        return len(self._pending)

    def add(self, outgoing: Sequence[Outgoing]) -> None:
        """Put new sample sets behind the others; the oldest are lost where there is no room."""
        for each in outgoing:
            self._waiting.append(each)
            self._waiting_bytes += len(each.encoded.body)
        self._trim()

    def take(self, now_s: float) -> list[Outgoing]:
        """Return what to send now: as many as may be pending at once. `now_s` is a monotonic clock."""
        taken = []
        while self._waiting and len(self._pending) < self._room.pending_max:
            each = self._waiting.popleft()
            self._waiting_bytes -= len(each.encoded.body)
            self._pending[each.encoded.seq] = (each, now_s)
            taken.append(each)
        return taken

    def confirm(self, seq: int) -> None:
        """Note that the bus has stored this one; a second confirmation changes nothing."""
        if self._pending.pop(seq, None) is not None:
            self.published += 1

    def lose(self, seq: int) -> None:
        """Count one that was taken as lost: sending it again cannot help."""
        if self._pending.pop(seq, None) is not None:
            self.lost += 1

    def expire(self, now_s: float) -> int:
        """Let those wait again that were sent long ago without an answer; return how many."""
        return self._requeue([seq for seq, (_, sent_s) in self._pending.items() if now_s - sent_s > CONFIRM_S_MAX])

    def reconnected(self) -> int:
        """Let all that is pending wait again: the connection that carried it is gone; return how many."""
        return self._requeue(list(self._pending))

    def give_up(self) -> int:
        """Count everything that is left as lost, for the end of the process; return how many."""
        left = len(self._waiting) + len(self._pending)
        self._waiting.clear()
        self._pending.clear()
        self._waiting_bytes = 0
        self.lost += left
        return left

    def _requeue(self, seqs: list[int]) -> int:
        for seq in sorted(seqs, reverse=True):
            outgoing, _ = self._pending.pop(seq)
            self._waiting.appendleft(outgoing)
            self._waiting_bytes += len(outgoing.encoded.body)
        self._trim()
        return len(seqs)

    def _trim(self) -> None:
        while len(self._waiting) > self._room.waiting_max or self._waiting_bytes > self._room.waiting_bytes_max:
            self._waiting_bytes -= len(self._waiting.popleft().encoded.body)
            self.lost += 1
