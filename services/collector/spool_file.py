"""The file of the spool: sample sets in SQLite, single while they are new, compressed in blocks when they are many.

Everything here raises sqlite3.Error or SpoolFileError; `spool.py` decides what that means.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from services.collector.outbox import Outgoing
from services.collector.spool_records import (
    BLOCK_BYTES,
    BLOCK_SETS,
    Batch,
    SpoolFileError,
    check,
    pack,
    pack_block,
    unpack,
    unpack_block,
    whole,
)
from shared.wire.encode import Previous

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "spool.sqlite3"
LAYOUT = 1
PAGE_BYTES = 512
"""A page is what noting one number writes: with 512 bytes that is 46 MB a day, with SQLite's 4,096 it were 360 MB."""
CACHE_KIB = 256
WAL_PAGES = 1_000
WAL_BYTES_KEPT = 1024 * 1024
OUTSIDE_BYTES = 4 * 1024 * 1024
"""What the log beside the file may take: the pages before a checkpoint, and one transaction of the largest kind."""
SPARE_PAGES = 64
"""For what is written beside sample sets, when the file is as full as it may be."""
RECORD_BYTES = 256
"""More than SQLite needs around one sample set, beside its own share of each page."""


class OtherVersionError(SpoolFileError):
    """Another version of the collector wrote the file, and may want it back: it is left as it is."""


class FileGoneError(OSError):
    """The file is no longer where it was opened: what is written to it is lost. Open it anew."""


