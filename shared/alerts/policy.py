"""How often people are told of an alert, and who else once nobody has acknowledged it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.alerts.rule import LEVELS, Channels, Level

WINDOW = timedelta(minutes=5)
ESCALATIONS_MAX = 10
ESCALATION_SECONDS_MAX = 7 * 86_400.0


class Escalation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Who is told in addition when nobody has acknowledged an incident for so long."""

    after_seconds: Annotated[float, Meta(gt=0, le=ESCALATION_SECONDS_MAX)]
    channels: Channels
    levels: Annotated[tuple[Level, ...], Meta(max_length=len(LEVELS))] = LEVELS


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How often people are told: the window of repeats, a reminder every so often (none at 0), and escalation.

    It is made of a `Routing`, of which `check_routing` tells what is wrong.
    """

    window: timedelta = WINDOW
    resend_every: timedelta = timedelta(0)
    escalations: tuple[Escalation, ...] = ()
    """In the order of their times."""
