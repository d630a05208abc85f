"""From a change of one alert to the message that tells of it, with the names that it is known by."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.alerts.condition import Condition
from shared.alerts.rule import Rule
from shared.alerts.series import Labels, label_names, series_token
from shared.alerts.state import Transition
from shared.family import unit_of
from shared.subjects import token
from shared.wire.alert import AlertTransition


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule on one series: what a state belongs to."""

    rule: Rule
    host: str
    source: str | None = None
    labels: Labels = ()
    series: str = field(default="")
    """Token of the series; that of source and labels where it is not named."""

    def __post_init__(self) -> None:
        if not self.series:
            object.__setattr__(self, "series", series_token(self.source or "", self.labels))


def message_of(alert: Alert, condition: Condition, change: Transition, value: float | None) -> AlertTransition:
    """Return the message of a change; `value` is what was compared, None where no value made the change."""
    rule = alert.rule
    return AlertTransition(
        id=identity(alert, change),
        incident=incident(alert, change.since),
        rule=rule.name,
        host=alert.host,
        source=alert.source,
        series=alert.series,
        labels=dict(zip(label_names(rule), alert.labels, strict=True)),
        kind=rule.kind,
        family=rule.family,
        column=rule.column,
        unit=unit_of(rule.column or ""),
        status=change.status,
        level=change.level,
        value=value,
        threshold=condition.critical if change.level == "critical" else condition.warning,
        target=rule.target,
        since=change.since,
        time=change.time,
        reason=change.reason,
    )


def identity(alert: Alert, change: Transition) -> str:
    """Return what the broker knows a transition by: whoever decides it again publishes it under the same id.

    It names the host too, as ids are compared over the whole stream.
    """
    place = f"{alert.rule.name}:{token(alert.host)}:{alert.series}"
    return f"{place}:{change.status}:{change.level}:{_stamp(change.time)}"


def incident(alert: Alert, since: datetime) -> str:
    """Return the id of an incident, from its first firing to its end: the rule's name and a hash, fit for a URL."""
    whole = f"{alert.rule.name}:{token(alert.host)}:{alert.series}:{_stamp(since)}"
    return f"{alert.rule.name}-{hashlib.sha256(whole.encode()).hexdigest()[:24]}"


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
