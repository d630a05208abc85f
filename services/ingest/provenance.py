"""Reads what the broker tells about a delivered message in its ack subject."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Provenance(msgspec.Struct, frozen=True, gc=False):
    """Where a message stands in its stream, when it arrived there, and how many wait behind it."""

    stream: str
    stream_sequence: int
    received_at: datetime
    pending: int


def provenance_of(ack_subject: str) -> Provenance:
    """Return the provenance in an ack subject of either form; raise ValueError when it is none.

    Nine tokens: `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<nanoseconds>.<pending>`;
    brokers with domains put domain and account before the stream, and may append more (NATS ADR-15).
    """
    tokens = ack_subject.split(".")
    if len(tokens) >= 11:
        del tokens[2:4]
    if len(tokens) < 9 or tokens[:2] != ["$JS", "ACK"]:
        raise ValueError(f"{ack_subject[:200]!r} is no ack subject of a JetStream message")
    return Provenance(
        tokens[2], int(tokens[5]), _EPOCH + timedelta(microseconds=int(tokens[7]) // 1000), int(tokens[8])
    )
