"""One rule on the series of one host: what changes by its values, and what is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from services.alerting.change import Change, Position
from services.alerting.watched_series import Figures, Moment, Series, unclaimed_end
from shared.alerts.rule import Rule
from shared.alerts.series import SERIES_PER_HOST_MAX, Labels, Selection, admitted, series_token
from shared.alerts.state import UNSEEN, Reason, State, is_kept_too_old, is_worth_keeping, transition
from shared.alerts.step import ended, gap_max, is_gone
from shared.alerts.transition import Alert
from shared.alerts.watched import FORGET_AFTER, Judge, Judged, at_newest
from shared.subjects import alert_key
from shared.wire.decode import FamilyRows

Key = tuple[str, Labels]
"""A series of a rule on a host: source, and values of the labels."""


class Watch:
    """A rule on the series of one host; `unclaimed` are states of an earlier evaluator, by the names of series."""

    def __init__(self, rule: Rule, selection: Selection, host: str, figures: Figures) -> None:
        self.host = host
        self.unclaimed: dict[str, State] = {}
        self._figures = figures
        self._series: dict[Key, Series] = {}
        self._active: dict[Key, Series] = {}
        self._by_token: dict[str, Key] | None = None
        self.ruled(rule, selection)

    def ruled(self, rule: Rule, selection: Selection) -> None:
        """Take over another version of the rule that looks at the same series: what is known of them stays."""
        self.rule = rule
        self._selection = selection
        self._judge = Judge(rule, self.host)

    def take(self, source: str, table: FamilyRows, moment: Moment) -> list[Change]:
        """Return what changes by the rows of one family that a source saw on the host."""
        changes: list[Change] = []
        found = {(source, labels): value for labels, value in self._selection.values(table.rows).items()}
        watched, left_out_count = admitted(found, self._known(found))
        self._figures.unwatched_count += left_out_count
        for key, value in watched.items():
            series = self._series.get(key) or self._begun(key)
            if series is None:
                self._figures.unwatched_count += 1
            elif moment.time <= series.newest:
                self._figures.late_count += moment.counts_late
            else:
                judged = self._judge.value(series, value, moment.time, table.interval_seconds)
                if judged is not None and (change := self._changed(key, series, judged, moment)) is not None:
                    changes.append(change)
        if self._active or self.unclaimed:
            changes += self._gone(source, found, (table.interval_seconds, moment))
        return changes

    def end(self, reason: Reason, now: datetime, position: Position) -> list[Change]:
        """Return the ends of all that is not over, and forget everything."""
        moment = Moment(now, position)
        changes = [self._ended(key, series, reason, moment) for key, series in list(self._active.items())]
        changes += [
            unclaimed_end(alert_key(self.rule.name, self.host, token), state, reason, moment)
            for token, state in self.unclaimed.items()
            if state.status != "ok"
        ]
        self._figures.series_count -= len(self._series)
        self._series, self._active, self.unclaimed, self._by_token = {}, {}, {}, None
        return changes

    def forget(self, now: datetime) -> None:
        """Forget series that had no value for long, where nothing is wrong with them."""
        window_s = (self.rule.window_seconds or 0.0) if self._judge.looks_back else 0.0
        since = now - max(FORGET_AFTER, timedelta(seconds=window_s))
        for key in [key for key, series in self._series.items() if series.newest < since and key not in self._active]:
            del self._series[key]
            self._figures.series_count -= 1
        self._by_token = None

    def adopt(self, token: str, state: State) -> None:
        """Take over the state of a series from whoever decided until now; what was seen since then is not repeated."""
        key = self._key_of(token)
        if key is None:
            self.unclaimed[token] = state
        elif is_worth_keeping(self._series[key].current, state):
            self._set(key, self._series[key], at_newest(state, max(state.newest, self._series[key].newest)))

    def let_go(self, known: Collection[str]) -> None:
        """Take back all that is not over and of which whoever decided until now knows nothing."""
        for key, series in list(self._active.items()):
            if self._key_text(key) not in known:
                self._set(key, series, at_newest(UNSEEN, series.newest))
        self._by_token = None

    def states(self) -> Iterator[tuple[str, State]]:
        """Yield the key and state of each alert that is not over."""
        for key, series in self._active.items():
            yield self._key_text(key), series.current
        for token, state in self.unclaimed.items():
            if state.status != "ok":
                yield alert_key(self.rule.name, self.host, token), state

    def _known(self, found: Collection[Key]) -> Collection[Key]:
        """Return the series that are watched already: those of an earlier evaluator too, else they would seem gone."""
        if not self.unclaimed or len(found) + len(self._series) <= SERIES_PER_HOST_MAX:
            return self._series
        return {*self._series, *(key for key in found if series_token(*key) in self.unclaimed)}

    def _begun(self, key: Key) -> Series | None:
        """Return a new series, with the state that an earlier evaluator left; None where there is no more room."""
        state = self.unclaimed.pop(series_token(*key), UNSEEN) if self.unclaimed else UNSEEN
        if state is UNSEEN and self._figures.series_count >= self._figures.series_max:
            return None
        self._figures.series_count += 1
        series = self._series[key] = Series(state)
        if state.status != "ok":
            self._active[key] = series
        self._by_token = None
        return series

    def _gone(self, source: str, found: Collection[Key], when: tuple[float, Moment]) -> Iterator[Change]:
        """Yield the ends of series that had no value for a gap, while their source told of the family without one."""
        interval_s, moment = when
        if moment.time - moment.heard_since <= gap_max(interval_s):
            return
        for key, series in list(self._active.items()):
            if key[0] == source and key not in found and is_gone(series.current, moment.time, interval_s):
                yield self._ended(key, series, "series gone", moment)
        # Which source an unclaimed series has cannot be told: any that tells of its family counts.
        for token, state in list(self.unclaimed.items()):
            if is_gone(state, moment.time, interval_s):
                del self.unclaimed[token]
                if state.status != "ok":
                    yield unclaimed_end(alert_key(self.rule.name, self.host, token), state, "series gone", moment)

    def _ended(self, key: Key, series: Series, reason: Reason, moment: Moment) -> Change:
        before = series.current
        after = ended(before, moment.time)
        series.move(after)
        change = self._changed(key, series, Judged(before, after, None), moment, reason)
        assert change is not None, "what is not over changes by its end"
        return change

    def _changed(
        self, key: Key, series: Series, judged: Judged, moment: Moment, reason: Reason | None = None
    ) -> Change | None:
        """Return what others must be told of a series that moved on; None where that is nothing."""
        before, after, number = judged
        self._note(key, series)
        if not is_worth_keeping(before, after) and not is_kept_too_old(series.kept, after):
            return None
        series.kept = after.newest
        alert = Alert(self.rule, self.host, *key)
        told = transition(before, after, reason)
        text = alert_key(self.rule.name, self.host, alert.series)
        return Change(text, before, after, moment.position, told, alert, self._judge.condition, number)

    def _set(self, key: Key, series: Series, state: State) -> None:
        series.move(state)
        self._note(key, series)

    def _note(self, key: Key, series: Series) -> None:
        """Know whether a series is one of those that are not over."""
        if series.state.status == "ok":
            self._active.pop(key, None)
        else:
            self._active[key] = series

    def _key_of(self, token: str) -> Key | None:
        if self._by_token is None:  # kept until there is another series: many states come at once
            self._by_token = {series_token(*key): key for key in self._series}
        return self._by_token.get(token)

    def _key_text(self, key: Key) -> str:
        return alert_key(self.rule.name, self.host, series_token(*key))
