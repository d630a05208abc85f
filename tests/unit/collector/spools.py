"""Spools on real files, with clocks that go when they are told to."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from services.collector.outbox import Outgoing
from services.collector.spool import Spool
from services.collector.spool_place import HOUR_S, Place
from shared.wire.encode import Encoded

NOW_S = 1_800_000_000


def sets(first: int, last: int, size: int = 200, session: str = "s1", tick_s: int = NOW_S) -> list[Outgoing]:
    """Return sample sets whose bodies cannot be compressed, so that bytes are what they seem."""
    return [Outgoing(Encoded(session, seq, os.urandom(size)), tick_s + seq) for seq in range(first, last + 1)]


@dataclass
class Clock:
    """Two clocks that go when they are told to; the one on the wall may be wrong."""

    passed_s: float = 0.0
    wrong_s: float = 0.0

    def wall(self) -> float:
        return NOW_S + self.passed_s + self.wrong_s

    def monotonic(self) -> float:
        return 1_000.0 + self.passed_s


@dataclass
class Spools:
    """Spools in one directory, one after the other; each is a process's own."""

    directory: Path
    bytes_max: int = 64 * 1024**2
    kept_s: float = 0.0
    clock: Clock = field(default_factory=Clock)
    opened: list[Spool] = field(default_factory=list)

    def open(self, session: str = "s1") -> Spool:
        place = Place(self.directory, self.bytes_max, HOUR_S)
        spool = Spool(place, session, self.clock.wall, self.clock.monotonic, self.kept_s)
        self.opened.append(spool)
        spool.open()
        return spool

    def later(self, seconds: float, spool: Spool) -> None:
        self.clock.passed_s += seconds
        spool.upkeep()

    @property
    def bytes_on_disk(self) -> int:
        return sum(path.stat().st_size for path in self.directory.iterdir())


def drained(spool: Spool, count: int | None = None) -> list[tuple[str, int]]:
    """Confirm everything, or so many, in the order in which it is sent; return what that was."""
    found: list[tuple[str, int]] = []
    while count is None or len(found) < count:
        batch = spool.oldest()
        if batch is None:
            break
        for key in list(batch.unconfirmed)[: None if count is None else count - len(found)]:
            found.append(key)
            spool.confirm(batch, key)
    return found


def numbers(spool: Spool) -> list[int]:
    return [seq for _, seq in drained(spool)]