class SpoolFile:
    """An open file, ours alone once it is prepared: a second process finds it locked."""

    def __init__(self, directory: Path, bytes_max: int) -> None:
        self.path = directory / NAME
        self._wal = directory / f"{NAME}-wal"
        self._pages_max = (bytes_max - OUTSIDE_BYTES) // PAGE_BYTES
        _create(self.path)
        self._inode = self.path.stat().st_ino
        self._connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)

    def prepare(self) -> None:
        """Lock the file and see that it is one of ours; done before anything else, and followed by `close` anyhow."""
        for pragma in (
            # First, before the log is opened: SQLite keeps its index in memory then, not in a third file that it maps.
            "PRAGMA locking_mode = EXCLUSIVE",
            f"PRAGMA page_size = {PAGE_BYTES}",
            f"PRAGMA cache_size = -{CACHE_KIB}",
            "PRAGMA mmap_size = 0",
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = NORMAL",
            f"PRAGMA wal_autocheckpoint = {WAL_PAGES}",
            f"PRAGMA journal_size_limit = {WAL_BYTES_KEPT}",
            f"PRAGMA max_page_count = {self._pages_max + SPARE_PAGES}",
            # Some distributions have SQLite overwrite what is deleted with zeros: that doubled what is written.
            "PRAGMA secure_delete = OFF",
        ):
            self._connection.execute(pragma).fetchall()
        layout = self._number("PRAGMA user_version")
        if layout == 0:
            self._make_tables()
        elif layout != LAYOUT:
            raise OtherVersionError(
                f"expected layout {LAYOUT}, got {layout}: another version of the collector wrote it"
            )
        last = "SELECT max((SELECT coalesce(max(id), 0) FROM fresh), (SELECT coalesce(max(last), 0) FROM block))"
        self._next = self._number(last) + 1

    def close(self) -> None:
        """Write everything to the file and let it go."""
        self._connection.close()

    def is_ours(self) -> bool:
        """Return whether the file is still where it was opened; otherwise what is written to it is lost."""
        try:
            return self.path.stat().st_ino == self._inode
        except OSError:
            return False

    @property
    def bytes_on_disk(self) -> int:
        """Size of the file and of its log."""
        return sum(os.path.getsize(path) for path in (self.path, self._wal) if path.exists())

    def count(self, after: int = 0) -> int:
        """Return how many sample sets are in it behind a place."""
        counted = (
            "SELECT (SELECT count(*) FROM fresh WHERE id > ?1)"
            " + (SELECT coalesce(sum(sample_sets), 0) FROM block WHERE id > ?1)"
        )
        return whole(self._connection.execute(counted, (after,)).fetchone()[0])

    def begin(self, session: str) -> tuple[Previous | None, int]:
        """Return the session before this one with its last number, and how many losses nobody heard of.

        What an earlier process had no answer for becomes an ordinary part of the spool. Where the file was only opened
        anew, memory has it still.
        """
        with self._transaction():
            row = self._connection.execute("SELECT session, seq_last, lost_untold FROM state").fetchone()
            if row is None or row[0] != session:
                for copy in self._connection.execute("SELECT tick_s, checksum, record FROM unconfirmed ORDER BY seq"):
                    self._insert(*copy)
            self._connection.execute("DELETE FROM unconfirmed")
        if row is None:
            return None, 0
        previous = Previous(str(row[0]), whole(row[1])) if row[0] != session else None
        return previous, whole(row[2])

    def note(self, session: str, seq_last: int) -> None:
        """Keep the last number that a session has given out."""
        self._connection.execute(
            "INSERT INTO state (one, session, seq_last, lost_untold) VALUES (1, ?1, ?2, 0)"
            " ON CONFLICT (one) DO UPDATE SET session = ?1, seq_last = ?2",
            (session, seq_last),
        )

    def note_untold(self, session: str, lost_count: int) -> None:
        """Keep how many losses nobody has heard of yet."""
        self._connection.execute(
            "INSERT INTO state (one, session, seq_last, lost_untold) VALUES (1, ?1, 0, ?2)"
            " ON CONFLICT (one) DO UPDATE SET lost_untold = ?2",
            (session, lost_count),
        )

    def append(self, outgoing: Sequence[Outgoing]) -> None:
        """Add sample sets behind the others, and note the last number among them."""
        with self._transaction():
            for each in outgoing:
                self._insert(*pack(each))
            newest = outgoing[-1].encoded
            noted = self._connection.execute("SELECT session, seq_last FROM state").fetchone()
            if noted is None or noted[0] != newest.session or noted[1] < newest.seq:
                self.note(newest.session, newest.seq)

    def append_copies(self, outgoing: Sequence[Outgoing]) -> None:
        """Keep copies of sample sets that were sent and have no answer yet."""
        with self._transaction():
            for each in outgoing:
                self._connection.execute(
                    "INSERT OR REPLACE INTO unconfirmed (seq, tick_s, checksum, record) VALUES (?, ?, ?, ?)",
                    (each.encoded.seq, *pack(each)),
                )

    def discard_copies(self, seqs: Sequence[int]) -> None:
        """Remove copies: the bus has them."""
        with self._transaction():
            self._connection.executemany("DELETE FROM unconfirmed WHERE seq = ?", [(seq,) for seq in seqs])

    def release_copies(self, seqs: Sequence[int]) -> list[int]:
        """Make copies ordinary parts of the spool: no answer is to be expected; return of which there were any."""
        released = []
        with self._transaction():
            for seq in sorted(seqs):
                row = self._connection.execute(
                    "SELECT tick_s, checksum, record FROM unconfirmed WHERE seq = ?", (seq,)
                ).fetchone()
                if row is not None:
                    self._insert(*row)
                    self._connection.execute("DELETE FROM unconfirmed WHERE seq = ?", (seq,))
                    released.append(seq)
        return released

    def compress(self, after: int) -> bool:
        """Make one block of the oldest single ones behind a place, when there are enough; return whether it did.

        Only of those behind every block: a block that spans others would hide them.
        """
        after = max(after, self._number("SELECT coalesce(max(last), 0) FROM block"))
        found = self._connection.execute(
            "SELECT id, length(record) FROM fresh WHERE id > ? ORDER BY id LIMIT ?", (after, BLOCK_SETS)
        ).fetchall()
        ids, size = [], 0
        for number, record_bytes in found:
            ids.append(number)
            size += record_bytes
            if size >= BLOCK_BYTES:
                break
        if len(ids) < BLOCK_SETS and size < BLOCK_BYTES:
            return False
        rows = self._connection.execute(
            "SELECT id, tick_s, checksum, record FROM fresh WHERE id BETWEEN ? AND ? ORDER BY id", (ids[0], ids[-1])
        ).fetchall()
        for row in rows:
            check(row)
        body = pack_block(b"".join(row[3] for row in rows))
        with self._transaction():
            self._connection.execute("DELETE FROM fresh WHERE id BETWEEN ? AND ?", (ids[0], ids[-1]))
            self._connection.execute(
                "INSERT INTO block (id, last, tick_s_last, sample_sets, body) VALUES (?, ?, ?, ?, ?)",
                (ids[0], ids[-1], max(row[1] for row in rows), len(rows), body),
            )
        return True

    def oldest(self, after: int) -> Batch | None:
        """Return the oldest block behind a place, or the single ones before it; None when there is nothing."""
        block = self._connection.execute(
            "SELECT id, last, sample_sets, body FROM block WHERE id > ? ORDER BY id LIMIT 1", (after,)
        ).fetchone()
        before = block[0] if block else self._next
        rows, size = [], 0
        for row in self._connection.execute(
            "SELECT id, tick_s, checksum, record FROM fresh WHERE id > ? AND id < ? ORDER BY id LIMIT ?",
            (after, before, BLOCK_SETS),
        ):
            check(row)
            rows.append(row)
            size += len(row[3])
            if size >= BLOCK_BYTES:
                break
        if rows:
            return Batch(rows[0][0], rows[-1][0], False, unpack(b"".join(row[3] for row in rows)))
        return Batch(block[0], block[1], True, unpack_block(*block)) if block else None

    def remove(self, first: int, last: int) -> None:
        """Remove a block, or single ones, by their places."""
        with self._transaction():
            self._connection.execute("DELETE FROM block WHERE id = ?", (first,))
            self._connection.execute("DELETE FROM fresh WHERE id BETWEEN ? AND ?", (first, last))

    def is_full(self, more_bytes: int) -> bool:
        """Return whether something must be dropped before so many bytes more can be taken."""
        used = self._number("PRAGMA page_count") - self._number("PRAGMA freelist_count")
        return used + (more_bytes + PAGE_BYTES) // (PAGE_BYTES - 8) + 1 > self._pages_max

    def drop_oldest(self) -> int:
        """Drop the oldest block, or the oldest single one; return how many sample sets, 0 when there is nothing."""
        with self._transaction():
            fresh = self._connection.execute("SELECT id, 1 FROM fresh ORDER BY id LIMIT 1").fetchone()
            block = self._connection.execute("SELECT id, sample_sets FROM block ORDER BY id LIMIT 1").fetchone()
            first = min((row for row in (fresh, block) if row), default=None)
            if first is None:
                return 0
            self._connection.execute("DELETE FROM block WHERE id = ?", (first[0],))
            self._connection.execute("DELETE FROM fresh WHERE id = ?", (first[0],))
        return whole(first[1])

    def is_oldest_before(self, tick_s: int) -> bool:
        """Return whether all that is dropped next is older than an instant."""
        newest = self._connection.execute(
            "SELECT tick_s FROM (SELECT id, tick_s FROM (SELECT id, tick_s FROM fresh ORDER BY id LIMIT 1)"
            " UNION ALL SELECT id, tick_s_last FROM (SELECT id, tick_s_last FROM block ORDER BY id LIMIT 1))"
            " ORDER BY id LIMIT 1"
        ).fetchone()
        return newest is not None and whole(newest[0]) < tick_s

    def shrink(self) -> None:
        """Give what is free in the file back to the file system; costs as much as what is left in it."""
        self._connection.execute("VACUUM")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def free_bytes(self) -> int:
        """Return how much of the file is free."""
        return self._number("PRAGMA freelist_count") * PAGE_BYTES

    def is_beyond(self) -> bool:
        """Return whether the file is larger than it may be, as after a lower bound was set."""
        return self._number("PRAGMA page_count") > self._pages_max

    def write_out(self) -> None:
        """Return once everything is on the disk itself.

        The log keeps its space, so that what was sent can be removed when the disk is full.
        """
        self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def _make_tables(self) -> None:
        with self._transaction():
            self._connection.execute(
                "CREATE TABLE fresh (id INTEGER PRIMARY KEY, tick_s INTEGER NOT NULL, checksum INTEGER NOT NULL,"
                " record BLOB NOT NULL)"
            )
            self._connection.execute(
                "CREATE TABLE block (id INTEGER PRIMARY KEY, last INTEGER NOT NULL, tick_s_last INTEGER NOT NULL,"
                " sample_sets INTEGER NOT NULL, body BLOB NOT NULL)"
            )
            self._connection.execute(
                "CREATE TABLE unconfirmed (seq INTEGER PRIMARY KEY, tick_s INTEGER NOT NULL, checksum INTEGER NOT NULL,"
                " record BLOB NOT NULL)"
            )
            self._connection.execute(
                "CREATE TABLE state (one INTEGER PRIMARY KEY CHECK (one = 1), session TEXT NOT NULL,"
                " seq_last INTEGER NOT NULL, lost_untold INTEGER NOT NULL)"
            )
            self._connection.execute(f"PRAGMA user_version = {LAYOUT}")

    def _insert(self, tick_s: int, checksum: int, record: bytes) -> None:
        self._connection.execute(
            "INSERT INTO fresh (id, tick_s, checksum, record) VALUES (?, ?, ?, ?)",
            (self._next, tick_s, checksum, record),
        )
        self._next += 1

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # A full disk has ended the transaction already.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _number(self, query: str) -> int:
        return whole(self._connection.execute(query).fetchone()[0])


def _create(path: Path) -> None:
    """Make the file, readable by its owner only; SQLite gives its log the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
