"""Chooses how finely a range is answered: which stored level is read, and the step between points."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from shared.sql import BUCKET_ORIGIN

Level = Literal["raw", "1m", "5m", "1h"]

LEVEL_SECONDS: dict[Level, int] = {"raw": 0, "1m": 60, "5m": 300, "1h": 3600}
"""Level → seconds of its buckets, finest first; raw rows have none."""

POINTS_MAX_DEFAULT = 500
POINTS_MAX_LIMIT = 10_000

_ORIGIN = datetime.fromisoformat(BUCKET_ORIGIN)
_NICE_SECONDS = (
    1, 2, 5, 10, 15, 20, 30,
    60, 120, 300, 600, 900, 1200, 1800,
    3600, 7200, 10_800, 14_400, 21_600, 43_200,
    86_400,
)  # fmt: skip

Oldest = Mapping[Level, datetime]
"""Level → the oldest instant of which it still has everything; a level that is not kept at all is left out."""


class StepError(ValueError):
    """The step cannot be answered. The text says what was expected; ask for a step as it says."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The level to read and the step between points; no step means every stored row is a point."""

    level: Level
    step_seconds: int | None

    @property
    def is_stored(self) -> bool:
        """Return whether the rows of the level are the points as they are."""
        return self.step_seconds is None or self.step_seconds == LEVEL_SECONDS[self.level]


def usable_levels(start: datetime, oldest: Oldest) -> list[Level]:
    """Return the levels that still have everything from start on, finest first; the coarsest where none has."""
    kept = [level for level in LEVEL_SECONDS if level in oldest]
    return [level for level in kept if oldest[level] <= start] or kept[-1:]


def choose(start: datetime, end: datetime, points_max: int, interval_seconds: int, oldest: Oldest) -> Resolution:
    """Return the finest resolution that answers [start, end) with at most points_max points.

    Raw rows come back as they are when they are few enough, otherwise what `choose_step` says. How often rows come is
    what the family's definition says; where a host reports faster, there are more, and `choose_step` has the answer.
    """
    few = math.ceil(_span_seconds(start, end) / interval_seconds) <= points_max
    if few and points_max >= 2 and usable_levels(start, oldest)[0] == "raw":
        return Resolution("raw", None)
    return choose_step(start, end, points_max, interval_seconds, oldest)


def choose_step(start: datetime, end: datetime, points_max: int, interval_seconds: int, oldest: Oldest) -> Resolution:
    """Return the finest resolution with a step that has at most points_max points, however many rows there are.

    The step is a whole multiple of the coarsest usable level that is not coarser than it, and of the family's interval
    where that level is raw. The range may begin and end inside a step, which is why one point is kept in reserve.
    """
    span_seconds = _span_seconds(start, end)
    if points_max < 2:
        raise ValueError("expected points_max of at least 2")
    levels = usable_levels(start, oldest)
    wanted_seconds = span_seconds / (points_max - 1)
    step_seconds = _nice(max(wanted_seconds, interval_seconds))
    fitting = [level for level in levels if LEVEL_SECONDS[level] <= step_seconds]
    level = fitting[-1] if fitting else levels[0]
    unit_seconds = LEVEL_SECONDS[level] or interval_seconds
    return Resolution(level, math.ceil(step_seconds / unit_seconds) * unit_seconds)


def with_step(start: datetime, end: datetime, step_seconds: int, oldest: Oldest) -> Resolution:
    """Return the coarsest usable level whose buckets divide the step: it has the fewest rows to read.

    Raises StepError where the step is finer than what is kept of that age, or no multiple of it.
    """
    _span_seconds(start, end)
    levels = usable_levels(start, oldest)
    dividing = [level for level in levels if step_seconds % (LEVEL_SECONDS[level] or 1) == 0]
    if dividing:
        return Resolution(dividing[-1], step_seconds)
    finest = levels[0]
    unit_seconds = LEVEL_SECONDS[finest]
    raise StepError(
        f"expected a multiple of {unit_seconds} s ({finest}), the finest that is kept of "
        f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}, got {step_seconds} s"
    )


def whole_steps(start: datetime, end: datetime, step_seconds: int) -> tuple[datetime, datetime]:
    """Return the range of whole steps that [start, end) touches: a point then means the same in every answer."""
    step = timedelta(seconds=step_seconds)
    first = _ORIGIN + (start - _ORIGIN) // step * step
    after = _ORIGIN - (_ORIGIN - end) // step * step
    return first, after


def _span_seconds(start: datetime, end: datetime) -> float:
    span_seconds = (end - start) / timedelta(seconds=1)
    if span_seconds <= 0:
        raise ValueError("expected a range whose end is after its start")
    return span_seconds


def _nice(seconds: float) -> int:
    """Return the smallest customary step of at least so many seconds; beyond a day whole days."""
    for nice in _NICE_SECONDS:
        if nice >= seconds:
            return nice
    return math.ceil(seconds / 86_400) * 86_400
