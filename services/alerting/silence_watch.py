"""One rule of absence on one host, or on the bus itself: when a silence is told, and when it is over."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from services.alerting.change import Change, Position
from services.alerting.watched_series import Moment
from shared.alerts.condition import condition_of
from shared.alerts.rule import Rule
from shared.alerts.series import HOST_SERIES
from shared.alerts.state import UNSEEN, Reason, State, is_worth_keeping, transition
from shared.alerts.step import ended, step
from shared.alerts.transition import Alert
from shared.subjects import alert_key

UNBROKEN_S = 1e9
"""Stands for the interval of a silence, in which nothing can be missed."""


class SilenceWatch:
    """A rule on how long nothing came.

    Its values are whole seconds since the newest arrival, and only those at which something can change, however long
    after them they are looked at: so whoever looks, and whenever, comes to the same transitions.
    """

    def __init__(self, rule: Rule, host: str) -> None:
        self.host = host
        self.key = alert_key(rule.name, host, HOST_SERIES)
        self.state: State = UNSEEN
        self.ruled(rule)

    def ruled(self, rule: Rule, interval_s: float = 0.0) -> None:
        """Take over another version of the rule, or another interval of the host."""
        self.rule = rule
        self._interval_s = interval_s
        self._condition = condition = condition_of(rule, self.host, interval_s)
        levels = [math.ceil(level) for level in (condition.warning, condition.critical) if level is not None]
        hold_s = math.ceil(condition.hold.total_seconds())
        self.grace_s = float(min(levels))
        self._corners_s = sorted({*levels, *(level + hold_s for level in levels)})

    def at_interval(self, interval_s: float) -> None:
        """Judge by the host's shortest interval, which some rules count in."""
        if interval_s != self._interval_s:
            self.ruled(self.rule, interval_s)

    def silent(self, silent_s: float, now: datetime, position: Position) -> Iterator[Change]:
        """Yield what changes where nothing came for so long until now."""
        if silent_s < self.grace_s:
            return
        since = now - timedelta(seconds=silent_s)
        for corner_s in self._corners_s:
            time = since + timedelta(seconds=corner_s)
            if corner_s <= silent_s and time > self.state.newest:
                yield from self._stepped(float(corner_s), Moment(time, position))

    def spoke(self, arrival: datetime, position: Position) -> Iterator[Change]:
        """Yield what changes by something that came."""
        if self.state.status != "ok":
            yield from self._stepped(0.0, Moment(arrival, position))

    def end(self, reason: Reason, now: datetime, position: Position) -> list[Change]:
        """Return the end of what is not over."""
        if self.state.status == "ok":
            return []
        return list(self._moved(ended(self.state, now), (None, Moment(now, position)), reason))

    def adopt(self, token: str, state: State) -> None:
        """Take over the state from whoever decided until now."""
        if token == HOST_SERIES and is_worth_keeping(self.state, state):
            self.state = state

    def let_go(self, known: Collection[str]) -> None:
        """Take back what is not over and of which whoever decided until now knows nothing."""
        if self.state.status != "ok" and self.key not in known:
            self.state = UNSEEN

    def states(self) -> Iterator[tuple[str, State]]:
        """Yield the key and state of the alert where it is not over."""
        if self.state.status != "ok":
            yield self.key, self.state

    def _stepped(self, silent_s: float, moment: Moment) -> Iterator[Change]:
        after = step(self._condition, self.state, silent_s, moment.time, UNBROKEN_S)
        yield from self._moved(after, (silent_s, moment))

    def _moved(self, after: State, when: tuple[float | None, Moment], reason: Reason | None = None) -> Iterator[Change]:
        before, self.state = self.state, after
        if not is_worth_keeping(before, after):
            return
        number, moment = when
        alert = Alert(self.rule, self.host, series=HOST_SERIES)
        told = transition(before, after, reason)
        yield Change(self.key, before, after, moment.position, told, alert, self._condition, number)
