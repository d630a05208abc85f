"""Asks the bus where a stream stands: what it holds, and how much of its limits waits for ingest."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from nats.errors import Error as NatsError

from services.api.health.schemas import StreamState, StreamUnread
from shared.holding import unread_bytes, unread_share
from shared.subjects import DURABLE

Ask = Callable[[str, bytes], Awaitable[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class StreamLook:
    """What one look at a stream found."""

    state: StreamState
    unread: StreamUnread


async def look_at(ask: Ask, stream: str, now: datetime) -> StreamLook:
    """Return where a stream stands; raises what `ask` raises."""
    consumer = await ask(f"$JS.API.CONSUMER.INFO.{stream}.{DURABLE}", b"")
    found = await ask(f"$JS.API.STREAM.INFO.{stream}", b"")
    state, config = found["state"], found["config"]
    unread = int(consumer["num_pending"]) + int(consumer["num_ack_pending"])
    oldest_s = None
    if unread > 0:
        oldest_s = await _age_s(ask, stream, max(consumer["ack_floor"]["stream_seq"] + 1, state["first_seq"]), now)
    age_s_max, waiting_bytes = config["max_age"] / 1e9, unread_bytes(unread, state["messages"], state["bytes"])
    share = unread_share(waiting_bytes, config["max_bytes"], oldest_s or 0.0, age_s_max)
    return StreamLook(
        _state(state, config, unread),
        StreamUnread(
            stream, unread, int(waiting_bytes), config["max_bytes"],
            None if oldest_s is None else round(oldest_s, 1), age_s_max, round(100 * share, 1),
        ),
    )  # fmt: skip


def _state(state: dict[str, Any], config: dict[str, Any], pending: int) -> StreamState:
    span_seconds = (_instant(state["last_ts"]) - _instant(state["first_ts"])).total_seconds()
    rate = state["bytes"] / span_seconds if span_seconds > 1 else 0.0
    held_seconds = min(config["max_bytes"] / rate, config["max_age"] / 1e9) if rate > 0 else None
    return StreamState(
        state["messages"], state["bytes"], config["max_bytes"],
        None if held_seconds is None else round(held_seconds, 1), pending,
    )  # fmt: skip


async def _age_s(ask: Ask, stream: str, sequence: int, now: datetime) -> float | None:
    """Return the age of the first message from a sequence on.

    Only the message itself tells: a burst that came in a minute would look a day old beside a quiet one before it.
    None where it went meanwhile, or the bus user of an earlier release may not ask.
    """
    question = json.dumps({"seq": sequence, "next_by_subj": ">"}).encode()
    try:
        found = await ask(f"$JS.API.STREAM.MSG.GET.{stream}", question)
    except (NatsError, OSError, ValueError):
        return None
    return max(0.0, (now - _instant(found["message"]["time"])).total_seconds())


def _instant(text: str) -> datetime:
    # Python's datetime holds microseconds, the broker writes nanoseconds.
    return datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
