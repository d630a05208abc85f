"""An outbox with a disk behind it: what the bus has not confirmed by the next tick is on the spool."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from services.collector.counters import Counters
from services.collector.outbox import UNCONFIRMED_S_MAX, Outbox, Outgoing, Room
from services.collector.spool import Spool

RECENT_BYTES_MAX = 1024 * 1024
SYNC_S = 120.0
"""How long a NATS server may leave what it confirmed unwritten to its disk, by default."""


class Recent:
    """What the bus confirmed last, for as long as a bus that lost power may have lost it again; bounded in bytes.

    Only a later confirmation shows that the bus lived on: while it is silent, nothing becomes too old.
    """

    def __init__(self, kept_s: float) -> None:
        self._kept_s = kept_s
        self._kept: deque[tuple[float, Outgoing]] = deque()
        self._bytes = 0

    def add(self, outgoing: Outgoing, now_s: float) -> None:
        """Keep one more; what is too old, or too much, goes."""
        self._kept.append((now_s, outgoing))
        self._bytes += len(outgoing.encoded.body)
        while self._kept and (now_s - self._kept[0][0] >= self._kept_s or self._bytes > RECENT_BYTES_MAX):
            self._bytes -= len(self._kept.popleft()[1].encoded.body)

    def take(self) -> list[Outgoing]:
        """Return what may have been lost, the oldest first, and keep none of it."""
        found = [outgoing for _, outgoing in self._kept]
        self._kept.clear()
        self._bytes = 0
        return found


class SpooledOutbox(Outbox):
    """An outbox that hands to the spool what would be lost with the process.

    While the bus is away a sample set goes there at once, and the spool sends it later. One that was sent and has no
    answer by the next tick has a copy there, which goes when the answer comes. Where the spool cannot take it, it
    stays in memory, within the bounds of every outbox.
    """

    __slots__ = ("_clock", "_recent", "_seq_last", "_spool", "_waiting_since_s")

    def __init__(self, room: Room, spool: Spool, recent: Recent, clock: Callable[[], float]) -> None:
        super().__init__(room)
        self._spool = spool
        self._recent = recent
        self._clock = clock
        self._waiting_since_s: float | None = None
        self._seq_last = 0

    def add(self, outgoing: Sequence[Outgoing]) -> None:
        """Put new sample sets behind the others."""
        for each in outgoing:
            self._seq_last = max(self._seq_last, each.encoded.seq)
        super().add(outgoing)

    def confirm(self, seq: int) -> Outgoing | None:
        """Note that the bus has stored this one: its copy goes, and it is kept for a bus that may lose it again."""
        outgoing = super().confirm(seq)
        if outgoing is not None:
            self._spool.discard_copies([seq])
            self._recent.add(outgoing, self._clock())
            self._spool.heard(outgoing.tick_s)
        return outgoing

    def lose(self, seq: int) -> None:
        """Count one as lost that the bus takes never; its copy goes too, or it would be tried for ever."""
        super().lose(seq)
        self._spool.discard_copies([seq])

    def refuse(self, seq: int) -> None:
        """Hand over what the bus would not store now: the spool tries again, and what is new need not wait for it."""
        if seq in self._pending:
            self._requeue([seq])
            self._spill()

    def settle(self, connected: bool, now_s: float) -> None:
        """Hand over what the bus should have confirmed by now; all of it while the bus is away."""
        if not connected:
            self.reconnected()
            self._spill()
            self._spool.note(self._seq_last)
            return
        self._spool.note(self._seq_last)  # before anything of it leaves
        self.expire(now_s)
        late = [outgoing for outgoing, sent_s in self._pending.values() if now_s - sent_s > UNCONFIRMED_S_MAX]
        self._spool.append_copies(late)
        # Waiting longer than that, they wait for room in the window: the bus is slow, and the disk is safer.
        if not self._waiting:
            self._waiting_since_s = None
        elif self._waiting_since_s is None:
            self._waiting_since_s = now_s
        elif now_s - self._waiting_since_s > UNCONFIRMED_S_MAX:
            self._spill()

    def restarted(self) -> int:
        """Send again what a bus confirmed that is not the one of before; return how many."""
        doubtful = self._recent.take()
        self.add_again(doubtful)
        return len(doubtful)

    def count(self, counters: Counters) -> None:
        """Write down how many were confirmed and lost, from memory or from the spool, and how many are there."""
        super().count(counters)
        counters.sample_sets_published_count += self._spool.published
        counters.sample_sets_lost_count += self._spool.lost
        counters.sample_sets_spooled_count = self._spool.waiting
        counters.spool_bytes = self._spool.bytes

    def give_up(self) -> int:
        """Hand everything to the spool, for the end of the process; return how many it could not take."""
        self.reconnected()
        self._spill()
        return super().give_up()

    def _requeue(self, seqs: list[int]) -> int:
        # Those whose copy on the spool is one of those that wait now are sent from there.
        released = self._spool.release_copies(seqs)
        for seq in released:
            del self._pending[seq]
        self._hand_over(released)
        return super()._requeue([seq for seq in seqs if seq in self._pending])

    def _spill(self) -> None:
        spilled = [self._waiting.popleft() for _ in range(self._spool.append(list(self._waiting)))]
        self._waiting_bytes -= sum(len(each.encoded.body) for each in spilled)
        seqs = [each.encoded.seq for each in spilled]
        self._hand_over(seqs)
        self._spool.discard_copies(seqs)
        if not self._waiting:
            self._waiting_since_s = None

    def _hand_over(self, seqs: Sequence[int]) -> None:
        known = self._again.intersection(seqs)
        self._again -= known
        self._spool.append_known(len(known))

    def _count_lost(self, seq: int) -> None:
        before = self.lost
        super()._count_lost(seq)
        self._spool.miss(self.lost - before)
