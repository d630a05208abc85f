"""What publishers sent, as whoever listens to the bus counts it: every identity once, its rows and its numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgpack

from tests.faults.catalogue import Columns

VERSION = 1
BODY_BYTES_MAX = 786_432
AHEAD_MAX = timedelta(minutes=5)
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
    """Counts what the page of the bus says is a sample set; knows nothing of the product but that page."""

    def __init__(self, catalogue: Mapping[str, Columns]) -> None:
        self._catalogue = catalogue
        # One byte a sample set: half an hour of a thousand hosts is two million.
        self.sessions: dict[SessionKey, bytearray] = {}
        self.kept: dict[SessionKey, bytearray] = {}
        self.kept_newest: dict[str, datetime] = {}
        self.seq_last: dict[SessionKey, int] = {}
        self.rows: Counter[str] = Counter()
        self.numbers: Counter[str] = Counter()
        self.count = 0
        # Of those that were read from a stream: each once.
        self.unusable = 0

    def take(self, heard: Heard) -> None:
        """Count a message, unless its identity is known."""
        if heard.message_id is not None and self._knows(heard):
            return
        plain = _usable(heard)
        if plain is None:
            self.unusable += heard.kept
            return
        key = (plain["host"], plain["source"], plain["session"])
        if plain.get("previous"):
            before = (*key[:2], plain["previous"]["session"])
            self.seq_last[before] = max(plain["previous"]["seq_last"], self.seq_last.get(before, 0))
        if heard.kept and _mark(self.kept.setdefault(key, bytearray()), plain["seq"]):
            self.kept_newest[key[0]] = max(plain["time"], self.kept_newest.get(key[0], plain["time"]))
        if not _mark(self.sessions.setdefault(key, bytearray()), plain["seq"]):
            return
        self.count += 1
        for name, table in plain["families"].items():
            if name in self._catalogue:
                self.rows[name] += len(table["rows"])
                self.numbers[name] += _numbers(table, self._catalogue[name])

    def _knows(self, heard: Heard) -> bool:
        _, host, source = (_untoken(part) for part in heard.subject.split("."))
        session, _, seq = (heard.message_id or "").rpartition(":")
        seen = (self.kept if heard.kept else self.sessions).get((host, source, session))
        return seen is not None and int(seq) < len(seen) and bool(seen[int(seq)])


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


def _usable(heard: Heard) -> dict[str, Any] | None:
    if len(heard.body) > BODY_BYTES_MAX or heard.subject.count(".") != 2:
        return None
    try:
        plain = msgpack.unpackb(heard.body, timestamp=3)
    except (ValueError, msgpack.UnpackException):
        return None
    if not isinstance(plain, dict) or plain.get("v") != VERSION:
        return None
    _, host, source = (_untoken(part) for part in heard.subject.split("."))
    ours = plain["host"] == host and plain["source"] == source and plain["time"] - heard.received_at <= AHEAD_MAX
    return plain if ours else None


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
