"""Chooses how finely a range is answered: which stored level is read, and the step between points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Level = Literal["raw", "1m", "5m", "1h"]

LEVEL_SECONDS: dict[Level, int] = {"raw": 0, "1m": 60, "5m": 300, "1h": 3600}
"""Level → seconds of its buckets; raw rows have none."""

POINTS_MAX_DEFAULT = 500
POINTS_MAX_LIMIT = 10_000

_NICE_SECONDS = (
    1, 2, 5, 10, 15, 20, 30,
    60, 120, 300, 600, 900, 1200, 1800,
    3600, 7200, 10_800, 14_400, 21_600, 43_200,
    86_400,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resolution:
    """The level to read and the step between points; no step means every stored row is a point."""

    level: Level
    step_seconds: int | None


def choose(
    start: datetime,
    end: datetime,
    points_max: int,
    interval_seconds: int,
    levels: Sequence[Level] = ("raw", "1m", "5m", "1h"),
) -> Resolution:
    """Return the finest resolution that answers [start, end) with at most points_max points.

    Raw rows come back as they are when they are few enough; otherwise the step is a whole multiple of the
    coarsest of `levels` that is not coarser than it, and of the family's interval where that level is raw.
    The range may begin and end inside a bucket, which is why one point is kept in reserve.
    """
    span_seconds = (end - start) / timedelta(seconds=1)
    if span_seconds <= 0:
        raise ValueError("expected a range whose end is after its start")
    if points_max < 2:
        raise ValueError("expected points_max of at least 2")
    if "raw" in levels and math.ceil(span_seconds / interval_seconds) <= points_max:
        return Resolution("raw", None)
    wanted_seconds = span_seconds / (points_max - 1)
    step_seconds = _nice(max(wanted_seconds, interval_seconds))
    fitting = [level for level in levels if LEVEL_SECONDS[level] <= step_seconds]
    level = max(fitting or [min(levels, key=_seconds)], key=_seconds)
    unit_seconds = LEVEL_SECONDS[level] or interval_seconds
    return Resolution(level, math.ceil(step_seconds / unit_seconds) * unit_seconds)


def _seconds(level: Level) -> int:
    return LEVEL_SECONDS[level]


def _nice(seconds: float) -> int:
    """Return the smallest customary step of at least so many seconds; beyond a day whole days."""
    for nice in _NICE_SECONDS:
        if nice >= seconds:
            return nice
    return math.ceil(seconds / 86_400) * 86_400
