"""Asks the broker how far a stream is, and what its clock shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from nats.aio.client import Client

from services.alerting.fenced import ANSWER_S_MAX, RefusedError


class StreamLook(NamedTuple):
    """Which stream this is, its newest message, and the broker's time when it said so; None where it does not."""

    created: str
    last_sequence: int
    shown: datetime | None


async def look_at(bus: Client, stream: str) -> StreamLook:
    """Return where a stream stands; raises NatsError or OSError where the bus is silent or there is no such stream."""
    answer = await bus.request(f"$JS.API.STREAM.INFO.{stream}", b"", ANSWER_S_MAX)
    return read_look(answer.data, stream)


def read_look(body: bytes, stream: str) -> StreamLook:
    """Return what the broker answered; raise RefusedError where that is no such answer."""
    try:
        found: dict[str, Any] = json.loads(body)
        if "error" in found:
            raise RefusedError(f"{stream}: {str(found['error'])[:300]}; has provision been run?")
        shown = found.get("ts")
        return StreamLook(found["created"], found["state"]["last_seq"], None if shown is None else instant(shown))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RefusedError(f"{stream}: the broker's answer is none: {type(error).__name__}: {error}") from error


def instant(text: str) -> datetime:
    """Return an instant as nats-server writes it: in UTC, with up to nine digits behind the second."""
    seconds, _, fraction = text.rstrip("Z").partition(".")
    microsecond = int(f"{fraction:0<6}"[:6]) if fraction else 0
    return datetime.fromisoformat(seconds).replace(microsecond=microsecond, tzinfo=UTC)
