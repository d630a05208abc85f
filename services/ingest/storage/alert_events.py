"""The table of events of alerts: its columns, and the statements that fill it and keep it within its time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import asyncpg

ALERT_EVENTS = "app.alert_events"

COLUMNS: Mapping[str, str] = {
    "id_hash": "bytea",
    "id": "text",
    "event": "text",
    "incident": "text",
    "rule": "text",
    "host": "text",
    "source": "text",
    "series": "text",
    "labels": "jsonb",
    "kind": "text",
    "family": "text",
    "column": "text",
    "unit": "text",
    "status": "text",
    "level": "text",
    "value": "double precision",
    "threshold": "double precision",
    "target": "double precision",
    "since": "timestamp with time zone",
    "time": "timestamp with time zone",
    "reason": "text",
    "act": "text",
    "who": "text",
    "comment": "text",
    "silence": "text",
    "received_at": "timestamp with time zone",
}
"""Column → type. What the wire calls by the same name stands there; `column` is a word of SQL and has to be quoted."""

ROWS_MAX = 10_000
"""Rows deleted by one statement."""


def events_insert() -> str:
    """Return the statement that stores events: one array a column, in the order of COLUMNS.

    What is there already stays as it is. Ordered by key, so that two writers cannot deadlock. No key is named behind
    ON CONFLICT and nothing is returned: either would need the right to read.
    """
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    arrays = ", ".join(f"${at}::{kind}[]" for at, kind in enumerate(COLUMNS.values(), start=1))
    return f"""INSERT INTO {ALERT_EVENTS} ({names})
SELECT * FROM unnest({arrays}) AS entered ({names})
ORDER BY id_hash, event
ON CONFLICT DO NOTHING"""


def delete_old_events() -> str:
    """Return the statement that deletes at most $2 events that arrived before $1, those that arrived first."""
    return f"""DELETE FROM {ALERT_EVENTS} WHERE (id_hash, event) IN (
    SELECT id_hash, event FROM {ALERT_EVENTS} WHERE received_at < $1 ORDER BY received_at LIMIT $2
)"""


async def expire_events(connection: asyncpg.Connection, bound: datetime) -> int:
    """Delete what arrived before the bound; return how much. Each statement commits by itself."""
    total = 0
    while True:
        count = int((await connection.execute(delete_old_events(), bound, ROWS_MAX)).rpartition(" ")[2])
        total += count
        if count < ROWS_MAX:
            return total
