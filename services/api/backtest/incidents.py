"""What the alerts of one host did along history: incidents, with their worst level and value; pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from services.api.backtest.plan import Asked, kept_of_a_host
from services.api.backtest.schemas import BacktestHost, BacktestIncident
from services.api.metrics.times import Range
from shared.alerts.condition import is_above
from shared.alerts.rule import Level, Rule
from shared.alerts.series import HOST_SERIES, Labels, label_names, series_token
from shared.alerts.state import RANK, Reason, State, Transition, transition
from shared.alerts.watched import Judged
from shared.families import FAMILIES
from shared.wire.encode import round_real


@dataclass(frozen=True, slots=True)
class Place:
    """A series of a host; without a source it is the host itself."""

    source: str | None = None
    labels: Labels = ()

    @property
    def series(self) -> str:
        """The name of the series, as alerts have it."""
        return HOST_SERIES if self.source is None else series_token(self.source, self.labels)


@dataclass(slots=True)
class _Firing:
    """What is known so far of an incident that is not over."""

    since: datetime
    fired_at: datetime
    level: Level
    value: float
    peak: float


@dataclass(slots=True)
class Incidents:
    """The incidents of one host within a range; of these the newest are kept, all are counted."""

    host: str
    span: Range
    above: bool
    """Whether more is worse."""
    label_names: tuple[str, ...]
    kept_max: int
    count: int = 0
    critical_count: int = 0
    seconds: float = 0.0
    is_whole: bool = False
    """Whether values are whole numbers, which have more digits than a real."""
    _kept: deque[BacktestIncident] = field(default_factory=deque)
    _firing: dict[Place, _Firing] = field(default_factory=dict)

    def judged(self, place: Place, judged: Judged, worst: float) -> None:
        """Take what one more value made of a series; `worst` is the worst number that it stands for."""
        told = transition(judged.before, judged.after)
        firing = self._firing.get(place)
        if firing is None:
            if told is not None and told.is_firing:
                value = worst if judged.number is None else judged.number
                self._firing[place] = _Firing(told.since, told.time, told.level, value, worst)
            return
        self._peak(firing, worst)
        if told is None:
            return
        if not told.is_firing:
            self._over(place, told)
        elif RANK[told.level] > RANK[firing.level]:
            firing.level = told.level

    def ended(self, place: Place, before: State, after: State, reason: Reason) -> None:
        """Take the end of a series that no value ended."""
        told = transition(before, after, reason)
        if told is not None:
            self._over(place, told)

    def peaked(self, place: Place, worst: float) -> None:
        """Take values that changed nothing of a series but how bad it was."""
        firing = self._firing.get(place)
        if firing is not None:
            self._peak(firing, worst)

    def finished(self) -> list[BacktestIncident]:
        """Return the incidents that are kept, the oldest first, with those that still fire."""
        for place in list(self._firing):
            self._over(place, None)
        return sorted(self._kept, key=lambda incident: (incident.since, incident.series))

    @property
    def summary(self) -> BacktestHost:
        """What is counted of the host, once all is over."""
        return BacktestHost(self.host, self.count, self.critical_count, round(self.seconds, 3))

    def _peak(self, firing: _Firing, worst: float) -> None:
        firing.peak = max(firing.peak, worst) if self.above else min(firing.peak, worst)

    def _over(self, place: Place, told: Transition | None) -> None:
        """Count an incident, and keep it among the newest; what was over when the range began is none of it."""
        firing = self._firing.pop(place)
        until = None if told is None else told.time
        if until is not None and until <= self.span.start:
            return
        seconds = ((until or max(self.span.end, firing.fired_at)) - firing.since).total_seconds()
        self.count += 1
        self.critical_count += firing.level == "critical"
        self.seconds += seconds
        if len(self._kept) == self.kept_max:
            self._kept.popleft()
        labels = {} if place.source is None else dict(zip(self.label_names, place.labels, strict=True))
        self._kept.append(
            BacktestIncident(
                self.host, place.source, place.series, labels, firing.level, firing.since, firing.fired_at, until,
                seconds, self._number(firing.value), self._number(firing.peak),
                None if told is None else told.reason,
            )
        )  # fmt: skip

    def _number(self, value: float) -> float:
        return value if self.is_whole else round_real(value)


def incidents_of(asked: Asked, host: str, hosts_count: int) -> Incidents:
    """Return what collects the incidents of one of so many hosts."""
    return Incidents(
        host, asked.span, is_above(asked.rule), label_names(asked.rule), kept_of_a_host(hosts_count),
        is_whole=compares_whole_numbers(asked.rule),
    )  # fmt: skip


def compares_whole_numbers(rule: Rule) -> bool:
    """Return whether what a rule compares with its levels are numbers as a column of whole ones holds them."""
    if rule.kind != "threshold" or rule.aggregate == "avg":
        return False
    gauges = FAMILIES[rule.family or ""].gauges
    return any(gauge.name == rule.column and gauge.sql_type == "bigint" for gauge in gauges)
