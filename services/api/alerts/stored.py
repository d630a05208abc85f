"""A message of the stream of alerts with its place there, and what is asked of the stream."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from shared.wire.alert import AlertAct


class Stored(NamedTuple):
    """One message as the stream holds it."""

    sequence: int
    subject: str
    body: bytes
    received_at: datetime
    before: int | None = None
    """Place of the message before it on its subject, 0 for none; None where its publisher did not say."""


class About(NamedTuple):
    """Which stream this is, and what it holds."""

    created: str
    """Another one where the stream was made anew, or its server was: that may have lost what it had said to hold."""
    first: int
    last: int


class AlertStream(Protocol):
    """What is asked of the stream. All of it raises NatsError, OSError or RuntimeError where the bus is silent."""

    async def about(self) -> About:
        """Return which stream this is and where it ends."""

    async def contents(self) -> tuple[About, set[str]]:
        """Return the same, and every subject on which it holds something."""

    async def last(self, subject: str) -> Stored | None:
        """Return the newest message of a subject."""

    async def at(self, sequence: int) -> Stored | None:
        """Return the message at a place; None where there is none any more."""

    async def following(self, sequence: int, subjects: str) -> Stored | None:
        """Return the first message from a place on; None where there is none yet."""

    async def publish(self, act: AlertAct) -> int:
        """Return the place at which the stream has an act; that of the first where it knew its id already."""
