"""Every stream and bucket as provision makes it: its subjects, and the bounds of what it keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shared.alerts.channel import CHANNEL_BYTES_MAX
from shared.alerts.routing import ROUTING_BYTES_MAX
from shared.alerts.rule import RULE_BYTES_MAX
from shared.alerts.silence import SILENCE_BYTES_MAX
from shared.subjects import (
    ALERT_CHANNELS_BUCKET,
    ALERT_CURSOR_BUCKET,
    ALERT_ROUTES_BUCKET,
    ALERT_RULES_BUCKET,
    ALERT_STATE_BUCKET,
    ALERTS,
    BACKFILL,
    DEAD,
    HOSTS_BUCKET,
    INVENTORY_BYTES_MAX,
    LEASES_BUCKET,
    METRICS,
    NOTIFIED_BUCKET,
    SILENCES_BUCKET,
    bucket_stream,
    bucket_subject,
)
from shared.wire.alert import ALERT_BYTES_MAX
from shared.wire.alert_state import NOTIFIED_BYTES_MAX, STATE_BYTES_MAX

KIB, MIB = 1024, 1024**2
DAY_S = 86_400
HEADERS_BYTES_MAX = KIB
"""What the headers of a value may add to it: they count as a part of the message."""

EVENT_HEADERS_BYTES_MAX = 2 * KIB
"""The same of an event: its id names rule, host and series."""

LEASE_S_MAX = 10
"""A lease that nobody has renewed for so long is gone."""

NOTE_BYTES_MAX = 16 * KIB
"""Of a lease, a cursor, or what provision noted."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream as provision makes it; file storage, s2 compression.

    When it is full, the oldest goes first; a bucket, which holds one value a key, takes no new key instead. Where
    `may_expire`, a message may name a time of its own after which it goes (header `Nats-TTL`).
    """

    name: str
    subjects: tuple[str, ...]
    bytes_max: int
    age_s_max: int
    duplicate_window_s: int = 120
    messages_per_subject_max: int = -1
    direct: bool = False
    message_bytes_max: int = -1
    replicas: int = 1
    is_bucket: bool = False
    may_expire: bool = False


def streams(metrics_bytes_max: int, backfill_bytes_max: int, replicas: int = 1) -> tuple[Stream, ...]:
    """Return every stream and every bucket, on so many nodes."""
    made = (
        Stream(METRICS, ("metrics.>",), metrics_bytes_max, DAY_S, direct=True),
        Stream(BACKFILL, ("backfill.>",), backfill_bytes_max, DAY_S),
        Stream(DEAD, ("dead.>",), 256 * MIB, 30 * DAY_S),
        Stream(
            ALERTS, ("alerts.>",), 256 * MIB, 30 * DAY_S, direct=True,
            message_bytes_max=ALERT_BYTES_MAX + EVENT_HEADERS_BYTES_MAX,
        ),
        _bucket(HOSTS_BUCKET, 64 * MIB, INVENTORY_BYTES_MAX),
        # A marker of what was deleted, and a state that no longer matters, are given a time to go: else each series
        # that ever was near a level would stay for good.
        replace(_bucket(ALERT_RULES_BUCKET, 32 * MIB, RULE_BYTES_MAX), may_expire=True),
        replace(_bucket(SILENCES_BUCKET, 16 * MIB, SILENCE_BYTES_MAX), may_expire=True),
        _bucket(ALERT_ROUTES_BUCKET, 4 * MIB, ROUTING_BYTES_MAX),
        replace(_bucket(ALERT_CHANNELS_BUCKET, 8 * MIB, CHANNEL_BYTES_MAX), may_expire=True),
        replace(_bucket(ALERT_STATE_BUCKET, 128 * MIB, STATE_BYTES_MAX), may_expire=True),
        replace(_bucket(NOTIFIED_BUCKET, 64 * MIB, NOTIFIED_BYTES_MAX), may_expire=True),
        # No message may be remembered for longer than it is kept.
        replace(_bucket(LEASES_BUCKET, MIB, NOTE_BYTES_MAX), age_s_max=LEASE_S_MAX, duplicate_window_s=LEASE_S_MAX),
        _bucket(ALERT_CURSOR_BUCKET, MIB, NOTE_BYTES_MAX),
    )  # fmt: skip
    return tuple(replace(stream, replicas=replicas) for stream in made)


def _bucket(name: str, bytes_max: int, value_bytes_max: int) -> Stream:
    return Stream(
        bucket_stream(name), (bucket_subject(name, ">"),), bytes_max, age_s_max=0, messages_per_subject_max=1,
        direct=True, message_bytes_max=value_bytes_max + HEADERS_BYTES_MAX, is_bucket=True,
    )  # fmt: skip
