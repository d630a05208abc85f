"""What is remembered of one series, when something happened to it, and what is counted of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.alerting.change import Change, Position
from shared.alerts.history import EMPTY
from shared.alerts.state import BEGINNING, Reason, State, transition
from shared.alerts.step import ended

SERIES_MAX = 200_000
"""Series that are watched at once, over all rules and hosts; about 500 bytes each, 6 KiB where a rule looks back."""


class Moment(NamedTuple):
    """When a sample set was, and where it stands.

    What is late in a second part, or in what is read again, is not counted. `heard_since` is when its source began to
    tell of the family without a gap.
    """

    time: datetime
    position: Position
    counts_late: bool = True
    heard_since: datetime = BEGINNING


@dataclass(slots=True)
class Figures:
    """What an evaluator counts: series now, values that came late, values of series that it had no room for."""

    series_max: int = SERIES_MAX
    series_count: int = 0
    late_count: int = 0
    unwatched_count: int = 0


class Series:
    """What is remembered of one series.

    `newest` is its newest value: while all is well only that moves, and `state` is behind, see `current`. `kept` is
    how new the state is that others know.
    """

    __slots__ = ("history", "kept", "newest", "state")

    def __init__(self, state: State) -> None:
        self.state = state
        self.newest = self.kept = state.newest
        self.history = EMPTY

    @property
    def current(self) -> State:
        """Return the state as `step` would have it."""
        return self.state if self.state.newest == self.newest else at_newest(self.state, self.newest)


def unclaimed_end(key: str, state: State, reason: Reason, moment: Moment) -> Change:
    """Return the end of an alert of which no more than key and state is known."""
    after = ended(state, moment.time)
    return Change(key, state, after, moment.position, transition(state, after, reason))


def at_newest(state: State, newest: datetime) -> State:
    """Return the state as if its newest sample had been another one."""
    return msgspec.structs.replace(state, newest=newest)
