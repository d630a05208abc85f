"""All that is watched on one host: by which rules, from which sources, and how often the host speaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from services.alerting.absence import Heard
from services.alerting.change import Change, Position
from services.alerting.silence_watch import SilenceWatch
from services.alerting.watched_series import Figures, Moment
from services.alerting.watching import Watch
from shared.alerts.condition import condition_of
from shared.alerts.rule import BUS_RULE, Rule
from shared.alerts.series import BUS_HOST, Selection
from shared.alerts.state import BEGINNING
from shared.alerts.step import believed, gap_max
from shared.alerts.watched import SOURCES_MAX, Told, told_on
from shared.wire.decode import SampleSet

SAME_SERIES = ("kind", "family", "column", "aggregate", "comparison", "window_seconds", "target", "labels")
"""Fields of a rule that say what it looks at: where one of them changes, its alerts begin anew."""


class ReadyRule(NamedTuple):
    """A rule with what it selects; an absence selects nothing."""

    rule: Rule
    selection: Selection | None


def ready(rule: Rule) -> ReadyRule:
    """Return the rule with its selection, which all hosts share."""
    return ReadyRule(rule, None if rule.kind == "absence" else Selection(rule))


class _Spoken(NamedTuple):
    """The newest sample set of one source, and the time it was judged by."""

    session: str
    seq: int
    time: datetime
    judged: datetime


class HostWatches:
    """The watches of one host; made by its first sample set, or by its inventory."""

    def __init__(self, host: str, figures: Figures, tags: Mapping[str, str]) -> None:
        self.host = host
        self.tags = tags
        self.heard: Heard | None = None
        self.by_rule: dict[str, Watch | SilenceWatch] = {}
        self._figures = figures
        self._by_family: dict[str, list[Watch]] = {}
        self._silences: list[SilenceWatch] = []
        self._spoken: dict[str, _Spoken] = {}
        self._told: dict[tuple[str, str], Told] = {}
        self._fastest_at = BEGINNING

    def ruled(
        self, rules: Mapping[str, ReadyRule], names: Iterable[str], now: datetime, position: Position
    ) -> list[Change]:
        """Take over what the rules of these names say now, and return the ends of what is no longer looked at."""
        changes: list[Change] = []
        for name in names:
            wanted, watch = rules.get(name), self.by_rule.get(name)
            covers = wanted is not None and wanted.rule.covers(self.host, self.tags)
            if watch is not None and (wanted is None or not covers or not _is_same(watch.rule, wanted.rule)):
                changes += watch.end("rule removed" if wanted is None else "rule changed", now, position)
                del self.by_rule[name]
                watch = None
            if wanted is not None and covers:
                if watch is None:
                    self.by_rule[name] = self._watch(wanted)
                else:
                    self._renew(watch, wanted)
        self._silences = [watch for watch in self.by_rule.values() if isinstance(watch, SilenceWatch)]
        self._by_family = {}
        for watch in self.by_rule.values():
            if isinstance(watch, Watch):
                self._by_family.setdefault(watch.rule.family or "", []).append(watch)
        return changes

    def take(self, sample_set: SampleSet, position: Position, counts_late: bool) -> list[Change]:
        """Return what changes by one sample set."""
        changes = self._speak(sample_set, position)
        spoken = self._spoken.get(sample_set.source)
        if spoken is None and len(self._spoken) >= SOURCES_MAX:
            self._figures.unwatched_count += 1
            return changes
        is_part = spoken is not None and _is_part(spoken, sample_set)
        # A clock that is ahead is judged by arrival, which parts do not share.
        time = spoken.judged if spoken is not None and is_part else believed(sample_set.time, position.arrival)
        self._spoken[sample_set.source] = _Spoken(sample_set.session, sample_set.seq, sample_set.time, time)
        for family, table in sample_set.families.items():
            if watches := self._by_family.get(family):
                place = (sample_set.source, family)
                told = self._told[place] = told_on(self._told.get(place), time, table.interval_seconds)
                moment = Moment(time, position, counts_late and not is_part, told.since)
                for watch in watches:
                    changes += watch.take(sample_set.source, table, moment)
        return changes

    def silent(self, silent_s: float, now: datetime, position: Position) -> Iterator[Change]:
        """Yield what changes where the host said nothing for so long."""
        for watch in self._silences:
            yield from watch.silent(silent_s, now, position)

    def grace_s(self, interval_s: float) -> float:
        """Return for how long the host may be silent: by its strictest rule, or the bus's where it has none."""
        if self._silences:
            return min(watch.grace_s for watch in self._silences)
        return condition_of(BUS_RULE, BUS_HOST, interval_s).critical or 0.0

    def forget(self, now: datetime) -> None:
        """Forget series that had no value for long."""
        for watches in self._by_family.values():
            for watch in watches:
                watch.forget(now)

    def _speak(self, sample_set: SampleSet, position: Position) -> list[Change]:
        arrival = position.arrival
        interval_s = self._interval_s(sample_set, arrival)
        if self.heard is None or interval_s != self.heard.interval_s:
            for watch in self._silences:
                watch.at_interval(interval_s)
        self.heard = Heard(arrival, interval_s)
        return [change for watch in self._silences for change in watch.spoke(arrival, position)]

    def _interval_s(self, sample_set: SampleSet, arrival: datetime) -> float:
        """Return the shortest interval of the host's families: a longer one only once the shorter ones stay away."""
        shortest_s = min((table.interval_seconds for table in sample_set.families.values()), default=None)
        known = self.heard
        if shortest_s is None:
            return known.interval_s if known is not None else 1.0
        is_longer = known is not None and known.interval_s < shortest_s
        if known is not None and is_longer and arrival - self._fastest_at <= gap_max(known.interval_s):
            return known.interval_s
        self._fastest_at = arrival
        return shortest_s

    def _watch(self, wanted: ReadyRule) -> Watch | SilenceWatch:
        if wanted.selection is not None:
            return Watch(wanted.rule, wanted.selection, self.host, self._figures)
        watch = SilenceWatch(wanted.rule, self.host)
        watch.at_interval(self.heard.interval_s if self.heard is not None else 0.0)
        return watch

    def _renew(self, watch: Watch | SilenceWatch, wanted: ReadyRule) -> None:
        if isinstance(watch, SilenceWatch):
            watch.ruled(wanted.rule, self.heard.interval_s if self.heard is not None else 0.0)
        elif wanted.selection is not None and watch.rule is not wanted.rule:
            watch.ruled(wanted.rule, wanted.selection)


def _is_same(known: Rule, wanted: Rule) -> bool:
    return all(getattr(known, field) == getattr(wanted, field) for field in SAME_SERIES)


def _is_part(spoken: _Spoken, sample_set: SampleSet) -> bool:
    """Return whether this is one more part of the instant before: a tick that was too large for one message."""
    is_next = sample_set.session == spoken.session and sample_set.seq > spoken.seq
    return is_next and sample_set.time == spoken.time
