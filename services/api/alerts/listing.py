"""Alerts and their history in pages: which come, in what order, and from where on; pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from operator import itemgetter
from typing import Literal

from services.api.alerts.active import ActiveAlerts
from services.api.alerts.schemas import Alert, AlertEvent, Alerts
from services.api.errors import BusAwayError
from services.api.parameters import bad_cursor
from shared.alerts.rule import Level
from shared.alerts.state import BEGINNING, RANK

Order = Literal["newest", "worst"]
RETRY_AFTER_S = 2
HISTORY_CURSOR_CHARACTERS_MAX = 1_500
"""The id of an event is part of it."""

_MICROSECOND = timedelta(microseconds=1)
_Place = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class AlertsAsked:
    """Which alerts are asked for, and in what order."""

    shown: Callable[[str], bool]
    rules: Callable[[str], bool]
    level: Level | None = None
    order: Order = "newest"


def alerts_page(active: ActiveAlerts, asked: AlertsAsked, limit: int, cursor: str | None) -> Alerts:
    """Return the alerts that fire; raise BusAwayError while nobody knows: an empty page would say that all is well.

    The cursor is the place of the last one, so what fires or ends between two pages moves no other.
    """
    require_filled(active)
    after = None if cursor is None else _place(cursor)
    found: list[tuple[_Place, Alert]] = []
    for news in active.firing(asked.shown):
        alert = news.alert
        if asked.rules(alert.rule) and (asked.level is None or alert.level == asked.level):
            place = place_of(alert, asked.order)
            if after is None or place > after:
                found.append((place, alert))
    page = nsmallest(limit + 1, found, key=itemgetter(0))
    more = "|".join(map(str, page[limit - 1][0])) if len(page) > limit else None
    return Alerts([alert for _, alert in page[:limit]], more, active.left_out_count)


def require_filled(active: ActiveAlerts) -> None:
    """Raise BusAwayError while it is not known what fires."""
    if not active.is_filled:
        raise BusAwayError(
            "The bus has not told yet which alerts fire. Try again in a few seconds; GET /api/v1/health tells whether "
            "it is there.",
            retry_after_s=RETRY_AFTER_S,
        )


def place_of(alert: Alert, order: Order) -> _Place:
    """Return what alerts are put in order by: those that began last come first, or the worst of all before them."""
    since = (alert.since - BEGINNING) // _MICROSECOND
    return -RANK[alert.level] if order == "worst" else 0, -since, alert.incident


def history_cursor(events: list[AlertEvent], limit: int) -> str | None:
    """Return where the page after these events begins, of which there is one more than belongs on the page."""
    if len(events) <= limit:
        return None
    last = events[limit - 1]
    return f"{last.time.isoformat()}|{last.id}"


def history_place(cursor: str | None) -> tuple[datetime, str] | None:
    """Return time and id of the last event of the page before; raise BadParameterError where it is no cursor."""
    if cursor is None:
        return None
    time, _, identity = cursor.partition("|")
    try:
        instant = datetime.fromisoformat(time)
        in_utc = instant.astimezone(UTC) if instant.tzinfo is not None else None
    except (ValueError, OverflowError):
        raise bad_cursor(cursor) from None
    if in_utc is None or not identity or "\0" in identity:
        raise bad_cursor(cursor)
    return in_utc, identity


def _place(cursor: str) -> _Place:
    parts = cursor.split("|", 2)
    try:
        return int(parts[0][:20]), int(parts[1][:20]), parts[2]
    except (ValueError, IndexError):
        raise bad_cursor(cursor) from None
