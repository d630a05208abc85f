"""What is told of one alert: from events as they travel to what callers read, encoded once whoever asks; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.api.alerts.schemas import Acknowledged, Alert, AlertEvent
from services.api.live.wishes import ALERT
from shared.wire.alert import AlertAct, AlertTransition

_OF_PEOPLE = ("acknowledged", "comments_count")
_OF_TRANSITION = tuple(name for name in Alert.__struct_fields__ if name not in _OF_PEOPLE)
_encode_json = msgspec.json.Encoder().encode
_encode_msgpack = msgspec.msgpack.Encoder().encode
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class News:
    """One alert as live clients get it."""

    alert: Alert
    _json: bytes | None = field(default=None, repr=False)
    _msgpack: bytes | None = field(default=None, repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what newer news of the same alert replace."""
        return self.alert.host, f"{self.alert.rule}\n{self.alert.series}", ALERT

    @property
    def family(self) -> str:
        """Return the type of the message."""
        return ALERT

    @property
    def host(self) -> str:
        """Return the host that it is about."""
        return self.alert.host

    def json(self) -> bytes:
        """Return the live message as JSON."""
        if self._json is None:
            # The alert's own fields behind the type, as one object.
            self._json = b'{"type":"%b",%b' % (ALERT.encode(), _encode_json(self.alert)[1:])
        return self._json

    def msgpack(self) -> bytes:
        """Return the live message as msgpack; instants are text, as in JSON."""
        if self._msgpack is None:
            self._msgpack = _encode_msgpack({"type": ALERT, **msgspec.to_builtins(self.alert)})
        return self._msgpack


def alert_of(transition: AlertTransition | AlertEvent, acknowledged: Acknowledged | None, comments_count: int) -> Alert:
    """Return an alert as a transition says it, with what people did about its incident."""
    said = {name: getattr(transition, name) for name in _OF_TRANSITION}
    return Alert(**said, acknowledged=acknowledged, comments_count=comments_count)


def with_act(alert: Alert, act: AlertAct | AlertEvent) -> Alert:
    """Return an alert after one more act about its incident; the first who acknowledges is the one who has it."""
    if act.act == "acknowledged" and alert.acknowledged is None:
        said = Acknowledged(act.who or "", act.time, act.comment or "")
        return msgspec.structs.replace(alert, acknowledged=said)
    if act.act == "commented":
        return msgspec.structs.replace(alert, comments_count=alert.comments_count + 1)
    return alert


def gone(alert: Alert) -> Alert:
    """Return an alert of which the bus tells nothing any more: nobody may go on taking it for one that fires."""
    return msgspec.structs.replace(alert, status="ok", value=None, reason=None)


def event_of(event: AlertTransition | AlertAct, received_at: datetime | None) -> AlertEvent:
    """Return an event of the bus as the history tells it."""
    said = msgspec.structs.asdict(event)
    known: dict[str, Any] = {name: said.get(name) for name in AlertEvent.__struct_fields__}
    known["event"] = "transition" if isinstance(event, AlertTransition) else "act"
    known["labels"] = said.get("labels", {})
    known["received_at"] = received_at
    return AlertEvent(**known)


def alert_of_events(events: Sequence[AlertEvent]) -> Alert | None:
    """Return the alert that the events of one incident, oldest first, tell of; None where no transition is among them.

    Of several transitions the last one counts.
    """
    transitions = [event for event in events if event.event == "transition"]
    if not transitions:
        return None
    alert = alert_of(transitions[-1], None, 0)
    for event in events:
        if event.event == "act":
            alert = with_act(alert, event)
    return alert


def in_order(*parts: Sequence[AlertEvent]) -> list[AlertEvent]:
    """Return events from several places, each once, in the order in which the bus took them."""
    by_id = {(event.event, event.id): event for events in reversed(parts) for event in events}
    return sorted(by_id.values(), key=lambda event: (event.received_at or _BEGINNING, event.time, event.id))
