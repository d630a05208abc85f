"""Accounts of delivery: which sessions there are, and what came twice, too late, or could not be used."""

from __future__ import annotations

import contextlib
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.ingest.batch import Delivery, Key, Message, Refusal
from services.ingest.provenance import provenance_of
from services.ingest.storage.delivery import ExceptionKind, exceptions_upsert, sessions_insert
from shared.budget import Budgets
from shared.select import Statement
from shared.subjects import TokenError, host_and_source, host_name, source_name

SESSIONS_KNOWN_MAX = 20_000
SOURCES_KNOWN_MAX = 16
"""Sources of one host that are counted by name; a stranger chooses them."""
HOSTS_KNOWN_MAX = 20_000
SESSIONS_BURST_MAX = 100
SESSIONS_REFILL_PER_S = 0.1
"""Sessions of one host that are recorded: a stranger may begin one with every sample set."""
OTHER_SOURCES = "(other)"

_SESSIONS_INSERT = sessions_insert()
_EXCEPTIONS_UPSERT = exceptions_upsert()
_SAME_MESSAGES = """SELECT entered.place FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::bigint[]
) WITH ORDINALITY AS entered (host, source, session, seq, time, stream_sequence, place)
CROSS JOIN LATERAL (
    SELECT FROM metrics.sample_sets AS stored
    WHERE stored.host = entered.host AND stored.source = entered.source AND stored.session = entered.session
        AND stored.seq = entered.seq AND stored.time = entered.time AND stored.time >= $7 AND stored.time <= $8
        AND stored.stream_sequence = entered.stream_sequence
    LIMIT 1
) AS same"""
"""Which of these are the very messages that were stored: the broker delivered them again, nobody sent them twice.

Looked up one by one, and within the least and the greatest time: else a single repeat could cost a scan of every chunk.
"""

SessionKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Rarity:
    """Something that is not as usual, of one message: what, whose, and when it arrived."""

    host: str
    source: str
    kind: ExceptionKind
    received_at: datetime
    offset_seconds: float | None = None

    @property
    def minute(self) -> datetime:
        """The minute of arrival, by which they are counted."""
        return self.received_at.replace(second=0, microsecond=0)


class KnownSessions:
    """The sessions that are recorded already, those recorded last; others are entered again, which changes nothing."""

    def __init__(self, sessions_max: int = SESSIONS_KNOWN_MAX) -> None:
        self._sessions_max = sessions_max
        self._tells_previous: OrderedDict[SessionKey, bool] = OrderedDict()

    def unknown(self, deliveries: Iterable[Delivery]) -> dict[SessionKey, Delivery]:
        """Return by session the delivery to record it from: one that names the session before, else the first."""
        found: dict[SessionKey, Delivery] = {}
        for delivery in deliveries:
            sample_set = delivery.sample_set
            key = (sample_set.host, sample_set.source, sample_set.session)
            told = self._tells_previous.get(key)
            if told or (told is not None and sample_set.previous is None):
                continue
            present = found.get(key)
            if present is None or (present.sample_set.previous is None and sample_set.previous is not None):
                found[key] = delivery
        return found

    def remember(self, recorded: Mapping[SessionKey, Delivery]) -> None:
        """Remember what is committed."""
        for key, delivery in recorded.items():
            self._tells_previous[key] = delivery.sample_set.previous is not None
            self._tells_previous.move_to_end(key)
        while len(self._tells_previous) > self._sessions_max:
            self._tells_previous.popitem(last=False)


class KnownSources:
    """At most SOURCES_KNOWN_MAX sources a host by name; all others count as one."""

    def __init__(self) -> None:
        self._by_host: OrderedDict[str, set[str]] = OrderedDict()

    def bounded(self, host: str, source: str) -> str:
        """Return the source, or OTHER_SOURCES when too many of this host are known already."""
        known = self._by_host.setdefault(host, set())
        self._by_host.move_to_end(host)
        if len(self._by_host) > HOSTS_KNOWN_MAX:
            self._by_host.popitem(last=False)
        if source not in known:
            if len(known) >= SOURCES_KNOWN_MAX:
                return OTHER_SOURCES
            known.add(source)
        return source


