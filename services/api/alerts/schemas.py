"""Bodies of the routes for alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.alerts.rule import Kind, Level
from shared.wire.alert import COMMENT_CHARACTERS_MAX, Act

Status = Literal["firing", "ok"]


class Acknowledged(msgspec.Struct, frozen=True):
    """Who has taken an incident on, and what was said."""

    who: str
    time: datetime
    comment: str


class Alert(msgspec.Struct, frozen=True):
    """One alert as its newest transition says it, and what people did about its incident.

    `kind` says what value and threshold are measured in, as in the events on the bus.
    """

    incident: str
    rule: str
    host: str
    source: str | None
    series: str
    labels: dict[str, str]
    kind: Kind
    family: str | None
    column: str | None
    unit: str | None
    status: Status
    level: Level
    value: float | None
    threshold: float | None
    target: float | None
    since: datetime
    time: datetime
    reason: str | None
    acknowledged: Acknowledged | None
    comments_count: int


class Alerts(msgspec.Struct, frozen=True):
    """One page of the alerts that fire; `next_cursor` asks for the next."""

    alerts: list[Alert]
    next_cursor: str | None
    left_out_count: int
    """Alerts that found no room: there are more than are looked after here."""


class AlertEvent(msgspec.Struct, frozen=True):
    """A transition or an act; what only the other kind has is null."""

    id: str
    event: Literal["transition", "act"]
    incident: str
    rule: str
    host: str
    source: str | None
    series: str
    labels: dict[str, str]
    kind: Kind | None
    family: str | None
    column: str | None
    unit: str | None
    status: Status | None
    level: Level | None
    value: float | None
    threshold: float | None
    target: float | None
    since: datetime | None
    time: datetime
    reason: str | None
    act: Act | None
    who: str | None
    comment: str | None
    silence: str | None
    received_at: datetime | None
    """When the bus took it."""


class AlertHistory(msgspec.Struct, frozen=True):
    """One page of events within [start, end), newest first; `next_cursor` asks for the next."""

    start: datetime
    end: datetime
    events: list[AlertEvent]
    next_cursor: str | None


class Incident(msgspec.Struct, frozen=True):
    """An alert from its first firing to its end, with all that happened, oldest first."""

    alert: Alert | None
    """Null where its transitions are kept no longer."""
    events: list[AlertEvent]
    events_left_out: bool
    """Whether there are more, older ones."""
    stored: bool
    """Whether the database was asked; where it is away, the bus tells what it still holds."""


class NewAcknowledgement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody takes an incident on."""

    comment: Annotated[str, Meta(max_length=COMMENT_CHARACTERS_MAX)] = ""


class NewComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to say about an incident."""

    comment: Annotated[str, Meta(min_length=1, max_length=COMMENT_CHARACTERS_MAX)]
