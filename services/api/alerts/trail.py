"""All that the stream holds of one incident: backwards over its transitions, then on over what people did."""

from __future__ import annotations

import logging
from typing import NamedTuple, TypeVar

from services.api.alerts.stored import AlertStream, Stored
from shared.subjects import alert_act_subject
from shared.wire.alert import AlertAct, AlertEvent, AlertTransition, decode_alert
from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)

TRANSITIONS_MAX = 200
"""Of one incident, the newest; what people did before them is passed over."""
ACTS_MAX = 1_000
"""Of one alert, from the beginning of its incident on."""

Event = TypeVar("Event", bound=AlertEvent)


class Taken(NamedTuple):
    """An event and where it stands."""

    event: AlertEvent
    place: Stored


async def transitions_of(stream: AlertStream, newest: AlertTransition, place: Stored) -> tuple[list[Taken], int]:
    """Return the transitions of the newest one's incident, newest first, and from which place on people acted on it.

    Each says what stood before it on its subject, since it was published behind that. Where one does not say it, the
    whole stream is where people may have acted.
    """
    found = [Taken(newest, place)]
    while place.before and len(found) < TRANSITIONS_MAX:
        earlier = await stream.at(place.before)
        if earlier is None or earlier.subject != place.subject:
            break
        event = decoded(earlier, AlertTransition)
        if event is None or event.incident != newest.incident:
            break
        found.append(Taken(event, earlier))
        place = earlier
    return found, 1 if place.before is None else place.sequence


async def acts_of(stream: AlertStream, newest: AlertTransition, since: int) -> list[Taken]:
    """Return what people did about a transition's incident from a place on, oldest first."""
    subject = alert_act_subject(newest.rule, newest.host, newest.series)
    found: list[Taken] = []
    for _ in range(ACTS_MAX):
        stored = await stream.following(since, subject)
        if stored is None:
            break
        since = stored.sequence + 1
        act = decoded(stored, AlertAct)
        if act is not None and act.incident == newest.incident:
            found.append(Taken(act, stored))
    return found


async def trail_of(stream: AlertStream, newest: AlertTransition, place: Stored) -> list[Taken]:
    """Return all events of the newest one's incident, in no order."""
    transitions, since = await transitions_of(stream, newest, place)
    return transitions + await acts_of(stream, newest, since)


def decoded(stored: Stored, kind: type[Event]) -> Event | None:
    """Return the event in a message; None where it holds none, or another kind."""
    try:
        event = decode_alert(stored.body, stored.subject)
    except DecodeError as error:
        log.warning("event refused", extra={"subject": stored.subject[:300], "reason": str(error)})
        return None
    return event if isinstance(event, kind) else None
