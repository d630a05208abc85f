"""Who is told what of each alert now: from newest transitions, what was told last, and what people have set."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from services.alerting.grouping import Telling
from services.alerting.routes import Told, channels_of
from services.alerting.suppress import Restraint, Word, is_done, is_inhibited, next_word
from shared.alerts.notified import Notified
from shared.alerts.policy import ESCALATIONS_MAX, Policy
from shared.alerts.route import Route
from shared.alerts.rule import BUS_SILENT, Rule
from shared.alerts.silence import Silence, is_silenced, window_at
from shared.alerts.state import BEGINNING, Transition
from shared.subjects import alert_key
from shared.wire.alert import AlertAct, AlertTransition

ALERTS_MAX = 50_000
"""Alerts that are looked after at once; of one that comes beyond them nobody is told, and it is counted."""


class Patience(NamedTuple):
    """Transitions of a rule are told together once none has come for `pause`, and at the latest after `longest`."""

    pause: timedelta
    longest: timedelta


AT_ONCE = Patience(timedelta(milliseconds=200), timedelta(seconds=1))
SILENCES = Patience(timedelta(milliseconds=1500), timedelta(seconds=10))
"""Hosts that die in one moment were heard last at different ones, up to an interval apart, and who is silent is asked
each second: a rack of them is one message only if the pause is longer than that second."""

BACKLOG = Patience(timedelta(seconds=2), timedelta(seconds=60))
OLD = timedelta(seconds=30)
"""Transitions that are so old when they are heard are those of a backlog, which whoever decides has just worked off:
nobody is told of them until it is through, and then of what still holds."""

ROUND = timedelta(seconds=1)
"""How often time alone is asked: windows that end, reminders, escalation, silences and hours of routes."""

UNROUTED_MAX = timedelta(days=1)
"""For so long the end of an alert waits for a route that is open."""

WORDS_MAX = ESCALATIONS_MAX + 2


@dataclass(slots=True)
class Surroundings:
    """What people have set and hosts say of themselves; whoever reads the buckets keeps it up to date."""

    rules: dict[str, Rule] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    policy: Policy = field(default_factory=Policy)
    channels: Collection[str] = ()
    """Names of the channels that there are; a route or rule may name others, which nobody can be told by."""


_Kind = tuple[str, str, Patience]
"""Rule, status, and how long is waited for more: beginnings and ends are never in one message, and do not wait for each
other."""


@dataclass(slots=True)
class _Alert:
    """The newest that is known of one alert, and which channels were told of its incident."""

    message: AlertTransition
    change: Transition
    kind: _Kind
    is_acknowledged: bool = False
    informed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Gathering:
    """When the first and the last transition of a rule came that are told of together."""

    first: datetime
    last: datetime

    def end(self, patience: Patience) -> datetime:
        """Return when they are told."""
        return min(self.first + patience.longest, self.last + patience.pause)

    def lasts(self, patience: Patience, now: datetime) -> bool:
        """Return whether more are awaited; a clock that was set back ends it, instead of holding it for as long."""
        return self.first <= now < self.end(patience)


class Notifier:
    """Decides for every alert who is told what, and says what of that has to be kept.

    `decide` takes as told what it returns: whatever becomes of a message, its alert is not told again by it. What is
    to be kept of an alert is given out once nothing of it waits any more, so whoever ends before that tells it anew.
    """

    def __init__(
        self, surroundings: Surroundings, told: Mapping[str, Notified] | None = None, alerts_max: int = ALERTS_MAX
    ) -> None:
        self.left_out_count = 0
        self._surroundings = surroundings
        self._alerts_max = alerts_max
        self._alerts: dict[str, _Alert] = {}
        self._last: dict[str, Notified] = dict(told or {})
        self._unkept: set[str] = set()
        self._changed: set[str] = set()
        self._asked = BEGINNING
        self._gathering: dict[_Kind, _Gathering] = {}
        self._silent_hosts: dict[str, set[str]] = {}
        self._is_bus_silent = False
        self._in_force: tuple[Silence, ...] | None = None

    def __len__(self) -> int:
        """Return how many alerts are looked after: those that fire, and those that ended within their window."""
        return len(self._alerts)

    def heard(self, message: AlertTransition, now: datetime) -> None:
        """Take the newest transition of an alert; the one that is known already changes nothing."""
        key = alert_key(message.rule, message.host, message.series)
        alert = self._alerts.get(key)
        if alert is not None and alert.message.id == message.id:
            return
        change = Transition(message.status, message.level, message.since, message.time)
        if alert is None and key not in self._last:
            if not change.is_firing:
                return
            if len(self._alerts) >= self._alerts_max:
                self.left_out_count += 1
                return
        kind = message.rule, message.status, _patience_with(message, now)
        if alert is None:
            self._alerts[key] = _Alert(message, change, kind)
        else:
            alert.is_acknowledged = alert.is_acknowledged and alert.message.incident == message.incident
            alert.message, alert.change, alert.kind = message, change, kind
        self._changed.add(key)
        self._take_absence(key, message)
        # What has ended and was not told yet goes on: begun anew, a storm could put it off for ever.
        gathering = self._gathering.get(kind)
        first = gathering.first if gathering is not None and gathering.first <= now else now
        self._gathering[kind] = _Gathering(first, now)

    def acted(self, act: AlertAct) -> None:
        """Take what somebody did about an incident: who acknowledges it is neither reminded nor passed over."""
        alert = self._alerts.get(alert_key(act.rule, act.host, act.series))
        if act.act == "acknowledged" and alert is not None and alert.message.incident == act.incident:
            alert.is_acknowledged = True

    def decide(self, now: datetime) -> list[tuple[str, Telling]]:
        """Return what is told now, each with the key of its alert; ask again after `pause`, and when one was heard."""
        self._in_force = None
        self._gathering = {kind: each for kind, each in self._gathering.items() if each.lasts(kind[2], now)}
        is_round = self._is_round(now)
        if is_round:
            self._asked = now
        found: list[tuple[str, Telling]] = []
        for key in list(self._alerts) if is_round else list(self._changed):
            alert = self._alerts[key]
            if alert.kind in self._gathering:
                continue
            self._changed.discard(key)
            found += [(key, telling) for telling in self._words(key, alert, now)]
            if is_done(self._last.get(key), alert.change, now, self._surroundings.policy.window):
                del self._alerts[key]
                self._remember(key, None)
        return found

    def pause(self, now: datetime) -> timedelta:
        """Return after what time to ask again if nothing happens until then."""
        if self._is_round(now) or not all(each.lasts(kind[2], now) for kind, each in self._gathering.items()):
            return timedelta(0)
        ends = (each.end(kind[2]) for kind, each in self._gathering.items())
        return min([*ends, self._asked + ROUND]) - now

    def unkept(self, waiting: Collection[str] = ()) -> list[tuple[str, Notified | None]]:
        """Return what was told last of each alert where that is not kept yet, None for one to forget.

        `waiting` are the alerts of which a message is still on its way somewhere: of these nothing is kept yet.
        """
        return [(key, self._last.get(key)) for key in self._unkept if key not in waiting]

    def kept(self, key: str, told: Notified | None) -> None:
        """Take that the bucket has this; what was told since then still has to be kept."""
        if self._last.get(key) == told:
            self._unkept.discard(key)

    def _is_round(self, now: datetime) -> bool:
        """Return whether all alerts are to be asked, and not only those of which something was heard."""
        return not self._asked <= now < self._asked + ROUND

    def _words(self, key: str, alert: _Alert, now: datetime) -> Iterator[Telling]:
        for _ in range(WORDS_MAX):
            last, policy = self._last.get(key), self._surroundings.policy
            seen = alert.change.since if alert.is_acknowledged else None
            after, word = next_word(last, alert.change, now, policy, Restraint(acknowledged=seen))
            # Most alerts have nothing to tell, and need no look at silences.
            if word is not None and alert.change.is_firing and self._is_muted(alert.message, now):
                after, word = next_word(last, alert.change, now, policy, Restraint(True, seen))
            if word is None:
                self._remember(key, after)
                return
            channels = self._channels(alert, word, now)
            if not channels and word.what != "escalation" and not _is_too_late(alert.change, now):
                return
            self._remember(key, after)
            alert.informed = tuple(dict.fromkeys((*alert.informed, *channels))) if alert.change.is_firing else ()
            if channels:
                yield Telling(word.what, channels, alert.message)

    def _channels(self, alert: _Alert, word: Word, now: datetime) -> tuple[str, ...]:
        """Return who is told; of an end those who were told of its beginning, whatever the hour."""
        around, message = self._surroundings, alert.message
        if word.what == "escalation":
            named = word.channels
        elif not alert.change.is_firing and alert.informed:
            named = alert.informed
        else:
            rule = around.rules.get(message.rule) or Rule(name=message.rule, kind=message.kind)
            what = Told(rule, message.host, around.tags.get(message.host, {}), message.level)
            named = channels_of(around.routes, what, now)
        return tuple(name for name in named if name in around.channels)

    def _is_muted(self, message: AlertTransition, now: datetime) -> bool:
        if is_inhibited(message.rule, message.kind, message.host, self._silent_hosts, self._is_bus_silent):
            return True
        if self._in_force is None:
            silences = self._surroundings.silences.values()
            self._in_force = tuple(each for each in silences if window_at(each, now) is not None)
        return is_silenced(self._in_force, message.rule, message.host, now)

    def _take_absence(self, key: str, message: AlertTransition) -> None:
        if message.rule == BUS_SILENT:
            self._is_bus_silent = message.status == "firing"
        elif message.kind == "absence":
            rules = self._silent_hosts.setdefault(message.host, set())
            (rules.add if message.status == "firing" else rules.discard)(key)
            if not rules:
                del self._silent_hosts[message.host]

    def _remember(self, key: str, told: Notified | None) -> None:
        if told == self._last.get(key):
            return
        self._unkept.add(key)
        if told is None:
            del self._last[key]
        else:
            self._last[key] = told


def _patience_with(message: AlertTransition, now: datetime) -> Patience:
    if message.kind == "absence" and message.rule != BUS_SILENT:
        return SILENCES if message.status == "firing" else AT_ONCE
    return BACKLOG if now - message.time > OLD else AT_ONCE


def _is_too_late(change: Transition, now: datetime) -> bool:
    """Return whether an end is so old that nobody needs to be told: no route was open since then."""
    return not change.is_firing and now - change.time > UNROUTED_MAX
