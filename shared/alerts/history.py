"""What is remembered of one series: at most 60 points over a window, one for each sixtieth of it."""

from __future__ import annotations

from bisect import bisect_left

import msgspec

POINTS_MAX = 60


class History(msgspec.Struct, frozen=True):
    """Points of a series, the oldest first, and what was computed from them when the newest came.

    Times are POSIX seconds. Less than 6 KiB in memory and 1.3 KiB encoded, however fast the samples come. It is not
    kept anywhere: a series that begins anew needs some of its window before it is judged again.
    """

    times: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    summary: tuple[float, ...] | None = None
    """Slope, or middle and spread; None until there are enough points."""


EMPTY = History()


def remembered(history: History, value: float, time_s: float, window_s: float) -> History:
    """Return the history with one more value; the same object where its sixtieth of the window has a point already.

    The first sample of a sixtieth stands for it: a mean would make noise look smaller than it is. What is older than
    the window is forgotten. A value that is not newer than the newest point changes nothing.
    """
    slot_s = window_s / POINTS_MAX
    if history.times and time_s // slot_s <= history.times[-1] // slot_s:
        return history
    first = bisect_left(history.times, time_s - window_s)
    # Slots of a whole window number 61, as the first and the last are cut by its edges.
    first = max(first, len(history.times) - POINTS_MAX + 1)
    return History((*history.times[first:], time_s), (*history.values[first:], value))
