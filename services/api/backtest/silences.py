"""A rule of absence on the times in which nothing came from a host; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.backtest.incidents import Incidents, Place
from shared.alerts.condition import condition_of
from shared.alerts.rule import Rule
from shared.alerts.unheard import EVIDENCE_SHARE, Unheard


@dataclass(frozen=True, slots=True)
class Silence:
    """From one arrival of a host to its next; without an end it still lasts."""

    since: datetime
    until: datetime | None


class Unspoken:
    """A rule of absence on one host, whose shortest interval is known."""

    def __init__(self, rule: Rule, host: str, interval_s: float, incidents: Incidents) -> None:
        self.incidents = incidents
        self._unheard = Unheard(condition_of(rule, host, interval_s))

    @property
    def grace_s(self) -> float:
        """For how long the host may be silent."""
        return self._unheard.grace_s

    def evidence(self, silence: Silence, end: datetime) -> tuple[datetime, datetime]:
        """Return between which instants another host must have been heard, for this one to be called silent.

        That is while its silence reached the grace, or a whole grace before it spoke again: where nothing came from
        anybody, a host has as long to come back once somebody is heard.
        """
        grace = timedelta(seconds=self.grace_s)
        until = silence.until or end
        return silence.since + EVIDENCE_SHARE * grace, min(until, max(silence.since + grace, until - grace))

    def take(self, silences: Iterable[Silence], end: datetime) -> None:
        """Go along silences in which others were heard, in their order."""
        place = Place()
        for silence in silences:
            # At its next arrival a host is silent no more.
            last = end if silence.until is None else silence.until - timedelta(microseconds=1)
            silent_s = (last - silence.since).total_seconds()
            for judged in self._unheard.silent(silent_s, last):
                self.incidents.judged(place, judged, judged.number or 0.0)
            self.incidents.peaked(place, silent_s)
            for judged in () if silence.until is None else self._unheard.spoke(silence.until):
                self.incidents.judged(place, judged, 0.0)
