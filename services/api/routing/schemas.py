"""Bodies of the routes for who is told of what."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from shared.alerts.policy import ESCALATIONS_MAX, Escalation
from shared.alerts.route import ROUTES_MAX, Route
from shared.alerts.routing import Routing


class AlertRoute(Route, frozen=True, kw_only=True, omit_defaults=False):
    """Channels that are told of what matches all that the route names; `hours` [22, 6] are those of a night."""


class AlertEscalation(Escalation, frozen=True, kw_only=True, omit_defaults=False):
    """Who is told in addition when nobody has acknowledged an incident for so long."""


class AlertRouting(Routing, frozen=True, kw_only=True, omit_defaults=False):
    """All routes, and how often people are told. What is left out of a body is at its default, also routes.

    An answer names every field. A repeat within `window_seconds` is held; `resend_every_seconds` of 0 is no reminder.
    """

    routes: Annotated[tuple[AlertRoute, ...], Meta(max_length=ROUTES_MAX)] = ()
    escalations: Annotated[tuple[AlertEscalation, ...], Meta(max_length=ESCALATIONS_MAX)] = ()


class KeptRouting(msgspec.Struct, frozen=True):
    """Routes and policy as they are kept; `revision` is another one after each change, 0 before the first."""

    revision: int
    routing: AlertRouting | None
    """Null where what is kept cannot be read: `problem` says why."""
    problem: str | None
