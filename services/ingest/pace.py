"""How hard rollups are computed: in small portions with rests while they are on time, harder the later they are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from shared.rollups import RollupLevel

Connect = Callable[[], Awaitable[asyncpg.Connection]]


@dataclass(frozen=True, slots=True)
class Effort:
    """What computing may take: a second connection, time, and whether it rests while nothing is late."""

    connect: Connect | None = None
    """Makes the second connection, for a backlog; None: there is none."""
    seconds_max: float = float("inf")
    """What is not computed by then stays marked."""
    is_gentle: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How many buckets of hosts one transaction computes, and how long to rest after it, in times of its own length."""

    buckets_max: int
    rest_ratio: float


GENTLE = Pace(500, 1.0)
"""Half of one core at most. All hosts' buckets end together, but what is written meanwhile must not wait for them."""
STEADY = Pace(500, 0.0)
"""Without rests, on one connection still."""
FULL = Pace(5_000, 0.0)
"""About a second of work at once, and on two connections."""
BACKLOG_WIDTHS = 5
"""Buckets that ended so many widths ago were left by an outage, or came late: there may be days of them."""


TURN_ENDS: dict[RollupLevel, float] = {"1m": 0.7, "5m": 0.9, "1h": 1.0}
"""Shares of the time by which each level's turn ends: a finer one never keeps a coarser one from its turn."""
REST_SHARE = 0.5
"""Share of the time after which nobody rests any more."""


def turn(effort: Effort, level: RollupLevel) -> tuple[float, float]:
    """Return for how many seconds from the beginning there are rests, and after how many this level's turn ends."""
    return REST_SHARE * effort.seconds_max, TURN_ENDS[level] * effort.seconds_max


def pace(effort: Effort, oldest: datetime, before: datetime, width: timedelta) -> Pace:
    """Return the pace for buckets of this width, of which the oldest to compute begins then, and none from `before` on.

    Late is what could have been computed a whole width ago: the next buckets have ended before these were done.
    """
    if not effort.is_gentle or oldest < before - BACKLOG_WIDTHS * width:
        return FULL
    return GENTLE if oldest >= before - width else STEADY
