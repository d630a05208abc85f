"""From sample sets, rules and hosts to the changes of all alerts; knows neither clock nor bus."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from services.alerting.absence import Listening, absence, started
from services.alerting.change import Change, Position
from services.alerting.host_watches import HostWatches, ReadyRule, ready
from services.alerting.silence_watch import SilenceWatch
from services.alerting.watched_series import SERIES_MAX, Figures, Moment, unclaimed_end
from services.alerting.watching import Watch
from shared.alerts.rule import BUS_RULE, RULES_MAX, Rule
from shared.alerts.series import BUS_HOST
from shared.alerts.state import BEGINNING, Reason, State
from shared.subjects import TokenError, alert_key, untoken
from shared.wire.decode import SampleSet

HOSTS_MAX = 20_000
FORGET_EVERY = timedelta(minutes=1)
_NO_TAGS: Mapping[str, str] = {}


class Evaluator:
    """Where every alert stands.

    Whoever feeds two of these with the same rules, hosts and sample sets gets the same transitions from both, whatever
    each of them was `restored` from and whenever it is asked for `second`, which is each second or nearly so.
    """

    def __init__(self, series_max: int = SERIES_MAX, hosts_max: int = HOSTS_MAX) -> None:
        self.figures = Figures(series_max)
        self.position = Position(0, BEGINNING)
        self.unwatched_hosts_count = 0
        self.families: frozenset[str] = frozenset()
        """Names of the families that some rule looks at; of others only their interval is needed."""
        self._hosts_max = hosts_max
        self._known_until = 0
        self._kept: Mapping[str, State] | None = None
        self._rules: dict[str, ReadyRule] = {}
        self._hosts: dict[str, HostWatches] = {}
        self._tags: dict[str, Mapping[str, str]] = {}
        self._unclaimed: dict[tuple[str, str], dict[str, State]] = {}
        self._bus = SilenceWatch(BUS_RULE, BUS_HOST)
        self._listening = Listening()
        self._may_have_orphans = False
        self._forget_at = BEGINNING

    @property
    def hosts_count(self) -> int:
        """How many hosts are watched."""
        return len(self._hosts)

    def restored(self, states: Mapping[str, State], known_until: int) -> None:
        """Take over where alerts stand; all was told up to `known_until` of the stream, and we read what is before it.

        What is read again before that shows what came when, and decides nothing: there the states are taken over once
        more, as a late sample may have looked new without what was before it.
        """
        self.adopted(states, ())
        self._known_until, self._kept = known_until, states

    def adopted(self, states: Mapping[str, State], undecided: Collection[str]) -> None:
        """Take over where alerts stand from whoever decided until now, but of those that we have yet to tell of."""
        self._kept = None
        for key, state in states.items():
            if key not in undecided:
                self._adopt(key, state)
        known = {*states, *undecided}
        for watch in self._watches():
            watch.let_go(known)
        self._may_have_orphans = True

    def rules_changed(self, rules: Iterable[Rule], now: datetime) -> list[Change]:
        """Take over all rules as they are now, and return the ends of what is no longer looked at."""
        wanted = list(rules)[:RULES_MAX]
        known, self._rules = self._rules, {}
        for rule in wanted:
            before = known.get(rule.name)
            self._rules[rule.name] = before if before is not None and before.rule == rule else ready(rule)
        self.families = frozenset(rule.family for rule in wanted if rule.family is not None)
        names = [name for name in known | self._rules if known.get(name) is not self._rules.get(name)]
        changes = [change for host in self._hosts.values() for change in self._ruled(host, names, now)]
        return self._ended(changes)

    def host_changed(self, name: str, tags: Mapping[str, str] | None, now: datetime) -> list[Change]:
        """Take over a host's tags; without any the host was removed: its alerts end, until it speaks again."""
        if tags is not None:
            if name not in self._tags and len(self._tags) >= self._hosts_max:
                return []
            self._tags[name] = tags
            host = self._hosts.get(name)
            if host is None or host.tags == tags:
                return []
            host.tags = tags
            return self._ended(self._ruled(host, self._rules, now))
        self._tags.pop(name, None)
        host = self._hosts.pop(name, None)
        changes = [] if host is None else _ends(host, now, self.position)
        for rule, where in [key for key in self._unclaimed if key[1] == name]:
            changes += self._unclaimed_ends((rule, where), "series gone", now)
        return self._ended(changes)

    def sample_set(self, sample_set: SampleSet, arrival: datetime, stream_sequence: int) -> list[Change]:
        """Return what changes by one sample set, which the broker received at `arrival`."""
        if stream_sequence > self._known_until:
            self._pass_cursor()
        self.position = position = Position(stream_sequence, max(arrival, self.position.arrival))
        changes = list(self._bus.spoke(arrival, position))
        host = self._hosts.get(sample_set.host) or self._new_host(sample_set.host)
        if host is not None:
            changes += host.take(sample_set, Position(stream_sequence, arrival), stream_sequence > self._known_until)
        return changes

    def second(self, now: datetime, is_connected: bool, is_caught_up: bool) -> list[Change]:
        """Return what changes by nothing but the passing of time, by the broker's clock; ask each second.

        Who is silent is judged only while connected and caught up: say so only if nothing was missed or put off since
        the second before.
        """
        self._listening = started(self._listening, is_connected, is_caught_up, now)
        if self._listening.begun is None:
            return []
        self._pass_cursor()
        changes = list(self._orphaned(now)) if self._may_have_orphans else []
        heard = {name: host.heard for name, host in self._hosts.items() if host.heard is not None}
        judged = absence(heard, self._listening, self._grace_s, now)
        self._listening = judged.listening
        for name, silent_s in judged.host_silent_s.items():
            changes += self._hosts[name].silent(silent_s, now, self.position)
        if judged.bus_silent_s:
            changes += self._bus.silent(judged.bus_silent_s, now, self.position)
        if now >= self._forget_at:
            self._forget_at = now + FORGET_EVERY
            for host in self._hosts.values():
                host.forget(now)
        return changes

    def states(self) -> dict[str, State]:
        """Return the state of each alert that is not over, by its key."""
        found = dict(pair for watch in self._watches() for pair in watch.states())
        for (rule, host), states in self._unclaimed.items():
            found |= {alert_key(rule, host, token): state for token, state in states.items() if state.status != "ok"}
        return found

    def _watches(self) -> Iterator[Watch | SilenceWatch]:
        yield self._bus
        for host in self._hosts.values():
            yield from host.by_rule.values()

    def _grace_s(self, host: str, interval_s: float) -> float:
        return self._hosts[host].grace_s(interval_s)

    def _new_host(self, name: str) -> HostWatches | None:
        if len(self._hosts) >= self._hosts_max:
            self.unwatched_hosts_count += 1
            return None
        host = self._hosts[name] = HostWatches(name, self.figures, self._tags.get(name, _NO_TAGS))
        self._ruled(host, self._rules, self.position.arrival)
        return host

    def _ruled(self, host: HostWatches, names: Iterable[str], now: datetime) -> list[Change]:
        """Give a host the rules of these names; watches that are new take over what an earlier evaluator left."""
        changes = host.ruled(self._rules, names, now, self.position)
        for rule, watch in host.by_rule.items() if self._unclaimed else ():
            for token, state in self._unclaimed.pop((rule, host.host), {}).items():
                watch.adopt(token, state)
        return changes

    def _ended(self, changes: list[Change]) -> list[Change]:
        """Return these ends, which the states that are taken over at the cursor know nothing of."""
        self._may_have_orphans = True
        if self._kept is not None and changes:
            over = {change.key for change in changes}
            self._kept = {key: state for key, state in self._kept.items() if key not in over}
        return changes

    def _pass_cursor(self) -> None:
        """Take over the kept states once all is read that was told."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            self.adopted(kept, ())

    def _adopt(self, key: str, state: State) -> None:
        place = _place(key)
        if place is None:
            return
        rule, name, token = place
        watch = self._watch_of(rule, name)
        if watch is not None:
            watch.adopt(token, state)
        else:
            self._unclaimed.setdefault((rule, name), {})[token] = state

    def _watch_of(self, rule: str, host: str) -> Watch | SilenceWatch | None:
        if (rule, host) == (BUS_RULE.name, BUS_HOST):
            return self._bus
        return self._hosts[host].by_rule.get(rule) if host in self._hosts else None

    def _orphaned(self, now: datetime) -> Iterator[Change]:
        """Yield the ends of alerts that no rule looks at any more, as of one that was removed while nobody ran."""
        self._may_have_orphans = False
        for rule, name in list(self._unclaimed):
            known = self._rules.get(rule)
            if known is None or not known.rule.covers(name, self._tags.get(name, _NO_TAGS)):
                reason: Reason = "rule removed" if known is None else "rule changed"
                yield from self._unclaimed_ends((rule, name), reason, now)

    def _unclaimed_ends(self, place: tuple[str, str], reason: Reason, now: datetime) -> list[Change]:
        states = self._unclaimed.pop(place, {})
        return [
            unclaimed_end(alert_key(*place, token), state, reason, Moment(now, self.position))
            for token, state in states.items()
            if state.status != "ok"
        ]


def _ends(host: HostWatches, now: datetime, position: Position) -> list[Change]:
    return [change for watch in host.by_rule.values() for change in watch.end("series gone", now, position)]


def _place(key: str) -> tuple[str, str, str] | None:
    """Return rule, host and series of an alert's key; None where it is no such key."""
    parts = key.split(".")
    if len(parts) != 3:
        return None
    try:
        return untoken(parts[0]), untoken(parts[1]), parts[2]
    except TokenError:
        return None
