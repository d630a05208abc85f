"""How much one person may say about alerts: that shares the stream with what fires, which lets its oldest go."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from services.api.errors import LimitedError
from shared.budget import Budgets
from shared.wire.alert import Act


class Limit(NamedTuple):
    """So many at once, then so many a second."""

    what: str
    at_once_max: int
    per_s: float


ACKNOWLEDGEMENTS = Limit("acknowledgements", 1_000, 1.0)
"""One person can take on a storm. More than fires cannot be acknowledged, and that once."""

COMMENTS = Limit("comments", 100, 0.05)
"""At their longest, three a minute fill the stream in a week."""

PEOPLE_MAX = 1_000


class Allowance:
    """What each person may still do, of acknowledging and of all else, each by itself; in this process."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._budgets = {
            limit: Budgets(limit.at_once_max, limit.per_s, PEOPLE_MAX) for limit in (ACKNOWLEDGEMENTS, COMMENTS)
        }

    def spend(self, act: Act, who: str) -> None:
        """Take one act off what somebody may do; raise LimitedError where nothing is left of it."""
        limit = ACKNOWLEDGEMENTS if act == "acknowledged" else COMMENTS
        if not self._budgets[limit].spend(self._clock(), who):
            raise LimitedError(
                f"These are more {limit.what} than one person may make: {limit.at_once_max:,} at once, then "
                f"{60 * limit.per_s:.0f} a minute. Go on when Retry-After says so.",
                retry_after_s=math.ceil(1 / limit.per_s),
            )
