"""Turns messages of the stream ALERTS into events that can be stored, and what is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from services.ingest.batch import Message, Refusal, subject_host
from services.ingest.provenance import Provenance, provenance_of
from services.ingest.storage.alert_events import COLUMNS
from shared.wire.alert import AlertEvent, AlertTransition, decode_alert, event_name
from shared.wire.decode import DecodeError, NewerVersionError

Key = tuple[bytes, str]

NEWER_KEPT = timedelta(days=7)
"""So long an event of a later release waits for an ingest that can read it; no letter of it would be published again.
What waits fills max_ack_pending in the end, and then no event comes any more: so not for as long as the stream."""


class Arrival(msgspec.Struct, frozen=True):
    """An event of an alert and the message it came in."""

    message: Message
    event: AlertEvent
    provenance: Provenance

    @property
    def key(self) -> Key:
        """What the table knows this event by: the hash of its id, and which kind of event it is."""
        return hashlib.sha256(self.event.id.encode()).digest(), event_name(self.event)


@dataclass(slots=True)
class Judged:
    """What became of the messages of one fetch."""

    arrivals: list[Arrival] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    newer: list[Message] = field(default_factory=list)
    """Events of a later release, which are left unanswered."""
    hosts: dict[str, bool] = field(default_factory=dict)
    """Token of the host that an alert is about → whether its newest message here was refused."""
    pending: int = 0
    """Messages that wait behind the newest one here."""
    oldest: datetime | None = None
    """When the message that waited longest, but for those of a later release, arrived at the broker."""


def judge(messages: Iterable[Message], now: datetime) -> Judged:
    """Return every message in exactly one of arrivals, refusals and newer."""
    judged = Judged()
    for message in messages:
        provenance = provenance_of(message.reply)
        judged.pending = provenance.pending
        is_refused = False
        try:
            judged.arrivals.append(Arrival(message, decode_alert(message.data, message.subject), provenance))
        except DecodeError as error:
            if isinstance(error, NewerVersionError) and now - provenance.received_at < NEWER_KEPT:
                judged.newer.append(message)
                continue
            is_refused = True
            judged.refusals.append(Refusal(message, str(error)))
        if judged.oldest is None or provenance.received_at < judged.oldest:
            judged.oldest = provenance.received_at
        judged.hosts[subject_host(message.subject)] = is_refused
    return judged


def event_arrays(arrivals: Iterable[Arrival]) -> list[list[Any]]:
    """Return one list a column of the table, in the order of COLUMNS; of an event that came twice the first counts."""
    by_key: dict[Key, Arrival] = {}
    for arrival in arrivals:
        by_key.setdefault(arrival.key, arrival)
    rows = [_row(key, arrival) for key, arrival in by_key.items()]
    return [[row.get(column) for row in rows] for column in COLUMNS]


def _row(key: Key, arrival: Arrival) -> dict[str, Any]:
    """Return column → value: what the wire calls by the name of a column, and what only the table knows."""
    event = arrival.event
    row = msgspec.structs.asdict(event)
    if isinstance(event, AlertTransition):
        row["labels"] = msgspec.json.encode(event.labels).decode()
    return row | {"id_hash": key[0], "event": key[1], "received_at": arrival.provenance.received_at}
