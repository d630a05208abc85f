"""What is remembered of one series, when something happened to it, and what is counted of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.alerting.change import Change, Position
from shared.alerts.state import BEGINNING, Reason, State, transition
from shared.alerts.step import ended
from shared.alerts.watched import WatchedSeries

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


class Series(WatchedSeries):
    """What is remembered of one series; `kept` is how new the state is that others know."""

    __slots__ = ("kept",)

    def __init__(self, state: State) -> None:
        super().__init__(state)
        self.kept = state.newest


def unclaimed_end(key: str, state: State, reason: Reason, moment: Moment) -> Change:
    """Return the end of an alert of which no more than key and state is known."""
    after = ended(state, moment.time)
    return Change(key, state, after, moment.position, transition(state, after, reason))
