"""One change of one alert: what others must be told, and what a later evaluator must know."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from shared.alerts.condition import Condition
from shared.alerts.rule import Rule
from shared.alerts.state import State, Transition
from shared.alerts.transition import Alert, identity, message_of
from shared.wire.alert import AlertTransition


class Position(NamedTuple):
    """How far the stream of sample sets was read: a message's number there, and when the broker received it."""

    sequence: int
    arrival: datetime


class Change(NamedTuple):
    """What became of one alert at one position; `told` is None where only a later evaluator must know of it.

    `alert` and `condition` are None where no more than the key of the alert is known, as of a rule that was removed
    while no evaluator ran: its last message on the bus tells the rest.
    """

    key: str
    before: State
    after: State
    position: Position
    told: Transition | None = None
    alert: Alert | None = None
    condition: Condition | None = None
    value: float | None = None

    def message(self, last: AlertTransition | None = None) -> AlertTransition | None:
        """Return what is published; None for nothing. `last` is the alert's newest message, where we know no alert."""
        if self.told is None:
            return None
        if self.alert is not None and self.condition is not None:
            return message_of(self.alert, self.condition, self.told, self.value)
        return None if last is None or last.status != "firing" else _end_of(last, self.told)


def _end_of(last: AlertTransition, told: Transition) -> AlertTransition:
    """Return the end of what the newest message of an alert says fires."""
    over = told._replace(level=last.level, since=last.since)
    named = Alert(Rule(name=last.rule), last.host, last.source, series=last.series)
    return msgspec.structs.replace(
        last, id=identity(named, over), status="ok", value=None, time=over.time, reason=over.reason
    )
