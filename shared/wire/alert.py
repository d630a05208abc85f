"""What is said of one alert on the bus: its transitions, and what people did about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgpack
import msgspec
from msgspec import Meta

from shared.alerts.rule import RULE_NAME_CHARACTERS_MAX, Instant, Kind, Level, Number
from shared.alerts.series import SERIES_TOKEN_CHARACTERS_MAX
from shared.family import TEXT_BYTES_MAX
from shared.subjects import HOST_BYTES_MAX, SOURCE_BYTES_MAX, TokenError, alert_act_subject, alert_subject
from shared.wire.decode import DecodeError, NewerVersionError
from shared.wire.limits import VERSION

ALERT_BYTES_MAX = 32 * 1024
ALERT_LABELS_MAX = 20
COMMENT_CHARACTERS_MAX = 2_000
IDENTITY_CHARACTERS_MAX = 1_200
INCIDENT_CHARACTERS_MAX = 100
WHO_CHARACTERS_MAX = 256

Act = Literal["acknowledged", "commented", "silenced"]
EventName = Literal["transition", "act"]
RuleName = Annotated[str, Meta(min_length=1, max_length=RULE_NAME_CHARACTERS_MAX)]
Host = Annotated[str, Meta(min_length=1, max_length=HOST_BYTES_MAX)]
Source = Annotated[str, Meta(min_length=1, max_length=SOURCE_BYTES_MAX)]
Series = Annotated[str, Meta(min_length=1, max_length=SERIES_TOKEN_CHARACTERS_MAX, pattern=r"\A[A-Za-z0-9_=-]+\Z")]
Text = Annotated[str, Meta(max_length=TEXT_BYTES_MAX)]
Identity = Annotated[str, Meta(min_length=1, max_length=IDENTITY_CHARACTERS_MAX)]
Incident = Annotated[str, Meta(min_length=1, max_length=INCIDENT_CHARACTERS_MAX, pattern=r"\A[A-Za-z0-9_-]+\Z")]


class AlertTransition(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="transition"):
    """An alert fires, changes its level, or is over.

    `kind` says what value and threshold are measured in: `threshold` the column's unit, `rate` that per second,
    `forecast` and `absence` seconds, `deviation` standard deviations. Of an alert that is over, level and threshold
    are those it had reached; value is None where no value ended it.
    """

    v: int = VERSION
    id: Identity
    incident: Incident
    rule: RuleName
    host: Host
    source: Source | None = None
    series: Series
    labels: Annotated[dict[Text, Text], Meta(max_length=ALERT_LABELS_MAX)] = {}
    kind: Kind
    family: Text | None = None
    column: Text | None = None
    unit: Text | None = None
    status: Literal["firing", "ok"]
    level: Level
    value: Number | None = None
    threshold: Number | None = None
    target: Number | None = None
    """What a forecast is of, in the column's unit; None for other kinds."""
    since: Instant
    time: Instant
    reason: Text | None = None


class AlertAct(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="act"):
    """What somebody did about an incident; it changes nothing of whether the alert fires."""

    v: int = VERSION
    id: Identity
    incident: Incident
    rule: RuleName
    host: Host
    series: Series
    act: Act
    who: Annotated[str, Meta(min_length=1, max_length=WHO_CHARACTERS_MAX)]
    comment: Annotated[str, Meta(max_length=COMMENT_CHARACTERS_MAX)] = ""
    silence: Text | None = None
    """Id of the silence that somebody made; None for other acts."""
    time: Instant


AlertEvent = AlertTransition | AlertAct


class _VersionOnly(msgspec.Struct):
    v: int


_events: msgspec.msgpack.Decoder[AlertEvent] = msgspec.msgpack.Decoder(AlertEvent)
_versions = msgspec.msgpack.Decoder(_VersionOnly)


def event_name(event: AlertEvent) -> EventName:
    """Return which kind of event it is, as its key `event` says."""
    return "transition" if isinstance(event, AlertTransition) else "act"


def event_subject(event: AlertEvent) -> str:
    """Return the subject that an event is published on."""
    subject = alert_subject if isinstance(event, AlertTransition) else alert_act_subject
    return subject(event.rule, event.host, event.series)


def encode_alert(event: AlertEvent) -> bytes:
    """Return the event as the stream holds it."""
    body: bytes = msgpack.packb({"event": event_name(event), **msgspec.structs.asdict(event)}, datetime=True)
    return body


def decode_alert(body: bytes, subject: str) -> AlertEvent:
    """Return the event in body; raise DecodeError, and nothing else, when it is none or not its subject's."""
    try:
        return _decode(body, subject)
    except DecodeError:
        raise
    except (msgspec.MsgspecError, TokenError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise DecodeError(str(error)[:300] or type(error).__name__) from error


def _decode(body: bytes, subject: str) -> AlertEvent:
    if len(body) > ALERT_BYTES_MAX:
        raise DecodeError(f"expected an event of at most {ALERT_BYTES_MAX} bytes, got {len(body)}")
    version = _versions.decode(body).v
    if version > VERSION:
        raise NewerVersionError(f"expected v {VERSION}, got the newer {version}")
    if version != VERSION:
        raise DecodeError(f"expected v {VERSION}, got {version}")
    event = _events.decode(body)
    if event_subject(event) != subject:
        raise DecodeError(f"rule, host and series are not those of the subject {subject[:200]!r}")
    _refuse_unkept(event)
    return event


def _refuse_unkept(event: AlertEvent) -> None:
    """Raise where a database could not keep the event: for NUL in a text, or a time that has no year in UTC."""
    for field, value in msgspec.structs.asdict(event).items():
        if any("\0" in text for text in _texts(value)):
            raise DecodeError(f"{field}: expected text without NUL")
        if isinstance(value, datetime) and not _has_a_year(value):
            raise DecodeError(f"{field}: expected a time in the years 1 to 9999 of UTC, got {value.isoformat()}")


def _has_a_year(instant: datetime) -> bool:
    """Return whether the instant has a year in UTC: written with an offset, it may lie beyond those there are."""
    try:
        instant.astimezone(UTC)
    except OverflowError:
        return False
    return True


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value.keys()
        yield from value.values()
