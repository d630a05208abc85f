"""One rule along the stored samples of one host, and what it would have told; pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.api.backtest.incidents import Incidents, Place
from services.api.backtest.levels import Levels
from services.api.backtest.samples import (
    DISTANCES_MIN,
    SECOND,
    Run,
    Slice,
    instant,
    interval_s_of,
    labels_of,
    microseconds,
    together,
)
from shared.alerts.rule import Rule
from shared.alerts.series import SERIES_PER_HOST_MAX, Selection
from shared.alerts.step import GAP_INTERVALS_MAX, ended, gap_max
from shared.alerts.watched import FORGET_AFTER, SOURCES_MAX, Judge, WatchedSeries
from shared.family import Family

_NOTHING = Run((), [], [], [])


class _Series(WatchedSeries):
    """A series with its place."""

    __slots__ = ("place",)

    def __init__(self, place: Place) -> None:
        super().__init__()
        self.place = place


@dataclass(frozen=True, slots=True)
class _Span:
    """From when to when a source told of the family without a gap."""

    since: int
    until: int


class _Telling:
    """When one source told of the family within a slice, and how that is judged; `told_on` in whole numbers.

    `reach` is how long after its time a row still speaks: a bucket to its last sample.
    """

    def __init__(self, instants: list[int], interval_s: float, reach: int, known: _Span | None) -> None:
        self.interval_s = interval_s
        self.reach = reach
        self.gap = round(gap_max(interval_s).total_seconds() * SECOND)
        self._instants = instants
        is_new = known is None or instants[0] - known.until > self.gap
        self._since = instants[0] if known is None or is_new else known.since
        # Where it begins anew.
        self._begun = [
            at for at, (time, before) in enumerate(zip(instants[1:], instants, strict=False), 1)
            if time - before > self.gap
        ]  # fmt: skip

    @property
    def span(self) -> _Span:
        """Since when it told without a gap at the end of the slice."""
        return _Span(self._told_since(len(self._instants) - 1), self._instants[-1] + self.reach)

    def gone_at(self, newest: int, before: int | None) -> int | None:
        """Return when a series whose newest value that is was seen to be gone; `before` is its next one."""
        if before is not None and before - newest <= self.gap:
            return None
        first = bisect_right(self._instants, newest + self.gap)
        last = len(self._instants) if before is None else bisect_left(self._instants, before)
        for at in range(first, last):
            if self._instants[at] - self._told_since(at) > self.gap:
                return self._instants[at]
        return None

    def _told_since(self, at: int) -> int:
        begun = bisect_right(self._begun, at)
        return self._instants[self._begun[begun - 1]] if begun else self._since


class HostWalk:
    """A rule on the history of one host: it is given slices of time in their order, and tells incidents."""

    def __init__(self, rule: Rule, host: str, family: Family, incidents: Incidents) -> None:
        self.incidents = incidents
        self.left_out_count = 0
        """Series and sources, in each slice, for which there was no room."""
        self._family = family
        self._judge = Judge(rule, host)
        self._selection = Selection(rule)
        self._is_held = bool(self._judge.condition.hold)
        gauge = next(gauge for gauge in family.gauges if gauge.name == rule.column)
        looks_at_whole = self._selection.aggregates or self._judge.looks_back
        self._levels = Levels(self._judge.condition, rounds=gauge.sql_type == "real" and not looks_at_whole)
        self._kept_us = round(max(FORGET_AFTER.total_seconds(), rule.window_seconds or 0.0) * SECOND)
        self._series: dict[Place, _Series] = {}
        self._spans: dict[str, _Span] = {}
        self._intervals_s: dict[str, float] = {}
        self._learnt_s: dict[str, float] = {}

    @property
    def near(self) -> float:
        """What every value must reach before anything can change, while nothing is active."""
        return self._levels.near

    @property
    def is_active(self) -> bool:
        """Whether an alert fires, or waits to: then every value counts."""
        return any(series.state.status != "ok" for series in self._series.values())

    def learn(self, instants: Mapping[str, Sequence[int]]) -> None:
        """Learn how often each source tells from some of its instants, in the order of time.

        A slice holds few of a source that tells seldom, and may hold none before the one that matters.
        """
        for source, known in instants.items():
            if len(known) > DISTANCES_MIN:
                self._learnt_s[source] = interval_s_of(known, float(self._family.interval_seconds))

    def samples(self, slices: Iterable[Slice]) -> None:
        """Go along samples as they came."""
        for told in slices:
            # A slice that tells no rhythm of its own has the one that was learnt, or else that of the slice before.
            before_s = self._intervals_s.get(told.source, float(self._family.interval_seconds))
            known_s = self._learnt_s.get(told.source, before_s)
            self._intervals_s[told.source] = interval_s_of(told.instants, known_s)
            self.sampled(told, self._intervals_s[told.source])

    def sampled(self, told: Slice, interval_s: float) -> None:
        """Go along the samples of a source that tells so often."""
        self._take(told, interval_s, 0)

    def buckets(self, slices: Iterable[Slice], width_s: int) -> None:
        """Go along the buckets of a rollup; one that is missing is a gap."""
        interval_s = max(width_s / GAP_INTERVALS_MAX, float(self._family.interval_seconds))
        reach = max(1, (width_s - self._family.interval_seconds) * SECOND)
        for told in slices:
            self._take(told, interval_s, reach)

    def _take(self, told: Slice, interval_s: float, reach: int) -> None:
        if told.source not in self._spans and len(self._spans) >= SOURCES_MAX:
            self.left_out_count += 1
            return
        telling = _Telling(told.instants, interval_s, reach, self._spans.get(told.source))
        self._spans[told.source] = telling.span
        silent = {place for place in self._series if place.source == told.source}
        for run in self._wanted(told):
            place = Place(told.source, labels_of(self._selection, run))
            silent.discard(place)
            self._along(place, run, telling)
        for place in silent:
            self._along(place, _NOTHING, telling)
        self._forget(told.source, told.instants[-1])

    def _wanted(self, told: Slice) -> list[Run]:
        runs = [run for run in told.runs if self._selection.looks_at(run.labels)]
        return [together(self._selection, runs)] if runs and self._selection.aggregates else runs

    def _along(self, place: Place, run: Run, telling: _Telling) -> None:
        """Go along one series: from one value to the next that may change anything."""
        hot = [] if self._judge.looks_back else self._levels.hot(run)
        series = self._watched(place, bool(hot))
        if series is None:
            return
        at, newest = 0, microseconds(series.newest)
        while at < len(run.times) or series.state.status != "ok":
            if series.state.status == "ok" and not self._judge.looks_back:
                # Below every level nothing is kept of a series: no hold runs, so not even a gap means anything.
                next_hot = bisect_left(hot, at)
                if next_hot == len(hot):
                    break
                at = hot[next_hot]
            elif series.state.status != "ok":
                gone = telling.gone_at(newest, run.times[at] if at < len(run.times) else None)
                if gone is not None:
                    self._gone(series, gone)
                    continue
                if at == len(run.times):
                    break
            at = (
                self._sample(series, run, at, telling) if telling.reach == 0 else self._bucket(series, run, at, telling)
            )
            newest = run.times[at - 1] + telling.reach

    def _sample(self, series: _Series, run: Run, at: int, telling: _Telling) -> int:
        """Judge one sample, and pass over those behind it that change nothing of an alert that fires."""
        values, times = run.least, run.times
        self._value(series, self._levels.exact(values[at]), times[at], telling)
        begin = at = at + 1
        steady = None if self._judge.looks_back else self._levels.steady(series.state)
        if steady is not None:
            low, high = steady
            while at < len(times) and low < values[at] < high and times[at] - times[at - 1] <= telling.gap:
                at += 1
            if at > begin:
                worst = max(values[begin:at]) if self._judge.above else min(values[begin:at])
                self.incidents.peaked(series.place, self._levels.exact(worst))
                series.newest = instant(times[at - 1])
        return at

    def _bucket(self, series: _Series, run: Run, at: int, telling: _Telling) -> int:
        """Judge one bucket: by its worst value whether an alert begins, by its best whether it is held, and ends.

        A hold goes through a bucket only where all of it has reached the level. An alert that begins in a bucket does
        not end there: which of both came first is not known, and so one incident is not taken for many.
        """
        time = run.times[at]
        if self._judge.looks_back:
            self._value(series, run.least[at], time, telling)
            return at + 1
        worst, best = self._levels.exact(run.most[at]), self._levels.exact(run.least[at])
        if not self._judge.above:
            worst, best = best, worst
        was_firing = series.state.status == "firing"
        self._value(series, best if self._is_held else worst, time, telling, worst)
        if self._is_held or was_firing:
            self._value(series, best, time + telling.reach, telling, worst)
        return at + 1

    def _value(self, series: _Series, value: float, time: int, telling: _Telling, worst: float | None = None) -> None:
        judged = self._judge.value(series, value, instant(time), telling.interval_s)
        if judged is not None and judged.number is not None:
            self.incidents.judged(series.place, judged, judged.number if worst is None else worst)

    def _gone(self, series: _Series, time: int) -> None:
        before = series.current
        series.move(ended(before, instant(time)))
        self.incidents.ended(series.place, before, series.state, "series gone")

    def _watched(self, place: Place, is_hot: bool) -> _Series | None:
        """Return a series that something is known of or may become known of; None where there is no more room."""
        series = self._series.get(place)
        if series is not None or not (is_hot or self._judge.looks_back):
            return series
        if len(self._series) >= SERIES_PER_HOST_MAX:
            self.left_out_count += 1
            return None
        series = self._series[place] = _Series(place)
        return series

    def _forget(self, source: str, now: int) -> None:
        """Forget series of a source of which nothing must be known."""
        before = instant(now) - timedelta(microseconds=self._kept_us)
        for place, series in list(self._series.items()):
            is_over = series.state.status == "ok" and place.source == source
            if is_over and (not self._judge.looks_back or series.newest < before):
                del self._series[place]
