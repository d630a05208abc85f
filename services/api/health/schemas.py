"""The answer of the route for health."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

Status = Literal["ok", "degraded"]


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


class Health(msgspec.Struct, frozen=True):
    """Whether everything works; the rest is told to signed-in callers only."""

    status: Status
    version: str | UnsetType = UNSET
    mode: str | UnsetType | None = UNSET
    components: list[Component] | UnsetType = UNSET
    stream: StreamState | UnsetType | None = UNSET
