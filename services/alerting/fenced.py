"""Publishes where the newest message of a subject is the expected one, and tells which one that is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple, Protocol

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import Header

ANSWER_S_MAX = 2.0
_OTHERS = (10071, 10164)
"""Error codes of nats-server for a subject whose newest message is another than was expected."""


class FencedError(Exception):
    """Somebody else has published on the subject. Read what it was, and step back."""


class RefusedError(NatsError):
    """The broker refuses what is asked of it; the text says why. Provision may have to be run. Try again later."""


class Stored(NamedTuple):
    """Where the broker keeps a message; one with an id that it knew already it did not store again."""

    sequence: int
    is_duplicate: bool = False


class Last(NamedTuple):
    """The newest message of a subject; a deleted key has an empty body."""

    sequence: int
    body: bytes


class Fence(Protocol):
    """What the lease and the publisher need of a stream."""

    async def last(self, subject: str) -> Last | None:
        """Return the newest message of a subject; None where there is none."""

    async def publish(
        self, subject: str, body: bytes, expected: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Stored:
        """Store a message; raise FencedError where the newest of its subject is not the `expected` one, 0 for none."""


class FencedStream:
    """One stream of the bus. All of it raises NatsError or OSError where the bus is silent."""

    def __init__(self, bus: Client, stream: str, answer_s_max: float = ANSWER_S_MAX) -> None:
        self._bus = bus
        self._stream = stream
        self._answer_s_max = answer_s_max

    async def last(self, subject: str) -> Last | None:
        """Return the newest message of a subject; None where there is none."""
        answer = await self._bus.request(f"$JS.API.DIRECT.GET.{self._stream}.{subject}", b"", self._answer_s_max)
        headers = answer.headers or {}
        status = headers.get("Status")
        if status == "404":
            return None
        if status is not None or "Nats-Sequence" not in headers:
            raise RefusedError(f"{self._stream}: expected the last message on {subject[:200]}, got status {status}")
        return Last(int(headers["Nats-Sequence"]), answer.data)

    async def publish(
        self, subject: str, body: bytes, expected: int | None = None, headers: Mapping[str, str] | None = None
    ) -> Stored:
        """Store a message; raise FencedError where the newest of its subject is not the `expected` one, 0 for none."""
        said = {Header.EXPECTED_STREAM.value: self._stream, **(headers or {})}
        if expected is not None:
            said[Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value] = str(expected)
        answer = await self._bus.request(subject, body, self._answer_s_max, headers=said)
        found = json.loads(answer.data)
        error = found.get("error")
        if error is not None and error.get("err_code") in _OTHERS:
            raise FencedError(f"{subject[:200]}: {error.get('description')}")
        if error is not None:
            raise RefusedError(f"{subject[:200]}: {error.get('description')} ({error.get('err_code')})")
        return Stored(found["seq"], found.get("duplicate", False))
