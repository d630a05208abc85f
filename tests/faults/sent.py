"""What publishers sent, as whoever listens to the bus counts it: every identity once, its rows and its numbers."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgpack

from tests.faults.catalogue import Columns

VERSION = 1
BODY_BYTES_MAX = 786_432
AHEAD_MAX = timedelta(minutes=5)
RAW_KEPT = timedelta(days=7)
LATE = timedelta(seconds=60)
HELD_UP = timedelta(seconds=1)
"""A host speaks within half a second of its tick; what arrives so much later than its tick was held up."""
HELD_UP_MAX = 100_000
SessionKey = tuple[str, str, str]
Identity = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as somebody heard it; `kept` when it was read from a stream. The id spares reading a known body."""

    subject: str
    body: bytes
    message_id: str | None
    received_at: datetime
    kept: bool


class Sent:
    """Counts what the page of the bus says is a sample set, and what happened to it; knows no more of the product."""

    def __init__(self, catalogue: Mapping[str, Columns]) -> None:
        self._catalogue = catalogue
        # One byte a sample set: half an hour of a thousand hosts is two million.
        self.sessions: dict[SessionKey, bytearray] = {}
        self.kept: dict[SessionKey, bytearray] = {}
        self._heard: dict[SessionKey, bytearray] = {}
        self.kept_newest: dict[str, datetime] = {}
        self.seq_last: dict[SessionKey, int] = {}
        self.rows: Counter[str] = Counter()
        self.numbers: Counter[str] = Counter()
        self.count = 0
        self.heard_again = 0
        """Messages whose identity the subscriber had heard before: their publisher sent them again."""
        self.copies: Counter[str] = Counter()
        """By host the messages of the streams whose identity another one had before."""
        self.late: Counter[str] = Counter()
        """By host the sample sets whose first message came to a stream more than a minute after their time."""
        self.ended: Counter[tuple[str, str]] = Counter()
        """By host and kind the messages of the streams that are no sample sets to be stored."""
        self.held_up: deque[tuple[datetime, datetime]] = deque(maxlen=HELD_UP_MAX)
        """Tick and arrival of what came to a stream long after its tick, the newest of these."""

    @property
    def unusable(self) -> int:
        """How many messages of the streams are not to be stored."""
        return self.ended.total()

    def take(self, heard: Heard) -> None:
        """Count a message, unless its identity is known; what was read from a stream is one message each time."""
        if not heard.kept and self._knows(heard):
            return
        plain = _usable(heard)
        if isinstance(plain, Unusable):
            self.ended[plain.host, plain.kind] += heard.kept
            return
        key = (plain["host"], plain["source"], plain["session"])
        if plain.get("previous"):
            before = (*key[:2], plain["previous"]["session"])
            self.seq_last[before] = max(plain["previous"]["seq_last"], self.seq_last.get(before, 0))
        if heard.kept:
            self._keep(key, plain, heard.received_at)
        if not _mark(self.sessions.setdefault(key, bytearray()), plain["seq"]):
            return
        self.count += 1
        for name, table in plain["families"].items():
            if name in self._catalogue:
                self.rows[name] += len(table["rows"])
                self.numbers[name] += _numbers(table, self._catalogue[name])

    def _keep(self, key: SessionKey, plain: Mapping[str, Any], received_at: datetime) -> None:
        host, time = key[0], plain["time"]
        if not _mark(self.kept.setdefault(key, bytearray()), plain["seq"]):
            self.copies[host] += 1
            return
        self.kept_newest[host] = max(time, self.kept_newest.get(host, time))
        self.late[host] += received_at - time > LATE
        if received_at - time > HELD_UP:
            self.held_up.append((time, received_at))

    def _knows(self, heard: Heard) -> bool:
        """Return whether the identity is known by the message's id; the subscriber's own hearing is counted."""
        if heard.message_id is None:
            return False
        _, host, source = (_untoken(part) for part in heard.subject.split("."))
        session, _, seq = heard.message_id.rpartition(":")
        key = (host, source, session)
        self.heard_again += not _mark(self._heard.setdefault(key, bytearray()), int(seq))
        seen = self.sessions.get(key, b"")
        return int(seq) < len(seen) and bool(seen[int(seq)])


def holes(sessions: Mapping[SessionKey, bytearray]) -> Iterator[Identity]:
    """Yield what was never seen although a later number of its session was."""
    for key, seen in sessions.items():
        seq = seen.find(0, 1)
        while seq > 0:
            yield (*key, seq)
            seq = seen.find(0, seq + 1)


def tails(sent: Sent) -> Iterator[Identity]:
    """Yield what a later session says its predecessor numbered, and nobody heard."""
    for key, seq_last in sent.seq_last.items():
        known = len(sent.sessions.get(key, b"\0"))
        yield from ((*key, seq) for seq in range(known, seq_last + 1))


@dataclass(frozen=True, slots=True)
class Unusable:
    """What is not to be stored: whose it is by its subject, and what the page of delivery counts it as."""

    host: str
    kind: str


def _usable(heard: Heard) -> dict[str, Any] | Unusable:
    host, source = (_untoken(part) for part in heard.subject.split(".")[1:3])
    if len(heard.body) > BODY_BYTES_MAX or heard.subject.count(".") != 2:
        return Unusable(host, "refused")
    try:
        plain = msgpack.unpackb(heard.body, timestamp=3)
    except (ValueError, msgpack.UnpackException):
        return Unusable(host, "refused")
    if not isinstance(plain, dict) or plain.get("v") != VERSION:
        return Unusable(host, "refused")
    if (plain["host"], plain["source"]) != (host, source):
        return Unusable(host, "refused")
    if plain["time"] - heard.received_at > AHEAD_MAX:
        return Unusable(host, "clock_ahead")
    return Unusable(host, "too_old") if heard.received_at - plain["time"] > RAW_KEPT else plain


def _numbers(table: Mapping[str, Any], columns: Columns) -> int:
    gauges = [place for place, name in enumerate(table["columns"]) if name in columns.gauges]
    return sum(row[place] is not None for row in table["rows"] for place in gauges)


def _mark(seen: bytearray, seq: int) -> bool:
    if seq >= len(seen):
        seen.extend(bytes(seq + 1 - len(seen)))
    is_new = not seen[seq]
    seen[seq] = 1
    return is_new


def _untoken(text: str) -> str:
    return re.sub(rb"=([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode()).decode()