class Accounts:
    """Enters what a batch tells of delivery, in the transaction that stores it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._sessions = KnownSessions()
        self._sources = KnownSources()
        self._budgets = Budgets(SESSIONS_BURST_MAX, SESSIONS_REFILL_PER_S, HOSTS_KNOWN_MAX)
        self._clock = clock
        self._entered: Mapping[SessionKey, Delivery] = {}
        self.unrecorded_count = 0
        """Sessions of the last batch that were not recorded, as their host began too many."""

    async def enter(self, connection: asyncpg.Connection, deliveries: Sequence[Delivery], new: Iterable[Key]) -> None:
        """Record sessions not seen yet, and what came twice; `new` are the keys that the ledger did not know."""
        unknown = self._sessions.unknown(deliveries)
        now = self._clock()
        self._entered = {key: delivery for key, delivery in unknown.items() if self._budgets.spend(now, key[0])}
        self.unrecorded_count = len(unknown) - len(self._entered)
        if self._entered:
            await connection.execute(_SESSIONS_INSERT, *_session_arrays(self._entered))
        again = repeated(deliveries, new)
        if again:
            statement = same_messages(again)
            same = {row["place"] - 1 for row in await connection.fetch(statement.text, *statement.parameters)}
            doubled = [delivery for place, delivery in enumerate(again) if place not in same]
            await self.record(connection, [_rarity(delivery, "doubled") for delivery in doubled])

    def committed(self) -> None:
        """Remember what the last batch entered: it is stored."""
        self._sessions.remember(self._entered)
        self._entered = {}

    async def record(self, connection: asyncpg.Connection, rarities: Sequence[Rarity]) -> None:
        """Add to the counts of rare events."""
        if rarities:
            await connection.execute(_EXCEPTIONS_UPSERT, *_exception_arrays(rarities, self._sources))


def rarities_of(ended: Iterable[Message | Refusal]) -> list[Rarity]:
    """Return what ended without being stored: a message was too old, a refusal says why it is one.

    Whose it is says the subject, since what does not decode says nothing else; a subject of no host is left out.
    """
    rarities = []
    for one in ended:
        message, kind, offset_seconds = _ending(one)
        with contextlib.suppress(TokenError):
            host, source = host_and_source(message.subject)
            received_at = provenance_of(message.reply).received_at
            rarities.append(Rarity(host_name(host), source_name(source), kind, received_at, offset_seconds))
    return rarities


def _ending(one: Message | Refusal) -> tuple[Message, ExceptionKind, float | None]:
    if not isinstance(one, Refusal):
        return one, "too_old", None
    return one.message, "refused" if one.ahead_s is None else "clock_ahead", one.ahead_s


def counted(rarities: Iterable[Rarity], sources: KnownSources) -> dict[tuple[str, str, ExceptionKind, datetime], int]:
    """Return how many there are of each kind, by host, source and minute of arrival."""
    return Counter(
        (rarity.host, sources.bounded(rarity.host, rarity.source), rarity.kind, rarity.minute) for rarity in rarities
    )


def _rarity(delivery: Delivery, kind: ExceptionKind) -> Rarity:
    sample_set = delivery.sample_set
    return Rarity(sample_set.host, sample_set.source, kind, delivery.provenance.received_at)


def repeated(deliveries: Sequence[Delivery], new: Iterable[Key]) -> list[Delivery]:
    """Return the deliveries whose sample sets were there before: in the ledger, or earlier in the same batch."""
    left = set(new)
    if len(left) == len(deliveries):
        return []
    found = []
    for delivery in deliveries:
        if delivery.key in left:
            left.discard(delivery.key)
        else:
            found.append(delivery)
    return found


def same_messages(again: Sequence[Delivery]) -> Statement:
    """Return the statement that finds which of these, counted from 1, are the very messages that were stored."""
    times = [delivery.sample_set.time for delivery in again]
    arrays = _columns([(*delivery.key, delivery.provenance.stream_sequence) for delivery in again])
    return Statement(_SAME_MESSAGES, [*arrays, min(times), max(times)])


def _session_arrays(sessions: Mapping[SessionKey, Delivery]) -> tuple[list[Any], ...]:
    rows = []
    for key, delivery in sessions.items():
        previous = delivery.sample_set.previous
        before = (None, None) if previous is None else (previous.session, previous.seq_last)
        rows.append((*key, delivery.sample_set.time, delivery.provenance.received_at, *before))
    return _columns(rows)


def _exception_arrays(rarities: Sequence[Rarity], sources: KnownSources) -> tuple[list[Any], ...]:
    offsets = {
        (rarity.host, rarity.minute): rarity.offset_seconds for rarity in rarities if rarity.offset_seconds is not None
    }
    rows = [
        (host, source, kind, minute, count, offsets.get((host, minute)) if kind == "clock_ahead" else None)
        for (host, source, kind, minute), count in counted(rarities, sources).items()
    ]
    return _columns(rows)


def _columns(rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))
