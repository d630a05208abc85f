"""What a rule of absence makes of the time in which nothing came from a host."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.alerts.condition import Condition
from shared.alerts.state import UNSEEN, State
from shared.alerts.step import ended, step
from shared.alerts.watched import Judged

UNBROKEN_S = 1e9
"""Stands for the interval of a silence, in which nothing can be missed."""

EVIDENCE_SHARE = 0.5
"""Somebody must have been heard so far into a host's silence; else it may be the bus that brings nothing."""


class Unheard:
    """Where one alert of absence stands.

    Its values are whole seconds since the newest arrival, and only those at which something can change, however long
    after them they are looked at: so whoever looks, and whenever, comes to the same transitions.
    """

    def __init__(self, condition: Condition) -> None:
        self.state: State = UNSEEN
        self.ask(condition)

    def ask(self, condition: Condition) -> None:
        """Judge by another condition from now on."""
        self.condition = condition
        levels = [math.ceil(level) for level in (condition.warning, condition.critical) if level is not None]
        hold_s = math.ceil(condition.hold.total_seconds())
        self.grace_s = float(min(levels))
        self._corners_s = sorted({*levels, *(level + hold_s for level in levels)})

    def silent(self, silent_s: float, now: datetime) -> Iterator[Judged]:
        """Yield what becomes of the alert where nothing came for so long until now."""
        if silent_s < self.grace_s:
            return
        since = now - timedelta(seconds=silent_s)
        for corner_s in self._corners_s:
            time = since + timedelta(seconds=corner_s)
            if corner_s <= silent_s and time > self.state.newest:
                yield self._stepped(float(corner_s), time)

    def spoke(self, arrival: datetime) -> Iterator[Judged]:
        """Yield what becomes of the alert by something that came."""
        if self.state.status != "ok":
            yield self._stepped(0.0, arrival)

    def end(self, now: datetime) -> Iterator[Judged]:
        """Yield the end of what is not over."""
        if self.state.status != "ok":
            before, self.state = self.state, ended(self.state, now)
            yield Judged(before, self.state, None)

    def _stepped(self, silent_s: float, time: datetime) -> Judged:
        before, self.state = self.state, step(self.condition, self.state, silent_s, time, UNBROKEN_S)
        return Judged(before, self.state, silent_s)
