"""SQL of the events of alerts that ingest has stored, read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from services.api.alerts.schemas import AlertEvent, Status
from services.api.database import Database
from services.api.metrics.times import Range
from shared.alerts.rule import Level
from shared.select import Statement

EVENTS_MAX = 1_000
"""Of one incident, the newest."""

Filter = tuple[list[str], list[str]]
"""Exact names and LIKE patterns, of which one must match."""

# Whoever pages from one row to the next sees each once, also where many have the same time.
_HISTORY = """SELECT id, event, incident, rule, host, source, series, labels, kind, family, "column", unit, status,
    level, value, threshold, target, since, time, reason, act, who, comment, silence, received_at
FROM app.alert_events
WHERE time >= $1 AND time < $2
    AND (host = ANY ($3::text[]) OR host LIKE ANY ($4::text[]))
    AND (rule = ANY ($5::text[]) OR rule LIKE ANY ($6::text[]))
    AND ($7::text IS NULL OR level = $7)
    AND ($8::text IS NULL OR status = $8)
    AND ($9::text IS NULL OR incident = $9)
    AND ($10::timestamptz IS NULL OR (time, id) < ($10, $11::text))
ORDER BY time DESC, id DESC LIMIT $12"""

_INCIDENT = """SELECT id, event, incident, rule, host, source, series, labels, kind, family, "column", unit, status,
    level, value, threshold, target, since, time, reason, act, who, comment, silence, received_at
FROM app.alert_events WHERE incident = $1 ORDER BY received_at DESC, time DESC, id DESC LIMIT $2"""


@dataclass(frozen=True, slots=True)
class HistoryAsked:
    """Which events are asked for; `after` is the last one of the page before."""

    span: Range
    hosts: Filter
    rules: Filter
    level: Level | None = None
    status: Status | None = None
    incident: str | None = None
    after: tuple[datetime, str] | None = None


def history(asked: HistoryAsked, limit: int) -> Statement:
    """Return the statement that reads so many events, newest first."""
    time, identity = asked.after or (None, None)
    return Statement(
        _HISTORY,
        [asked.span.start, asked.span.end, *asked.hosts, *asked.rules, asked.level, asked.status, asked.incident,
         time, identity, limit],
    )  # fmt: skip


class AlertQueries:
    """Reads what is stored of alerts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, asked: HistoryAsked, limit: int) -> list[AlertEvent]:
        """Return at most so many events, newest first."""
        statement = history(asked, limit)
        async with self._database.connection() as connection:
            return [_event(dict(row)) for row in await connection.fetch(statement.text, *statement.parameters)]

    async def incident(self, incident: str) -> tuple[list[AlertEvent], bool]:
        """Return the newest events of an incident, oldest first, and whether there are more."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_INCIDENT, incident, EVENTS_MAX + 1)
        return [_event(dict(row)) for row in reversed(rows[:EVENTS_MAX])], len(rows) > EVENTS_MAX


def _event(row: dict[str, Any]) -> AlertEvent:
    # The driver gives JSON as text, and an act has no labels.
    labels = {} if row["labels"] is None else msgspec.json.decode(row["labels"], type=dict[str, str])
    return AlertEvent(**{**row, "labels": labels})
