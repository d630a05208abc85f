"""What alerting goes by, as the API manages it: rules, silences, routes and channels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.api.buckets import Bucket
from services.api.bus import Asks
from services.api.channels.book import ChannelBook
from services.api.routing.book import RoutingBook
from services.api.rules.book import RuleBook
from services.api.silences.book import SilenceBook
from services.api.trail import Trail
from shared.subjects import ALERT_CHANNELS_BUCKET, ALERT_ROUTES_BUCKET, ALERT_RULES_BUCKET, SILENCES_BUCKET


@dataclass(frozen=True, slots=True)
class Configured:
    """All of it lies on the bus, so that alerts work while the database is away; what is done goes into the audit."""

    rules: RuleBook
    silences: SilenceBook
    routing: RoutingBook
    channels: ChannelBook


def configured_on(bus: Asks, trail: Trail, clock: Callable[[], datetime]) -> Configured:
    """Return what manages the buckets of a bus."""
    return Configured(
        RuleBook(Bucket(bus, ALERT_RULES_BUCKET), trail),
        SilenceBook(Bucket(bus, SILENCES_BUCKET), trail, clock),
        RoutingBook(Bucket(bus, ALERT_ROUTES_BUCKET), trail),
        ChannelBook(Bucket(bus, ALERT_CHANNELS_BUCKET), bus, trail, clock),
    )
