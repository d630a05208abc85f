"""The answer of the route for health."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from shared.duty import DutyState

Status = Literal["ok", "degraded"]
DutyName = Literal["evaluator", "notifier"]


class Component(msgspec.Struct, frozen=True):
    """One part of the product."""

    name: str
    status: Status
    detail: str


class StreamState(msgspec.Struct, frozen=True):
    """What the bus holds for those who come later, and how far ingest is behind."""

    messages: int
    bytes: int
    bytes_max: int
    held_seconds: float | None
    ingest_pending: int | None


class StreamUnread(msgspec.Struct, frozen=True):
    """How much of a stream's limits is taken by what waits to be stored; at 100 % the oldest goes unread."""

    stream: str
    unread_messages: int
    unread_bytes: int
    bytes_max: int
    oldest_unread_seconds: float | None
    age_seconds_max: float
    unread_percent: float


class DutyHealth(msgspec.Struct, frozen=True):
    """Whether one of several evaluators, or notifiers, is at work, and how long ago it was heard; one is every 2 s."""

    name: DutyName
    state: DutyState
    """`standby_missing` where no other would take over, `nobody` where none is at work."""
    heard_seconds: float | None


class StorageState(msgspec.Struct, frozen=True):
    """How history is stored, how much there is, and how far back it reaches."""

    mode: str
    size_bytes: int | None
    size_bytes_max: int | None
    free_percent: float | None
    raw_retention_seconds: int
    raw_retention_days: int
    rollup_1m_retention_days: int
    rollup_5m_retention_days: int
    rollup_1h_retention_days: int
    paused: bool
    reason: str | None


class Health(msgspec.Struct, frozen=True):
    """Whether everything works; the rest is told to signed-in callers only."""

    status: Status
    version: str | UnsetType = UNSET
    mode: str | UnsetType | None = UNSET
    components: list[Component] | UnsetType = UNSET
    stream: StreamState | UnsetType | None = UNSET
    storage: StorageState | UnsetType | None = UNSET
    unread: list[StreamUnread] | UnsetType = UNSET
    alerting: list[DutyHealth] | UnsetType = UNSET
    """Who decides which alerts fire, and who tells people of them; empty while the bus does not say."""
