"""Streams and the bucket of leases, as far as evaluators know them, with faults to plant."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from nats.errors import TimeoutError as BusTimeoutError

from services.alerting.buckets import Value, Values
from services.alerting.fenced import FencedError, Last, RefusedError, Stored
from tests.unit.shared.alerts.timelines import at

FORGOTTEN_S = 10.0
KEY = "$KV.leases.evaluator"
STANDBY_KEY = "$KV.leases.evaluator.standby"


@dataclass
class Subjects:
    """One stream of the bus: keeps every message, knows ids again, and writes down what is asked of it."""

    name: str
    orders: list[str]
    kept: list[tuple[str, bytes, str]] = field(default_factory=list)
    unanswered: int = 0
    lost: int = 0
    refused: bool = False

    def newest(self, subject: str) -> int:
        return max((number for number, each in enumerate(self.kept, 1) if each[0] == subject), default=0)

    def forget_ids(self) -> None:
        """Do as a broker does after two minutes."""
        self.kept = [(subject, body, f"{number}:::") for number, (subject, body, _) in enumerate(self.kept)]

    async def last(self, subject: str) -> Last | None:
        await asyncio.sleep(0)
        number = self.newest(subject)
        self.orders.append(f"ask {self.name}")
        return Last(number, self.kept[number - 1][1]) if number else None

    async def publish(
        self, subject: str, body: bytes, expected: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Stored:
        await asyncio.sleep(0)
        said = headers or {}
        identity = said.get("Nats-Msg-Id", "")
        if self.lost:
            self.lost -= 1
            raise BusTimeoutError
        if self.refused:
            raise RefusedError("maximum bytes exceeded")
        if identity and any(each[2] == identity for each in self.kept):
            return Stored(1, is_duplicate=True)
        if expected is not None and self.newest(subject) != expected:
            raise FencedError("wrong last sequence")
        self.kept.append((subject, body, identity))
        self.orders.append(f"{self.name}{' for a day' if said.get('Nats-TTL') == '86400' else ''}")
        if self.unanswered:
            self.unanswered -= 1
            raise BusTimeoutError
        return Stored(len(self.kept))

    async def all(self) -> Values:
        """The newest value of each key, as a bucket has it."""
        return {subject.split(".", 2)[2]: Value(body, at(0)) for subject, body, _ in self.kept}


@dataclass
class Broker:
    """Keeps one key and forgets it after ten seconds; a process may be cut off, or not get an answer."""

    now: float = 100.0
    sequence: int = 0
    kept: tuple[int, bytes, float] | None = None
    standby: tuple[bytes, float] | None = None
    refuses_standby: bool = False
    cut_off: set[bytes] = field(default_factory=set)
    deaf: set[bytes] = field(default_factory=set)

    @property
    def stands_by(self) -> str:
        """Who stands by, as far as the broker remembers."""
        if self.standby is None or self.now - self.standby[1] >= FORGOTTEN_S:
            return "-"
        return self.standby[0].decode()

    def current(self) -> Last | None:
        if self.kept is None or self.now - self.kept[2] >= FORGOTTEN_S:
            return None
        return Last(self.kept[0], self.kept[1])


@dataclass
class Wire:
    """The broker as one process has it."""

    broker: Broker
    name: bytes

    async def last(self, subject: str) -> Last | None:
        assert subject == KEY
        self._reach()
        return self.broker.current()

    async def publish(
        self, subject: str, body: bytes, expected: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Stored:
        self._reach()
        if subject == STANDBY_KEY:
            assert (expected, headers) == (None, None)
            if self.broker.refuses_standby:
                raise RefusedError("no permission")
            self.broker.standby = body, self.broker.now
            return Stored(1)
        assert subject == KEY
        last = self.broker.current()
        if (last.sequence if last is not None else 0) != expected:
            raise FencedError("wrong last sequence")
        assert (headers is None) is bool(body)
        self.broker.sequence += 1
        self.broker.kept = (self.broker.sequence, body, self.broker.now)
        if self.name in self.broker.deaf:
            raise BusTimeoutError
        return Stored(self.broker.sequence)

    def _reach(self) -> None:
        if self.name in self.broker.cut_off:
            raise BusTimeoutError
