"""Bodies of the routes for silences."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared.alerts.rule import Globs, Instant
from shared.alerts.silence import REASON_CHARACTERS_MAX, Recurrence, Silence

SilenceState = Literal["to_come", "active", "between", "over"]
"""`between` are the windows of one that recurs."""


class NewSilence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nobody is told of what these rules say about these hosts, from `start` until `end`, or in windows between.

    Without a start it begins now; without an end it must recur. Who made it is who asks.
    """

    hosts: Globs = ("*",)
    rules: Globs = ("*",)
    start: Instant | msgspec.UnsetType = msgspec.UNSET
    end: Instant | None = None
    recurrence: Recurrence | None = None
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]


class AlertSilence(Silence, frozen=True, kw_only=True, omit_defaults=False):
    """A silence with every field, who made it and why."""


class KeptSilence(msgspec.Struct, frozen=True):
    """One silence as it is kept; `revision` is another one after each change."""

    id: str
    revision: int
    state: SilenceState | None
    silence: AlertSilence | None
    """Null where what is kept cannot be read: `problem` says why."""
    problem: str | None


class Silences(msgspec.Struct, frozen=True):
    """One page of silences by id; `next_cursor` asks for the next."""

    silences: list[KeptSilence]
    next_cursor: str | None
