"""Answer of the route for delivery."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Counts(msgspec.Struct, frozen=True):
    """How many sample sets; what is late was received, what is missing may still come, and awaited is a part of it."""

    received: int = 0
    missing: int = 0
    late: int = 0
    doubled: int = 0
    too_old: int = 0
    clock_ahead: int = 0
    refused: int = 0
    awaited: int = 0
    """Of what is missing: its turn came so lately that it may be on its way from the stream to the database."""


class SourceCounts(Counts, frozen=True):
    """The counts of one source of the host."""

    source: str = ""


class DeliverySession(msgspec.Struct, frozen=True):
    """One session within the range; `previous_known` when it named the session before it."""

    source: str
    session: str
    first_time: datetime
    last_time: datetime
    seq_first: int
    seq_last: int
    received: int
    missing: int
    late: int
    previous_known: bool


class Gap(msgspec.Struct, frozen=True):
    """Numbers of a session that were not received, with the samples before and after; null where there is none."""

    source: str
    session: str
    seq_first: int
    seq_last: int
    count: int
    time_before: datetime | None
    time_after: datetime
    awaited: bool = False
    """Whether it may just be on its way from the stream to the database."""


class DeliveryTimeline(msgspec.Struct, frozen=True):
    """The counts by step; `time` holds the start of each, and every list has its length."""

    time: list[datetime]
    received: list[int]
    missing: list[int]
    late: list[int]
    doubled: list[int]
    too_old: list[int]
    clock_ahead: list[int]
    refused: list[int]
    awaited: list[int]


class StreamLoss(msgspec.Struct, frozen=True):
    """What a stream discarded unread, of all hosts: at most so many messages, between `since` and `until`."""

    stream: str
    since: datetime
    until: datetime
    sample_sets_max: int


class Alternation(msgspec.Struct, frozen=True):
    """Sessions of one source that took turns: two collectors speak under one name."""

    source: str
    sessions: list[str]
    changes_count: int
    last_time: datetime


class Delivery(msgspec.Struct, frozen=True):
    """What of a host's sample sets arrived within [start, end), and what did not."""

    host: str
    start: datetime
    end: datetime
    known_since: datetime
    """Before this, what is missing is not known."""
    step_seconds: int
    total: Counts
    sources: list[SourceCounts]
    clock_offset_seconds: float | None
    """How far the host's clock is ahead of the broker's; negative behind it, by the time of delivery at least."""
    sessions: list[DeliverySession]
    sessions_left_out: bool
    gaps: list[Gap]
    gaps_left_out: bool
    timeline: DeliveryTimeline
    stream_loss: list[StreamLoss]
    stream_loss_max: int
    """Sample sets of all hosts that streams discarded unread within the range, at most."""
    duplicate: bool
    alternating: list[Alternation]
    host_ids: list[str]
