"""When the hosts of the suite send: who is silent, who is late, whose clock jumps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

HOSTS = ("web-1", "db_1", "dbx1", "web-2", "web-3", "cache-1", "web-4", "db_2", "cache-2", "web-10")
"""`db_?` must not match dbx1: `_` is no wildcard of a caller."""

MINUTE_S, HOUR_S = 60, 3_600


@dataclass(frozen=True, slots=True)
class Size:
    """How much is generated."""

    hosts_count: int
    days: int
    interval_s: int

    @property
    def hosts(self) -> tuple[str, ...]:
        return HOSTS[: self.hosts_count]

    @property
    def span_s(self) -> int:
        return self.days * 24 * HOUR_S


SMALL = Size(hosts_count=2, days=1, interval_s=10)
FULL = Size(hosts_count=10, days=3, interval_s=5)


class Part(Enum):
    """When a stretch is written: in order of time, after everything else, or last and newest."""

    MAIN = "main"
    LATE = "late"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class Age:
    """A range in seconds before the end of the samples: from the older to the younger."""

    older_s: int
    younger_s: int


NOBODY_SENT = Age(9 * HOUR_S, 6 * HOUR_S + 50 * MINUTE_S)
ONE_WAS_OFF = Age(12 * HOUR_S + 10 * MINUTE_S, 11 * HOUR_S + 20 * MINUTE_S)
JUMP = Age(4 * HOUR_S + 5 * MINUTE_S, 3 * HOUR_S + 45 * MINUTE_S)
"""While this passed, a clock showed an hour less: it names instants that an earlier session had named."""
JUMP_BACK_S = HOUR_S
LATE_SHORT = Age(2 * HOUR_S + 7 * MINUTE_S, 2 * HOUR_S + 20)
LATE_LONG = Age(18 * HOUR_S + 30 * MINUTE_S, 6 * HOUR_S + 30 * MINUTE_S)
"""Twelve hours that a host could not send, and sent at once."""
END_IN_FIVE_MINUTES_S = 130
"""The newest buckets of every level are half full: samples end so many seconds after a whole five minutes."""
TAIL = Age(25 * MINUTE_S + END_IN_FIVE_MINUTES_S, 0)
"""Begins with a bucket of five minutes: a bucket once refreshed shows rows of its own only after the next refresh."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Ticks of one host in one session, whose clock is behind by `behind_s`."""

    age: Age
    part: Part
    behind_s: int = 0


def end_of_samples(now: datetime) -> datetime:
    """Return the last such instant; only days and hours lie differently from run to run."""
    since = (now - timedelta(seconds=END_IN_FIVE_MINUTES_S)).replace(second=0, microsecond=0)
    return since - timedelta(minutes=since.minute % 5) + timedelta(seconds=END_IN_FIVE_MINUTES_S)


def stretches(host_index: int, span_s: int) -> list[Stretch]:
    """Return what a host sends: the first has a clock that jumps, the second a long late block, the third neither."""
    return (_jumping, _long_late, _clean)[host_index % 3](span_s)


def _jumping(span_s: int) -> list[Stretch]:
    return [
        Stretch(Age(span_s, ONE_WAS_OFF.older_s), Part.MAIN),
        Stretch(Age(ONE_WAS_OFF.younger_s, NOBODY_SENT.older_s), Part.MAIN),
        Stretch(Age(NOBODY_SENT.younger_s, JUMP.older_s), Part.MAIN),
        Stretch(JUMP, Part.MAIN, JUMP_BACK_S),
        Stretch(Age(JUMP.younger_s, LATE_SHORT.older_s), Part.MAIN),
        Stretch(LATE_SHORT, Part.LATE),
        Stretch(Age(LATE_SHORT.younger_s, TAIL.older_s), Part.MAIN),
        Stretch(TAIL, Part.TAIL),
    ]


def _long_late(span_s: int) -> list[Stretch]:
    return [
        Stretch(Age(span_s, LATE_LONG.older_s), Part.MAIN),
        Stretch(Age(LATE_LONG.older_s, NOBODY_SENT.older_s), Part.LATE),
        Stretch(Age(NOBODY_SENT.younger_s, LATE_LONG.younger_s), Part.LATE),
        Stretch(Age(LATE_LONG.younger_s, TAIL.older_s), Part.MAIN),
        Stretch(TAIL, Part.TAIL),
    ]


def _clean(span_s: int) -> list[Stretch]:
    return [
        Stretch(Age(span_s, NOBODY_SENT.older_s), Part.MAIN),
        Stretch(Age(NOBODY_SENT.younger_s, TAIL.older_s), Part.MAIN),
        Stretch(TAIL, Part.TAIL),
    ]
