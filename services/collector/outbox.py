"""What is to be sent and what is not yet confirmed: a bounded window that loses nothing without counting it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from services.collector.counters import Counters
from shared.wire.encode import Encoded
from shared.wire.limits import LIVE_SECONDS_MAX

WAITING_MAX = 600
WAITING_BYTES_MAX = 4 * 1024 * 1024
PENDING_MAX = 64
CONFIRM_S_MAX = 10.0
UNCONFIRMED_S_MAX = 1.0
"""A bus that works answers within milliseconds; what it has not by the next tick may be long without."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much an outbox may hold: sample sets not sent yet, their bytes, and how many may be without an answer.

    Those that have none after `confirm_s_max` are sent again.
    """

    waiting_max: int = WAITING_MAX
    waiting_bytes_max: int = WAITING_BYTES_MAX
    pending_max: int = PENDING_MAX
    confirm_s_max: float = CONFIRM_S_MAX


ROOM = Room()
"""What a host of its own process has."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One sample set on its way; `tick_s` is its time, seconds since 1970 in UTC."""

    encoded: Encoded
    tick_s: int

    def is_live(self, now_s: float) -> bool:
        """Return whether it belongs to the live stream still; anything older goes to the backfill."""
        return now_s - self.tick_s <= LIVE_SECONDS_MAX


class Outbox:
    """Sample sets in the order of their numbers, by where they stand: waiting, pending, or gone.

    A sample set may be sent twice (an ack that was lost): its identity makes that one for every consumer.
    """

    __slots__ = ("_again", "_pending", "_room", "_waiting", "_waiting_bytes", "lost", "published")

    def __init__(self, room: Room = ROOM) -> None:
        self._room = room
        self.published = 0
        self.lost = 0
        self._waiting: deque[Outgoing] = deque()
        self._waiting_bytes = 0
        self._pending: dict[int, tuple[Outgoing, float]] = {}
        self._again: set[int] = set()

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

    def add_again(self, confirmed: Sequence[Outgoing]) -> None:
        """Put some behind the others that were confirmed before; they are not counted as published twice."""
        self._again.update(each.encoded.seq for each in confirmed)
        self.add(confirmed)

    def take(self, now_s: float) -> list[Outgoing]:
        """Return what to send now: as many as may be pending at once. `now_s` is a monotonic clock."""
        taken = []
        while self._waiting and len(self._pending) < self._room.pending_max:
            each = self._waiting.popleft()
            self._waiting_bytes -= len(each.encoded.body)
            self._pending[each.encoded.seq] = (each, now_s)
            taken.append(each)
        return taken

    def confirm(self, seq: int) -> Outgoing | None:
        """Note that the bus has stored this one, and return it; a second confirmation changes nothing."""
        entry = self._pending.pop(seq, None)
        if entry is None:
            return None
        if seq in self._again:
            self._again.discard(seq)
        else:
            self.published += 1
        return entry[0]

    def lose(self, seq: int) -> None:
        """Count one that was taken as lost: sending it again cannot help."""
        if self._pending.pop(seq, None) is not None:
            self._count_lost(seq)

    def refuse(self, seq: int) -> None:
        """Note that the bus would not store this one now: it is pending until it expires, and tried again then."""

    @property
    def is_behind(self) -> bool:
        """Whether what is new waits for room; answers that are merely slow hold nothing up."""
        return len(self._pending) >= self._room.pending_max

    def count(self, counters: Counters) -> None:
        """Write down how many were confirmed and lost, and how many are pending."""
        counters.sample_sets_published_count = self.published
        counters.sample_sets_lost_count = self.lost
        counters.sample_sets_pending_count = self.pending

    def settle(self, connected: bool, now_s: float) -> None:
        """Decide what becomes of those without an answer; done before every `take`, and while the bus is away."""
        if connected:
            self.expire(now_s)

    def expire(self, now_s: float) -> int:
        """Let those wait again that were sent long ago without an answer; return how many."""
        confirm_s_max = self._room.confirm_s_max
        return self._requeue([seq for seq, (_, sent_s) in self._pending.items() if now_s - sent_s > confirm_s_max])

    def reconnected(self) -> int:
        """Let all that is pending wait again: the connection that carried it is gone; return how many."""
        return self._requeue(list(self._pending))

    def give_up(self) -> int:
        """Count everything that is left as lost, for the end of the process; return how many."""
        before = self.lost
        for each in [*self._waiting, *(outgoing for outgoing, _ in self._pending.values())]:
            self._count_lost(each.encoded.seq)
        self._waiting.clear()
        self._pending.clear()
        self._waiting_bytes = 0
        return self.lost - before

    def _requeue(self, seqs: list[int]) -> int:
        for seq in sorted(seqs, reverse=True):
            outgoing, _ = self._pending.pop(seq)
            self._waiting.appendleft(outgoing)
            self._waiting_bytes += len(outgoing.encoded.body)
        self._trim()
        return len(seqs)

    def _trim(self) -> None:
        while len(self._waiting) > self._room.waiting_max or self._waiting_bytes > self._room.waiting_bytes_max:
            gone = self._waiting.popleft()
            self._waiting_bytes -= len(gone.encoded.body)
            self._count_lost(gone.encoded.seq)

    def _count_lost(self, seq: int) -> None:
        # What the bus had confirmed once is not lost because it is not confirmed a second time.
        if seq in self._again:
            self._again.discard(seq)
        else:
            self.lost += 1
