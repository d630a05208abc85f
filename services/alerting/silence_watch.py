"""One rule of absence on one host, or on the bus itself: when a silence is told, and when it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from services.alerting.change import Change, Position
from shared.alerts.condition import condition_of
from shared.alerts.rule import Rule
from shared.alerts.series import HOST_SERIES
from shared.alerts.state import UNSEEN, Reason, State, is_worth_keeping, transition
from shared.alerts.transition import Alert
from shared.alerts.unheard import Unheard
from shared.alerts.watched import Judged
from shared.subjects import alert_key


class SilenceWatch:
    """A rule on how long nothing came."""

    def __init__(self, rule: Rule, host: str) -> None:
        self.host = host
        self.key = alert_key(rule.name, host, HOST_SERIES)
        self.rule = rule
        self._interval_s = 0.0
        self._unheard = Unheard(condition_of(rule, host))

    @property
    def grace_s(self) -> float:
        """For how long the host may be silent."""
        return self._unheard.grace_s

    def ruled(self, rule: Rule, interval_s: float = 0.0) -> None:
        """Take over another version of the rule, or another interval of the host."""
        self.rule = rule
        self._interval_s = interval_s
        self._unheard.ask(condition_of(rule, self.host, interval_s))

    def at_interval(self, interval_s: float) -> None:
        """Judge by the host's shortest interval, which some rules count in."""
        if interval_s != self._interval_s:
            self.ruled(self.rule, interval_s)

    def silent(self, silent_s: float, now: datetime, position: Position) -> Iterator[Change]:
        """Yield what changes where nothing came for so long until now."""
        yield from self._changes(self._unheard.silent(silent_s, now), position)

    def spoke(self, arrival: datetime, position: Position) -> Iterator[Change]:
        """Yield what changes by something that came."""
        if self._unheard.state.status != "ok":
            yield from self._changes(self._unheard.spoke(arrival), position)

    def end(self, reason: Reason, now: datetime, position: Position) -> list[Change]:
        """Return the end of what is not over."""
        return list(self._changes(self._unheard.end(now), position, reason))

    def adopt(self, token: str, state: State) -> None:
        """Take over the state from whoever decided until now."""
        if token == HOST_SERIES and is_worth_keeping(self._unheard.state, state):
            self._unheard.state = state

    def let_go(self, known: Collection[str]) -> None:
        """Take back what is not over and of which whoever decided until now knows nothing."""
        if self._unheard.state.status != "ok" and self.key not in known:
            self._unheard.state = UNSEEN

    def states(self) -> Iterator[tuple[str, State]]:
        """Yield the key and state of the alert where it is not over."""
        if self._unheard.state.status != "ok":
            yield self.key, self._unheard.state

    def _changes(self, found: Iterable[Judged], position: Position, reason: Reason | None = None) -> Iterator[Change]:
        for before, after, number in found:
            if is_worth_keeping(before, after):
                alert = Alert(self.rule, self.host, series=HOST_SERIES)
                told = transition(before, after, reason)
                yield Change(self.key, before, after, position, told, alert, self._unheard.condition, number)
