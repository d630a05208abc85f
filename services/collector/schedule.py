"""Which families are read when: ticks are whole multiples of their intervals in UTC, so nothing drifts."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping

from shared.family import Family

OFFSET_MS_MAX = 500
CLOCK_BACK_S_MAX = 60
"""A clock that was set back further starts a new count; less is waited for, so that no tick comes twice."""
CLOCK_AHEAD_S_MAX = 86_400
"""A machine without a clock of its own wakes in 1970: the ticks from then to now were not skipped by anybody."""
LATE_S_MAX = 5.0
"""A reading made later than this after its tick would tell of another time."""


def choose_intervals(
    families: Mapping[str, Family], interval_seconds: int, chosen: Mapping[str, int]
) -> dict[str, int]:
    """Return the interval of every family: the one chosen for it, else its own; all of 1 s follow interval_seconds."""
    return {
        name: chosen.get(name, interval_seconds if family.interval_seconds == 1 else family.interval_seconds)
        for name, family in families.items()
    }


def due(tick_s: int, intervals: Mapping[str, int]) -> list[str]:
    """Return the families to read at this tick, seconds since 1970 in UTC."""
    return [name for name, interval_s in intervals.items() if tick_s % interval_s == 0]


def next_tick(now_s: float, last_s: int | None, intervals: Mapping[str, int]) -> int:
    """Return the first tick after now at which a family is due, and after the last one."""
    base_s = now_s
    if last_s is not None and now_s > last_s - CLOCK_BACK_S_MAX:
        base_s = max(now_s, last_s)
    return min((math.floor(base_s / interval_s) + 1) * interval_s for interval_s in set(intervals.values()))


def is_now(tick_s: int, now_s: float) -> bool:
    """Return whether a tick that was waited for has come, so that a reading made now may bear its time.

    Otherwise the clock was set meanwhile, or the machine slept: the next tick is to be chosen anew, for a clock that
    was set back by an hour would be waited for as long.
    """
    return 0 <= now_s - tick_s < LATE_S_MAX


def count_skipped(last_s: int | None, tick_s: int, intervals: Mapping[str, int]) -> int:
    """Return how many ticks lie between the last one and this one; none where the clock was set by more than a day."""
    if last_s is None or tick_s - last_s > CLOCK_AHEAD_S_MAX:
        return 0
    distinct = set(intervals.values())
    step_s = math.gcd(*distinct)
    if step_s in distinct:  # every step is a tick
        return max(0, (tick_s - 1) // step_s - last_s // step_s)
    first_s = (last_s // step_s + 1) * step_s
    return sum(any(at_s % interval_s == 0 for interval_s in distinct) for at_s in range(first_s, tick_s, step_s))


def offset_s(host: str) -> float:
    """Return how long after each tick this host publishes: its name spreads the hosts over half a second."""
    return zlib.crc32(host.encode()) % (OFFSET_MS_MAX + 1) / 1000
