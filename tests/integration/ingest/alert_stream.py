"""Events of alerts to feed ingest with, and the rows that became of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from nats.aio.client import Client

from services.ingest.alerts.arrivals import Arrival
from services.ingest.provenance import Provenance
from shared.wire.alert import AlertAct, AlertEvent, AlertTransition, encode_alert, event_subject
from tests.contract.alert_messages import EXAMPLES
from tests.unit.ingest.messages import FakeMessage

NAMES = (
    "id", "event", "incident", "rule", "host", "source", "series", "labels", "kind", "family", "column", "unit",
    "status", "level", "value", "threshold", "target", "since", "time", "reason", "act", "who", "comment", "silence",
)  # fmt: skip
"""What a row says of its event."""

NOW = datetime.now(UTC)


def transition(number: int = 1, **changed: Any) -> AlertTransition:
    """Return the example of a transition with an id of its own."""
    made: AlertTransition = _changed(EXAMPLES["transition"], {"id": f"transition {number}"} | changed)
    return made


def act(number: int = 1, **changed: Any) -> AlertAct:
    """Return the example of an act with an id of its own."""
    made: AlertAct = _changed(EXAMPLES["act"], {"id": f"act {number}"} | changed)
    return made


def _changed(event: AlertEvent, fields: dict[str, Any]) -> Any:
    return msgspec.structs.replace(event, **fields)


FULL = transition(
    7, labels={"mount": "/사진", "": "'; DROP TABLE app.alert_events; --"}, kind="forecast", value=-3.4e38,
    threshold=86_400.123456789, target=99.5, status="ok", level="warning", reason="series gone",
    since=datetime(1, 1, 1, tzinfo=UTC), time=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)  # fmt: skip
"""Every field says something, some of it as much as it may."""


def arrival(event: AlertEvent, received_at: datetime = NOW) -> Arrival:
    """Return an event as it arrives."""
    message = FakeMessage("x", encode_alert(event), event_subject(event))
    return Arrival(message, event, Provenance("ALERTS", 1, received_at, 0))


async def say(client: Client, events: Iterable[AlertEvent]) -> None:
    """Store events in ALERTS, in order; with no message id, so that the broker drops no repeat."""
    for event in events:
        await client.jetstream().publish(event_subject(event), encode_alert(event))


def row_of(event: AlertEvent) -> dict[str, Any]:
    """Return what a row must say of an event; written without product code."""
    said = {name: getattr(event, name, None) for name in NAMES}
    return said | {"event": "transition" if isinstance(event, AlertTransition) else "act"}


async def rows(connection: asyncpg.Connection) -> list[dict[str, Any]]:
    """Return what the rows say, ordered by id."""
    found = await connection.fetch('SELECT * FROM app.alert_events ORDER BY id COLLATE "C", event DESC')
    return [_told(row) for row in found]


def _told(row: asyncpg.Record) -> dict[str, Any]:
    labels = row["labels"]
    return {name: row[name] for name in NAMES} | {"labels": None if labels is None else json.loads(labels)}


def by_id(events: Iterable[AlertEvent]) -> list[dict[str, Any]]:
    """Return the rows that events become, ordered by id."""
    found = [row_of(event) for event in events]
    return sorted(found, key=lambda row: (row["id"].encode(), row["event"] != "transition"))
