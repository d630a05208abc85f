"""What is remembered of one series that a rule watches, and what one more value, or the lack of one, makes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from shared.alerts.check import LOOKS_BACK
from shared.alerts.condition import condition_of
from shared.alerts.history import EMPTY
from shared.alerts.measure import measure
from shared.alerts.rule import Rule
from shared.alerts.state import UNSEEN, State
from shared.alerts.step import gap_max, step, unjudged

SOURCES_MAX = 16
"""Sources of one host that are watched; a host's credential could otherwise name new ones without end."""

FORGET_AFTER = timedelta(minutes=2)
"""A series without a value for so long is forgotten where nothing is wrong with it.

No late value is that late: times are believed within a minute before the broker's arrival.
"""


class WatchedSeries:
    """What is remembered of one series.

    `newest` is its newest value: while all is well only that moves, and `state` is behind, see `current`.
    """

    __slots__ = ("history", "newest", "state")

    def __init__(self, state: State = UNSEEN) -> None:
        self.state = state
        self.newest = state.newest
        self.history = EMPTY

    @property
    def current(self) -> State:
        """Return the state as `step` would have it."""
        return self.state if self.state.newest == self.newest else at_newest(self.state, self.newest)

    def move(self, state: State) -> None:
        """Take over another state."""
        self.state, self.newest = state, state.newest


class Judged(NamedTuple):
    """Where an alert stood before a value and stands after it; `number` is what was compared, None for nothing."""

    before: State
    after: State
    number: float | None


class Judge:
    """What a rule makes of the values of a host: of each series by itself."""

    def __init__(self, rule: Rule, host: str) -> None:
        self.rule = rule
        self.condition = condition = condition_of(rule, host)
        self.looks_back = rule.kind in LOOKS_BACK
        levels = [level for level in (condition.warning, condition.critical) if level is not None]
        self.above = condition.above
        self.first_level = min(levels) if condition.above else max(levels)

    def value(self, series: WatchedSeries, value: float, time: datetime, interval_s: float) -> Judged | None:
        """Return what one more value at `time` makes of a series; None where all was well and is.

        The caller leaves out what is not newer than the newest of the series.
        """
        number: float | None = value
        if self.looks_back:
            series.history, number = measure(self.rule, series.history, value, time.timestamp())
        if series.state.status == "ok" and (number is None or self.is_well(number)):
            # What step() and unjudged() would return has another `newest` and nothing else; most values end here.
            series.newest = time
            return None
        before = series.current
        after = unjudged(before, time) if number is None else step(self.condition, before, number, time, interval_s)
        series.move(after)
        return Judged(before, after, number)

    def is_well(self, number: float) -> bool:
        """Return whether a number reaches no level."""
        return number < self.first_level if self.above else number > self.first_level


class Told(NamedTuple):
    """From when to when a source told of a family without a gap."""

    since: datetime
    until: datetime


def told_on(known: Told | None, time: datetime, interval_s: float) -> Told:
    """Return since when a source tells of a family without a gap, once it has told of it at `time` too."""
    if known is None or time - known.until > gap_max(interval_s):
        return Told(time, time)
    return Told(known.since, max(time, known.until))


def at_newest(state: State, newest: datetime) -> State:
    """Return the state as if its newest sample had been another one."""
    return msgspec.structs.replace(state, newest=newest)
