"""What the routes for alerts work with: who asks of one incident, and acts on it, with or without the database."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from services.api.alerts.active import ActiveAlerts
from services.api.alerts.allowance import Allowance
from services.api.alerts.follow import AlertFollow
from services.api.alerts.listing import RETRY_AFTER_S, require_filled
from services.api.alerts.news import alert_of_events, event_of, in_order, with_act
from services.api.alerts.queries import AlertQueries
from services.api.alerts.schemas import Alert, AlertEvent, Incident
from services.api.alerts.trail import trail_of
from services.api.audit import Actor
from services.api.errors import (
    ApiError,
    BadParameterError,
    BusAwayError,
    ConflictError,
    NotFoundError,
    UnavailableError,
)
from services.api.scope import Scope
from services.api.trail import Trail
from shared.runtime.bus import BREAKING
from shared.wire.alert import INCIDENT_CHARACTERS_MAX, Act, AlertAct

log = logging.getLogger(__name__)

READS_MAX = 4
"""So many incidents are read from the bus at one time; each may be some hundred questions, one after the other."""
COMMENTS_MAX = 500
"""Of one incident: they share the stream with what fires, and are read whole."""

_INCIDENT = re.compile(rf"[A-Za-z0-9_-]{{1,{INCIDENT_CHARACTERS_MAX}}}")


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """The alerts in memory, those that are stored, and the bus that acts go to."""

    active: ActiveAlerts
    follow: AlertFollow
    queries: AlertQueries
    trail: Trail
    clock: Callable[[], datetime]
    allowance: Allowance
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS_MAX))

    async def incident(self, incident: str, visible: Scope) -> Incident:
        """Return one incident: from the database, and from the bus what is not stored yet or while it is away.

        Raises NotFoundError where nobody knows it, UnavailableError where only the database could.
        """
        _require_name(incident)
        away: ApiError | None = None
        stored, more = list[AlertEvent](), False
        try:
            stored, more = await self.queries.incident(incident)
        except UnavailableError as error:
            away = error
        known = self.active.of_incident(incident)
        # Who may publish acts may name any incident in them, so each event is looked at by itself.
        events = [event for event in in_order(stored, await self._heard(incident)) if visible.sees(event.host)]
        if not events and away is not None:
            raise away
        if not events:
            raise unknown(incident)
        # What people did about one that is over is not looked for when all is read anew.
        if known is not None and known.is_firing and visible.sees(known.transition.host):
            alert: Alert | None = known.news.alert
        else:
            alert = alert_of_events(events)
        return Incident(alert, events, more, away is None)

    async def acknowledge(self, incident: str, comment: str, actor: Actor, visible: Scope) -> Alert:
        """Return an alert of which the caller, or somebody before, has taken over the incident.

        Raises ConflictError where it is over, LimitedError beyond the allowance. Who comes second changes nothing, but
        what was said is kept.
        """
        comment = require_text(comment)
        alert = await self._alert(incident, visible)
        if alert.status != "firing":
            raise ConflictError("The alert is over, so there is nothing to acknowledge; a comment can still be made.")
        if alert.acknowledged is None:
            event = new_act("acknowledged", alert, comment, actor, self.clock())
        elif comment:
            _require_room(alert)
            event = new_act("commented", alert, comment, actor, self.clock())
        else:
            return alert
        return await self._act(alert, event, actor, visible)

    async def comment(self, incident: str, comment: str, actor: Actor, visible: Scope) -> Alert:
        """Return an alert with one more comment on its incident, which may be over.

        Raises ConflictError where there are as many as there can be, LimitedError beyond the allowance.
        """
        comment = require_text(comment)
        if not comment:
            raise BadParameterError("comment: expected text that says something, got only spaces", field="comment")
        alert = await self._alert(incident, visible)
        _require_room(alert)
        return await self._act(alert, new_act("commented", alert, comment, actor, self.clock()), actor, visible)

    async def _alert(self, incident: str, visible: Scope) -> Alert:
        """Return the alert of an incident as it is now; raise NotFoundError where nobody knows it."""
        _require_name(incident)
        require_filled(self.active)
        known = self.active.of_incident(incident)
        alert: Alert | None
        if known is not None and known.is_firing:
            alert = known.news.alert
        elif known is not None:
            # What people did about one that is over is not in memory when all was read anew; a database may be frozen.
            alert = alert_of_events(in_order(await self._heard(incident))) or known.news.alert
        else:
            events, _ = await self.queries.incident(incident)
            alert = alert_of_events(events)
        if alert is None or not visible.sees(alert.host):
            raise unknown(incident)
        return alert

    async def _heard(self, incident: str) -> list[AlertEvent]:
        """Return what the stream holds of an incident; of what is in memory only while the bus is away."""
        known, stream = self.active.of_incident(incident), self.follow.stream
        if known is None:
            return []
        try:
            if stream is not None:
                async with self.reads:
                    trail = await trail_of(stream, known.transition, known.place)
                return [event_of(taken.event, taken.place.received_at) for taken in trail]
        except BREAKING as error:
            log.info("an incident cannot be read from the bus", extra={"error": f"{type(error).__name__}: {error}"})
        return [event_of(known.transition, known.place.received_at)]

    async def _act(self, alert: Alert, event: AlertAct, actor: Actor, visible: Scope) -> Alert:
        """Publish an act, and return the alert as it is afterwards."""
        self.allowance.spend(event.act, actor.username)
        sequence = await self._publish(event)
        await self.trail.note(actor, f"alert {event.act}", event.incident, event.comment or None)
        is_reached = await self.follow.reached(sequence)
        known = self.active.of_incident(alert.incident)
        if known is None or not is_reached:
            return with_act(alert, event)
        if known.is_firing:
            return known.news.alert
        if alert.status != "firing":
            return with_act(alert, event)
        return (await self.incident(alert.incident, visible)).alert or known.news.alert

    async def _publish(self, event: AlertAct) -> int:
        try:
            if self.follow.stream is not None:
                return await self.follow.stream.publish(event)
        except BREAKING as error:
            log.warning("act not confirmed", extra={"incident": event.incident, "error": str(error)[:300]})
        raise BusAwayError(
            "The bus has not confirmed it, though it may have it. Look at the alert, and try again in a few seconds.",
            retry_after_s=RETRY_AFTER_S,
        )


def new_act(act: Act, alert: Alert, comment: str, actor: Actor, now: datetime) -> AlertAct:
    """Return what somebody does about an alert.

    An acknowledgement is named by the incident: asked for twice at once, or again after no answer, the stream keeps
    one of them.
    """
    name = act if act == "acknowledged" else secrets.token_hex(12)
    return AlertAct(
        id=f"{alert.incident}:{name}", incident=alert.incident, rule=alert.rule, host=alert.host, series=alert.series,
        act=act, who=actor.username, comment=comment, time=now,
    )  # fmt: skip


def require_text(comment: str) -> str:
    """Return a comment without the spaces around it; raise BadParameterError where it cannot be kept."""
    try:
        comment.encode()
    except UnicodeEncodeError as error:
        raise BadParameterError("comment: expected text, got half a character", field="comment") from error
    if "\0" in comment:
        raise BadParameterError("comment: expected text without the character NUL", field="comment")
    return comment.strip()


def unknown(incident: str) -> NotFoundError:
    """Return the refusal of an incident that nobody knows."""
    return NotFoundError(
        f"There is no incident {incident[:80]!r}; GET /api/v1/alerts lists those that fire.", field="incident"
    )


def _require_name(incident: str) -> None:
    if _INCIDENT.fullmatch(incident) is None:
        raise unknown(incident)


def _require_room(alert: Alert) -> None:
    if alert.comments_count >= COMMENTS_MAX:
        raise ConflictError(
            f"The incident has {alert.comments_count} comments; it takes {COMMENTS_MAX}, so say it elsewhere."
        )
