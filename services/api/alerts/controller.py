"""Routes for alerts: those that fire work while the database is away, and so does acting on them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.api.alerts.desk import AlertDesk
from services.api.alerts.listing import (
    HISTORY_CURSOR_CHARACTERS_MAX,
    AlertsAsked,
    Order,
    alerts_page,
    history_cursor,
    history_place,
)
from services.api.alerts.queries import HistoryAsked
from services.api.alerts.schemas import Alert, AlertHistory, Alerts, Incident, NewAcknowledgement, NewComment, Status
from services.api.audit import Actor
from services.api.errors import BadParameterError
from services.api.metrics.times import ACCEPTED, parse_range
from services.api.parameters import Cursor, Hosts, Limit, host_patterns, like_filter, rule_patterns
from services.api.routes import PREFIX
from services.api.scope import Scope
from shared.alerts.rule import Level
from shared.glob import matcher
from shared.wire.alert import INCIDENT_CHARACTERS_MAX

Rules = Annotated[
    list[str] | None,
    QueryParameter(description="Name of a rule or glob; may be given several times. None is every rule."),
]
OfLevel = Annotated[Level | None, QueryParameter(description="Only alerts of this level; acts have none.")]
OfStatus = Annotated[Status | None, QueryParameter(description="Only transitions to this status; acts have none.")]
OfIncident = Annotated[
    str | None, QueryParameter(max_length=INCIDENT_CHARACTERS_MAX, description="Only events of this incident.")
]
Sorted = Annotated[Order, QueryParameter(description="Those that began last first, or the worst before all others.")]
Start = Annotated[str, QueryParameter(max_length=64, description=f"Start of the range, included: {ACCEPTED}.")]
End = Annotated[
    str | None, QueryParameter(max_length=64, description=f"End of the range, excluded: {ACCEPTED}. None is now.")
]
HistoryCursor = Annotated[
    str | None,
    QueryParameter(
        max_length=HISTORY_CURSOR_CHARACTERS_MAX, description="`next_cursor` of the page before; none is the first."
    ),
]
_INCIDENT = re.compile(r"[A-Za-z0-9_-]+")


class AlertsController(Controller):
    """What fires, what happened, and what people do about it."""

    path = f"{PREFIX}/alerts"
    tags = ("alerts",)

    @get("/", operation_id="listAlerts")
    async def list_alerts(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        alert_desk: NamedDependency[AlertDesk],
        visible: NamedDependency[Scope],
        host: Hosts = None,
        rule: Rules = None,
        level: OfLevel = None,
        order: Sorted = "newest",
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> Alerts:
        """Return the alerts that fire now; works while the database is away."""
        asked = AlertsAsked(visible.filter(host_patterns(host)), matcher(rule_patterns(rule)), level, order)
        return alerts_page(alert_desk.active, asked, limit, cursor)

    @get("/history", operation_id="listAlertEvents")
    async def history(  # noqa: PLR0913 - a route's arguments are its parameters
        self,
        alert_desk: NamedDependency[AlertDesk],
        visible: NamedDependency[Scope],
        clock: NamedDependency[Callable[[], datetime]],
        host: Hosts = None,
        start: Start = "-24h",
        end: End = None,
        rule: Rules = None,
        level: OfLevel = None,
        status: OfStatus = None,
        incident: OfIncident = None,
        limit: Limit = 100,
        cursor: HistoryCursor = None,
    ) -> AlertHistory:
        """Return transitions and acts within [start, end), newest first."""
        if incident is not None and _INCIDENT.fullmatch(incident) is None:
            raise BadParameterError("incident: expected letters, digits, _ and -", field="incident")
        span = parse_range(start, end, clock())
        asked = HistoryAsked(
            span, visible.sql_filter(host_patterns(host)), like_filter(rule_patterns(rule)), level, status, incident,
            history_place(cursor),
        )  # fmt: skip
        events = await alert_desk.queries.history(asked, limit + 1)
        return AlertHistory(span.start, span.end, events[:limit], history_cursor(events, limit))

    @get("/{incident:str}", operation_id="readIncident")
    async def read(
        self, alert_desk: NamedDependency[AlertDesk], visible: NamedDependency[Scope], incident: FromPath[str]
    ) -> Incident:
        """Return one incident with all that happened; without the database what the bus holds of it."""
        return await alert_desk.incident(incident, visible)

    @post("/{incident:str}/acknowledge", operation_id="acknowledgeAlert", status_code=200)
    async def acknowledge(
        self,
        incident: FromPath[str],
        data: JSONBody[NewAcknowledgement],
        alert_desk: NamedDependency[AlertDesk],
        actor: NamedDependency[Actor],
        visible: NamedDependency[Scope],
    ) -> Alert:
        """Take an incident on, so that nobody is reminded of it; works while the database is away."""
        return await alert_desk.acknowledge(incident, data.comment, actor, visible)

    @post("/{incident:str}/comment", operation_id="commentAlert", status_code=200)
    async def comment(
        self,
        incident: FromPath[str],
        data: JSONBody[NewComment],
        alert_desk: NamedDependency[AlertDesk],
        actor: NamedDependency[Actor],
        visible: NamedDependency[Scope],
    ) -> Alert:
        """Say something about an incident, also of one that is over; works while the database is away."""
        return await alert_desk.comment(incident, data.comment, actor, visible)
