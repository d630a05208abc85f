"""Turns fetched messages into what can be written, what is refused and what is too old; and groups rows for COPY."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from services.ingest.provenance import Provenance, provenance_of
from services.ingest.window import Place, ahead_reason, place
from shared.families import FAMILIES
from shared.wire.decode import DecodeError, Row, SampleSet, decode

UNKNOWN_NAMES_MAX = 100
OTHER_NAMES = "(other)"

Key = tuple[str, str, str, int, datetime]
Table = tuple[Row, list[Row]]
"""What each row of a family in one sample set begins with (time, host, source), and the rows."""


class Message(Protocol):
    """What ingest needs of a delivered message; nats-py's Msg is one."""

    subject: str
    reply: str
    data: bytes

    async def ack(self) -> None:
        """Say that the message is stored."""

    async def term(self) -> None:
        """Say that the message must not come again."""

    async def in_progress(self) -> None:
        """Ask for another ack_wait of time."""


class Delivery(msgspec.Struct, frozen=True):
    """A sample set and the message it came in."""

    message: Message
    sample_set: SampleSet
    provenance: Provenance

    @property
    def key(self) -> Key:
        """What the ledger knows this sample set by."""
        return (*self.sample_set.identity, self.sample_set.time)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that cannot be used, and why; `final` when no later version of ingest could use it either."""

    message: Message
    reason: str
    final: bool = False
    ahead_s: float | None = None
    """How far the time is ahead of the arrival, where that is why."""


@dataclass(slots=True)
class Batch:
    """What became of the messages of one fetch."""

    deliveries: list[Delivery] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    too_old: list[Message] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    hosts: dict[str, bool] = field(default_factory=dict)
    """Host → whether its newest message here was refused, and that may be our fault."""
    pending: dict[str, int] = field(default_factory=dict)
    """Stream → messages that wait behind the newest one here."""
    oldest: datetime | None = None
    """When the message that waited longest arrived at the broker."""


def judge(messages: Iterable[Message], retention: timedelta) -> Batch:
    """Return every message in exactly one of deliveries, refusals and too_old."""
    batch = Batch()
    for message in messages:
        provenance = provenance_of(message.reply)
        batch.pending[provenance.stream] = provenance.pending
        if batch.oldest is None or provenance.received_at < batch.oldest:
            batch.oldest = provenance.received_at
        refusal = _sort(batch, message, provenance, retention)
        if refusal is not None:
            batch.refusals.append(refusal)
        batch.hosts[subject_host(message.subject)] = refusal is not None and not refusal.final
    return batch


def _sort(batch: Batch, message: Message, provenance: Provenance, retention: timedelta) -> Refusal | None:
    """Put the message where it belongs, or return why it is refused."""
    try:
        sample_set = decode(message.data, message.subject)
    except DecodeError as error:
        return Refusal(message, str(error))
    where = place(sample_set.time, provenance.received_at, retention)
    if where is Place.AHEAD:
        # Judged against the arrival, so this verdict stays.
        ahead_s = (sample_set.time - provenance.received_at).total_seconds()
        return Refusal(message, ahead_reason(sample_set.time, provenance.received_at), True, ahead_s)
    if where is Place.TOO_OLD:
        batch.too_old.append(message)
        return None
    batch.unknown += sample_set.unknown
    batch.deliveries.append(Delivery(message, sample_set, provenance))
    return None


def subject_host(subject: str) -> str:
    """Return the host's token of a subject: also a message that does not decode is some host's.

    In subjects of alerts it stands behind the rule's.
    """
    tokens = subject.split(".", 3)
    at = 2 if tokens[0] == "alerts" else 1
    return tokens[at] if len(tokens) > at else subject


def distinct(deliveries: Sequence[Delivery]) -> dict[Key, Delivery]:
    """Return the deliveries by key; of a sample set that came twice the first."""
    by_key: dict[Key, Delivery] = {}
    for delivery in deliveries:
        by_key.setdefault(delivery.key, delivery)
    return by_key


def ledger_arrays(deliveries: Iterable[Delivery]) -> tuple[list[Any], ...]:
    """Return one list per column of the ledger, in the order of LEDGER_COLUMNS."""
    rows = [
        (
            delivery.sample_set.time,
            *delivery.sample_set.identity,
            delivery.provenance.received_at,
            delivery.provenance.stream_sequence,
        )
        for delivery in deliveries
    ]
    return tuple(list(column) for column in zip(*rows, strict=True))


def tables_by_family(sample_sets: Iterable[SampleSet]) -> dict[str, list[Table]]:
    """Return the tables of each family that has rows: what its rows begin with, and the rows."""
    grouped: dict[str, list[Table]] = {name: [] for name in FAMILIES}
    for sample_set in sample_sets:
        prefix = (sample_set.time, sample_set.host, sample_set.source)
        for name, table in sample_set.families.items():
            if table.rows:
                grouped[name].append((prefix, table.rows))
    return {name: tables for name, tables in grouped.items() if tables}


def records(tables: Iterable[Table]) -> Iterator[Row]:
    """Yield rows as COPY writes them: time, host, source, labels, gauges.

    One by one, so that each is gone before the next is made: whole lists of them cost twice as much.
    """
    for prefix, rows in tables:
        for row in rows:
            yield prefix + row


class BoundedNames:
    """Names that strangers choose, at most UNKNOWN_NAMES_MAX of them; the rest count as one."""

    def __init__(self, names_max: int = UNKNOWN_NAMES_MAX) -> None:
        self._names_max = names_max
        self._known: set[str] = set()

    def bounded(self, name: str) -> str:
        """Return the name, or OTHER_NAMES when too many are known already."""
        if name not in self._known:
            if len(self._known) >= self._names_max:
                return OTHER_NAMES
            self._known.add(name)
        return name
