"""The spool: keeps on disk what the bus has not confirmed, within its bounds, and goes on without a disk that fails."""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from services.collector.outbox import Outgoing
from services.collector.spool_age import Agreement
from services.collector.spool_faults import ERRORS, Trouble, code_of, damaged_bytes, is_damage, move_aside
from services.collector.spool_file import RECORD_BYTES, FileGoneError, SpoolFile
from services.collector.spool_place import Place
from services.collector.spool_records import BLOCK_SETS, Batch, DamagedError
from services.collector.spool_tally import Tally
from shared.wire.encode import Previous

log = logging.getLogger(__name__)

T = TypeVar("T")

WRITE_OUT_S = 10.0
"""What waits in the spool may be lost with the machine's power for so long; with the process it never is."""
FREE_BYTES_MAX = 4 * 1024 * 1024


class Spool:
    """Sample sets that wait for the bus, oldest first; none of its methods raises, each says whether it was done.

    What was confirmed is kept until the bus confirmed something `kept_s` later: one that lost power meanwhile may have
    lost it again. While the disk does not serve, that is logged once, tried again every ten seconds, and nothing is
    taken.
    """

    def __init__(
        self,
        place: Place,
        session: str,
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
        kept_s: float = 0.0,
    ) -> None:
        self._place = place
        self.session = session
        self._wall_clock = wall_clock
        self._clock = clock
        self._kept_s = kept_s
        self._heard_s = clock()
        self._agreement = Agreement(wall_clock(), self._heard_s)
        self._file: SpoolFile | None = None
        self._held: Batch | None = None
        self._through: deque[tuple[float, Batch]] = deque()
        self._copied: set[int] = set()
        self._tally = Tally()
        self._noted = 0
        self._trouble = Trouble(place.directory)
        self._is_unwritten = False
        self._upkeep_at_s = self._written_out_s = 0.0
        self.previous: Previous | None = None
        self.waiting = 0
        self.bytes = 0

    @property
    def published(self) -> int:
        """How many sample sets the bus has from here."""
        return self._tally.published

    @property
    def lost(self) -> int:
        """How many are lost, also of an earlier session if nobody heard of them."""
        return self._tally.lost

    def open(self) -> bool:
        """Return whether there is a spool; also without one everything goes on."""
        return self._try(lambda file: True, False)

    def close(self) -> None:
        """Write everything to the disk and let the file go."""
        self._kept_s = 0.0
        self._remove_through()
        if self._file is not None:
            with suppress(*ERRORS):
                self._note_untold(self._file)
                self._file.write_out()
            self._let_go()
        self._trouble.end()

    def note(self, seq_last: int) -> None:
        """Keep the last number given out, so that the next session can say how far this one came."""

        def work(file: SpoolFile) -> None:
            file.note(self.session, seq_last)
            self._noted = seq_last

        if seq_last > self._noted:
            self._try(work, None)

    def append(self, outgoing: Sequence[Outgoing]) -> int:
        """Take sample sets behind the others, and return of how many; the oldest are dropped where there is no room."""
        taken = 0
        while chunk := outgoing[taken : taken + BLOCK_SETS]:
            if not self._try(lambda file, chunk=chunk: self._append(file, chunk), False, writes=True):  # type: ignore[misc]
                break
            taken += len(chunk)
        if taken:
            self._try(self._compress, None)
        return taken

    def append_copies(self, outgoing: Sequence[Outgoing]) -> None:
        """Keep copies of sample sets that were sent and have no answer yet; those that have one keep it."""
        more = [each for each in outgoing if each.encoded.seq not in self._copied]

        def work(file: SpoolFile) -> None:
            self._make_room(file, more)
            file.append_copies(more)
            self._is_unwritten = True
            self._copied.update(each.encoded.seq for each in more)

        if more:
            self._try(work, None, writes=True)

    def discard_copies(self, seqs: Sequence[int]) -> None:
        """Remove copies, where there are any, of what the bus has confirmed or what waits elsewhere."""
        copied = self._copied.intersection(seqs)
        self._copied -= copied
        if copied:
            self._try(lambda file: file.discard_copies(sorted(copied)), None)

    def release_copies(self, seqs: Sequence[int]) -> list[int]:
        """Make copies part of what waits: no answer is to be expected any more; return of which there were any."""
        copied = sorted(self._copied.intersection(seqs))

        def work(file: SpoolFile) -> list[int]:
            released = file.release_copies(copied)
            self.waiting += len(released)
            self._copied.difference_update(copied)
            return released

        return self._try(work, []) if copied else []

    def oldest(self) -> Batch | None:
        """Return what is to be sent next: the same until all of it is confirmed, or was dropped."""
        held = self._held
        if held is not None and not held.gone:
            return held
        self._held = self._try(self._read, None) if self.waiting or self._file is None else None
        return self._held

    def confirm(self, batch: Batch, key: tuple[str, int]) -> None:
        """Note that the bus has this one; the batch is removed with its last one."""
        self._heard_s = self._clock()
        if batch.unconfirmed.pop(key, None) is not None and not batch.gone:
            self._tally.confirm()
            self._leave(batch)

    def lose(self, batch: Batch, key: tuple[str, int]) -> None:
        """Count one as lost that the bus takes never."""
        if batch.unconfirmed.pop(key, None) is not None and not batch.gone:
            self._tally.lose(1, self._wall_clock())
            self._try(self._note_untold, None)
            self._leave(batch)

    def restarted(self) -> int:
        """Let that wait again which was confirmed by a bus that may have lost it since; return how many."""
        held = [self._held] if self._held is not None and not self._held.gone else []
        doubtful = sum(batch.count for _, batch in self._through)
        doubtful += sum(batch.count - len(batch.unconfirmed) for batch in held)
        for batch in held:
            batch.gone = True
        self._held = None
        self._through.clear()
        self.waiting += doubtful
        self._tally.expect_again(doubtful)
        return doubtful

    def append_known(self, count: int) -> None:
        """Note that so many of those that were taken were counted as published before."""
        self._tally.expect_again(count)

    def miss(self, count: int) -> None:
        """Note losses that were counted elsewhere, so that the next session tells of them if nobody heard."""
        self._tally.miss(count, self._wall_clock())

    def heard(self, tick_s: int) -> None:
        """Note that the bus has a sample set of this instant: what was counted well before it is known by now."""
        self._heard_s = self._clock()
        if self._tally.heard(tick_s):
            self._try(self._note_untold, None)

    def upkeep(self) -> None:
        """Drop what is too old, give back space, write out what is new; cheap enough for every second."""
        now_s = self._clock()
        if now_s - self._upkeep_at_s >= 1.0:
            self._upkeep_at_s = now_s
            self._remove_through()
            self._try(lambda file: self._tend(file, now_s), None)

    def _append(self, file: SpoolFile, outgoing: Sequence[Outgoing]) -> bool:
        self._make_room(file, outgoing)
        file.append(outgoing)
        self.waiting += len(outgoing)
        self._noted = max(self._noted, outgoing[-1].encoded.seq)
        self._is_unwritten = True
        return True

    def _compress(self, file: SpoolFile) -> None:
        # Those that are being sent, or were, stay as they are.
        after = max((batch.last for _, batch in self._through), default=0)
        if self._held is not None and not self._held.is_block:
            after = self._held.last
        while file.compress(after):
            pass

    def _make_room(self, file: SpoolFile, outgoing: Sequence[Outgoing]) -> None:
        more_bytes = sum(len(each.encoded.body) + RECORD_BYTES for each in outgoing)
        while file.is_full(more_bytes) and self._drop(file):
            pass

    def _drop(self, file: SpoolFile) -> bool:
        """Drop the oldest, which is what is being sent when something is; return whether there was any.

        What the bus has goes before, and is not lost.
        """
        if self._through:
            return self._remove(file, self._through[0][1])
        held, self._held = self._held, None
        if held is not None and not held.gone:
            held.gone = True
            file.remove(held.first, held.last)
            count = len(held.unconfirmed)
        else:
            count = file.drop_oldest()
        self.waiting -= count
        self._tally.lose(count, self._wall_clock())
        self._note_untold(file)
        return held is not None or count > 0

    def _note_untold(self, file: SpoolFile) -> None:
        if not self._tally.is_untold_noted:
            file.note_untold(self.session, self._tally.untold)
            self._tally.is_untold_noted = True

    def _read(self, file: SpoolFile) -> Batch | None:
        after = self._through[-1][1].last if self._through else 0
        while True:
            try:
                found = file.oldest(after)
            except DamagedError as error:
                self._cut_out(file, error)
            else:
                if found is None:
                    self.waiting = file.count(after)
                return found

    def _cut_out(self, file: SpoolFile, error: DamagedError) -> None:
        file.remove(error.first, error.last)
        self.waiting -= error.count
        self._tally.lose(error.count, self._wall_clock())
        self._note_untold(file)
        log.warning("a part of the spool is damaged and was removed", extra={"lost_count": error.count})

    def _leave(self, batch: Batch) -> None:
        self.waiting -= 1
        if not batch.unconfirmed:
            batch.gone = True
            self._through.append((self._heard_s, batch))
            self._remove_through()

    def _remove_through(self) -> None:
        """Remove what was confirmed so long ago that the bus has it on its own disk."""
        before_s = self._heard_s - self._kept_s
        while self._through and self._through[0][0] <= before_s:
            batch = self._through[0][1]
            if not self._try(lambda file, batch=batch: self._remove(file, batch), False):  # type: ignore[misc]
                return

    def _remove(self, file: SpoolFile, batch: Batch) -> bool:
        file.remove(batch.first, batch.last)
        self._through.popleft()
        return True

    def _tend(self, file: SpoolFile, now_s: float) -> None:
        self._note_untold(file)
        self.bytes = file.bytes_on_disk
        wall_s = self._wall_clock()
        if self._agreement.holds(wall_s, now_s) and self.waiting:
            oldest_s = int(wall_s - self._place.age_s_max)
            while file.is_oldest_before(oldest_s) and self._drop(file):
                pass
        if now_s - self._written_out_s >= WRITE_OUT_S:
            self._written_out_s = now_s
            if not file.is_ours():
                raise FileGoneError(f"{file.path} was removed or replaced")
            if self._is_unwritten:
                self._write_out(file)
            if not self.waiting and not self._through:
                self.waiting = file.count()
                if not self.waiting and file.free_bytes() > FREE_BYTES_MAX:
                    file.shrink()

    def _write_out(self, file: SpoolFile) -> None:
        try:
            file.write_out()
            self._is_unwritten = False
        except sqlite3.OperationalError as error:
            # What was taken stands in the log all the same, and what is sent can still be removed from it.
            if code_of(error) != sqlite3.SQLITE_FULL:
                raise

    def _try(self, work: Callable[[SpoolFile], T], otherwise: T, writes: bool = False) -> T:
        now_s = self._clock()
        if writes and not self._trouble.may_write(now_s):
            return otherwise
        try:
            file = self._file
            if file is None:
                if not self._trouble.may_open(now_s):
                    return otherwise
                file = self._open()
            try:
                result = work(file)
            except DamagedError as error:
                self._cut_out(file, error)
                return otherwise
        except ERRORS as error:
            self._failed(error, now_s)
            return otherwise
        self._trouble.worked(now_s, writes)
        return result

    def _open(self) -> SpoolFile:
        directory, bytes_max = self._place.directory, self._place.bytes_max
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self._file = SpoolFile(directory, bytes_max - damaged_bytes(directory, bytes_max))
        try:
            file.prepare()
            previous, untold = file.begin(self.session)
            waiting = file.count()
        except BaseException as error:
            # A damaged one is moved aside first, while it is locked.
            if not isinstance(error, Exception) or not is_damage(error):
                self._let_go()
            raise
        self._held, self.waiting = None, waiting
        self._noted = 0
        self._tally.begin_file()
        if previous is not None:
            self.previous = previous
            self._tally.inherit(untold, self._wall_clock())
            if untold:
                log.warning("sample sets of an earlier session were lost", extra={"lost_count": untold})
        if file.is_beyond():
            self._make_room(file, ())
            file.shrink()
        self.bytes = file.bytes_on_disk
        return file

    def _failed(self, error: Exception, now_s: float) -> None:
        file = self._file
        if code_of(error) == sqlite3.SQLITE_FULL and file is not None:
            self._trouble.filled(error, now_s)
            return
        damaged = is_damage(error)
        lost_count = self.waiting if damaged or isinstance(error, FileGoneError) else 0
        self.waiting = self.bytes = 0
        self._tally.lose(lost_count, self._wall_clock())
        became = move_aside(self._place) if damaged and file is not None and file.is_ours() else None
        self._let_go()
        self._trouble.failed(error, now_s, lost_count, became)

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.gone = True
        self._held = None
        self._through.clear()
        self._copied.clear()
        file, self._file = self._file, None
        if file is not None:
            with suppress(*ERRORS):
                file.close()
