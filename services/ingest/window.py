"""Whether the time of a sample set is acceptable, judged against the broker's arrival time.

So the verdict on a message never changes when it is delivered again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from shared.wire.limits import AHEAD_SECONDS_MAX

AHEAD_MAX = timedelta(seconds=AHEAD_SECONDS_MAX)


@dataclass
class RawKept:
    """For how long raw rows are kept at present: as set, or shorter while the ceiling by size bites.

    Upkeep tells it, so it may be some minutes behind.
    """

    span: timedelta


class Place(Enum):
    """Where a time lies: in the window, before it, or ahead of it."""

    INSIDE = "inside"
    TOO_OLD = "too old"
    AHEAD = "clock ahead"


def place(time: datetime, received_at: datetime, retention: timedelta) -> Place:
    """Return where time lies; both bounds themselves are inside."""
    if time > received_at + AHEAD_MAX:
        return Place.AHEAD
    if time < received_at - retention:
        return Place.TOO_OLD
    return Place.INSIDE


def ahead_reason(time: datetime, received_at: datetime) -> str:
    """Return the reason shown for a time that is ahead, with its offset."""
    offset_s = (time - received_at).total_seconds()
    return f"clock ahead by {offset_s:.1f} s: expected at most {AHEAD_MAX.total_seconds():.0f} s; set the host's clock"
