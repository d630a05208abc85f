"""Streams, buckets and ingest's durables on the bus."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nats.aio.client import Client
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StoreCompression,
    StreamConfig,
)
from nats.js.errors import APIError, NotFoundError

from services.ingest.jetstream import ask
from services.ingest.provisioning.errors import ProvisionError
from shared.holding import minutes_held
from shared.streams import Stream
from shared.subjects import ACCOUNT, ALERTS, BACKFILL, DURABLE, METRICS

_NO_STORAGE = (10028, 10047, 10023)
"""Error codes of nats-server for "account limit", "insufficient storage" and "insufficient resources"."""
_NO_NODES = (10005, 10074)
"""The same for "no suitable peers for placement" and "replicas > 1 not supported in non-clustered mode"."""
REQUEST_S_MAX = 10.0


async def check_account(bus: Client) -> None:
    """Return when this user may use JetStream; raise ProvisionError naming what the account lacks."""
    try:
        await bus.jetstream(timeout=REQUEST_S_MAX).account_info()
    except APIError as error:
        raise ProvisionError(
            f"the bus refuses JetStream ({error.description}): "
            f"give the account {ACCOUNT} 'jetstream: enabled' and this user the right to publish to $JS.API.>"
        ) from error


async def make_stream(bus: Client, stream: Stream) -> bool:
    """Create a stream, or bring an existing one to its definition; return whether it is new.

    Raises ProvisionError when the bus has not the room, or the stream cannot be altered in place.
    """
    jetstream = bus.jetstream(timeout=REQUEST_S_MAX)
    config = stream_config(stream)
    try:
        try:
            await jetstream.stream_info(stream.name)
        except NotFoundError:
            await jetstream.add_stream(config)
            return True
        await jetstream.update_stream(config)
        return False
    except APIError as error:
        if error.err_code in _NO_STORAGE:
            raise ProvisionError(
                f"the bus has no room for the stream {stream.name} of {stream.bytes_max} bytes: "
                "raise jetstream.max_file of nats-server, or lower metrics_bytes_max and backfill_bytes_max"
            ) from error
        if error.err_code in _NO_NODES:
            raise ProvisionError(
                f"the bus has no {stream.replicas} nodes for the stream {stream.name} ({error.description}): "
                "run as many nats-servers with JetStream in one cluster, or lower replicas"
            ) from error
        raise ProvisionError(
            f"the stream {stream.name} cannot be brought to its definition ({error.description}): "
            "remove what was changed by hand, or delete the stream"
        ) from error


def stream_config(stream: Stream) -> StreamConfig:
    """Return the broker's configuration of a stream; a bucket's is that of any client's KV bucket."""
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        compression=StoreCompression.S2,
        # A KV bucket refuses new keys when it is full; a stream lets the oldest go.
        discard=DiscardPolicy.NEW if stream.is_bucket else DiscardPolicy.OLD,
        max_msgs=-1,
        max_bytes=stream.bytes_max,
        max_age=stream.age_s_max,
        max_msgs_per_subject=stream.messages_per_subject_max,
        duplicate_window=stream.duplicate_window_s,
        max_msg_size=stream.message_bytes_max,
        allow_direct=stream.direct,
        # With it any host could purge what all others said: a message with the header Nats-Rollup: all does.
        allow_rollup_hdrs=False,
        deny_delete=stream.is_bucket,
        # Not even asked for where it is not needed: once allowed, the broker lets nobody take it back.
        allow_msg_ttl=True if stream.may_expire else None,
        num_replicas=stream.replicas,
    )


async def make_durables(bus: Client, ack_wait_s: float, max_ack_pending: int) -> None:
    """Create or update ingest's durable consumers; their place in the stream stays."""
    jetstream = bus.jetstream(timeout=REQUEST_S_MAX)
    for stream in (METRICS, BACKFILL, ALERTS):
        await jetstream.add_consumer(
            stream,
            ConsumerConfig(
                durable_name=DURABLE,
                deliver_policy=DeliverPolicy.ALL,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=ack_wait_s,
                max_deliver=-1,
                max_ack_pending=max_ack_pending,
            ),
        )


async def held_minutes(bus: Client, stream: Stream) -> float | None:
    """Return for how many minutes the stream keeps a message at its present rate, None when that is unknown."""
    # nats-py's StreamInfo leaves the times of the first and the last message out.
    state: dict[str, Any] = (await ask(bus, f"STREAM.INFO.{stream.name}", REQUEST_S_MAX))["state"]
    span = _instant(state["last_ts"]) - _instant(state["first_ts"]) if state["messages"] > 1 else None
    return minutes_held(
        state["bytes"], span.total_seconds() if span is not None else 0.0, stream.bytes_max, stream.age_s_max
    )


def _instant(text: str) -> datetime:
    # Nanoseconds are more digits than datetime reads.
    seconds, _, _ = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(seconds + "+00:00")
