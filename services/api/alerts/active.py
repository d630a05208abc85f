"""The alerts that fire now and those that ended last, in memory and bounded, as the stream tells of them; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.api.alerts.news import News, alert_of, gone, with_act
from services.api.alerts.stored import Stored
from shared.subjects import alert_key
from shared.wire.alert import AlertAct, AlertEvent, AlertTransition

ALERTS_MAX = 50_000
ENDED_MAX = 5_000
"""Of alerts that are over so many are known without the database, those that ended last."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one alert: its newest transition with its place in the stream, and what people did."""

    key: str
    transition: AlertTransition
    place: Stored
    news: News
    act_sequence: int = 0
    """Place of the newest act that is in the news."""

    @property
    def is_firing(self) -> bool:
        """Return whether somebody must look."""
        return self.transition.status == "firing"

    @property
    def incident(self) -> str:
        """Return the incident that the newest transition is of."""
        return self.transition.incident


class ActiveAlerts:
    """Alert → what is known of it. Events may come again; by their places in the stream each counts once.

    An act counts for the incident that it names and no other, and only behind the acts before it.
    """

    def __init__(self, alerts_max: int = ALERTS_MAX, ended_max: int = ENDED_MAX) -> None:
        self.is_filled = False
        """Whether this is what the stream holds; until then nobody knows what fires."""
        self.left_out_count = 0
        self._alerts_max = alerts_max
        self._ended_max = ended_max
        self._firing: dict[str, Known] = {}
        self._ended: dict[str, Known] = {}
        self._incidents: dict[str, Known] = {}
        self._changed: dict[str, News] = {}

    def __len__(self) -> int:
        """Return how many alerts fire."""
        return len(self._firing)

    @property
    def has_room_again(self) -> bool:
        """Return whether alerts were left out that would find room by now."""
        return self.left_out_count > 0 and len(self._firing) < 0.9 * self._alerts_max

    def firing(self, shown: Callable[[str], bool]) -> Iterator[News]:
        """Yield the alerts that fire on hosts that a test shows."""
        return (known.news for known in self._firing.values() if shown(known.transition.host))

    def get(self, key: str) -> Known | None:
        """Return what is known of an alert."""
        return self._firing.get(key) or self._ended.get(key)

    def of_incident(self, incident: str) -> Known | None:
        """Return the alert whose newest transition is of an incident; None where it is not known, or no longer."""
        return self._incidents.get(incident)

    def take(self, event: AlertEvent, place: Stored) -> None:
        """Take an event that stands in the stream."""
        key = alert_key(event.rule, event.host, event.series)
        if isinstance(event, AlertTransition):
            self._take_transition(key, event, place)
        else:
            self._take_act(key, event, place)

    def take_changed(self) -> list[News]:
        """Return the newest of every alert that changed since this was asked last."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def replace_by(self, fresh: ActiveAlerts) -> None:
        """Take over what another one holds, which was read anew; what differs counts as changed."""
        for key, known in self._firing.items():
            if key not in fresh._firing:
                now = fresh._ended.get(key)
                self._changed[key] = News(gone(known.news.alert)) if now is None else now.news
        for key, known in fresh._firing.items():
            before = self._firing.get(key)
            if before is None or before.news.alert != known.news.alert:
                self._changed[key] = known.news
        self._firing, self._ended, self._incidents = fresh._firing, fresh._ended, fresh._incidents
        self.left_out_count = fresh.left_out_count
        self.is_filled = True

    def _take_transition(self, key: str, event: AlertTransition, place: Stored) -> None:
        before = self.get(key)
        if before is not None and place.sequence <= before.place.sequence:
            return
        self._forget(key, before)
        if event.status == "firing" and len(self._firing) >= self._alerts_max:
            self.left_out_count += 1
            return
        # Its body would be kept beside what was read from it.
        place = place._replace(body=b"")
        if before is not None and before.incident == event.incident:
            seen = before.news.alert
            alert = alert_of(event, seen.acknowledged, seen.comments_count)
            known = Known(key, event, place, News(alert), before.act_sequence)
        else:
            known = Known(key, event, place, News(alert_of(event, None, 0)))
        self._keep(known)
        self._make_room()

    def _take_act(self, key: str, act: AlertAct, place: Stored) -> None:
        known = self.get(key)
        if known is None or known.incident != act.incident or place.sequence <= known.act_sequence:
            return
        alert = with_act(known.news.alert, act)
        self._keep(Known(key, known.transition, known.place, News(alert), place.sequence))

    def _keep(self, known: Known) -> None:
        (self._firing if known.is_firing else self._ended)[known.key] = known
        self._incidents[known.incident] = known
        self._changed[known.key] = known.news

    def _forget(self, key: str, known: Known | None) -> None:
        if known is not None:
            self._firing.pop(key, None)
            self._ended.pop(key, None)
            self._incidents.pop(known.incident, None)

    def _make_room(self) -> None:
        """Forget what ended first; not one by one, as the order of what is read is not that of the stream."""
        if len(self._ended) <= 2 * self._ended_max:
            return
        by_place = sorted(self._ended.values(), key=lambda known: known.place.sequence)
        for known in by_place[: len(by_place) - self._ended_max]:
            self._forget(known.key, known)
