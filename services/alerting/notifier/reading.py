"""Everything that the notifier reads, each stream by a reader of its own: alerts, what people set, tags of hosts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.alerting.notifier.addresses import Addresses
from services.alerting.notifier.copies import REFUSED, Copy
from services.alerting.notifier.follow import Follow, read_once
from services.alerting.notifier.metrics import Metrics
from services.alerting.telling import ALERTS_MAX, Notifier, Surroundings
from shared.alerts.channel import Channel, decode_channel
from shared.alerts.notified import Notified
from shared.alerts.routing import Routing, decode_routing
from shared.alerts.rule import CHANNELS_MAX, RULES_MAX, Rule
from shared.alerts.rule_encoding import decode_rule
from shared.alerts.silence import SILENCES_MAX, Silence, decode_silence
from shared.subjects import (
    ALERT_CHANNELS_BUCKET,
    ALERT_ROUTES_BUCKET,
    ALERT_RULES_BUCKET,
    ALERTS,
    HOSTS_BUCKET,
    NOTIFIED_BUCKET,
    ROUTES_KEY,
    SILENCES_BUCKET,
    bucket_stream,
    bucket_subject,
    untoken,
)
from shared.wire.alert import AlertAct, AlertTransition, decode_alert
from shared.wire.alert_state import decode_notified
from shared.wire.inventory import decode_inventory

log = logging.getLogger(__name__)

HOSTS_MAX = 10_000
ACTS_MAX = 10_000
"""Acts that are read before the transitions they belong to may have been; more are older ones, and passed over."""


class Buckets(NamedTuple):
    """Copies of what people have set, and of the tags of hosts."""

    rules: Copy[Rule]
    silences: Copy[Silence]
    routing: Copy[Routing]
    channels: Copy[Channel]
    tags: Copy[Mapping[str, str]]


def buckets(changed: Callable[[], None]) -> Buckets:
    """Return copies that are still empty; `changed` is called when a channel or the routes have changed."""
    return Buckets(
        rules=Copy(decode_rule, RULES_MAX, untoken),
        silences=Copy(lambda body, _: decode_silence(body), SILENCES_MAX),
        routing=Copy(lambda body, _: decode_routing(body), 1, changed=changed),
        channels=Copy(decode_channel, CHANNELS_MAX, untoken, changed),
        tags=Copy(lambda body, host: decode_inventory(body, host).tags, HOSTS_MAX, untoken),
    )


@dataclass(frozen=True, slots=True)
class Listening:
    """What the readers hand on to."""

    notifier: Notifier
    surroundings: Surroundings
    addresses: Addresses
    changed: Callable[[], None]
    metrics: Metrics
    clock: Callable[[], datetime]


class Reading:
    """Reads for as long as one process tells; `filled` is set once it knows all that is stored."""

    def __init__(self, bus: Client, listening: Listening) -> None:
        self._listening = listening
        self._early_acts: list[AlertAct] | None = []
        self._buckets = made = buckets(self._set)
        around = listening.surroundings
        around.rules, around.silences = made.rules.values, made.silences.values
        around.tags = made.tags.values
        named: dict[str, Copy[Any]] = {
            ALERT_RULES_BUCKET: made.rules, SILENCES_BUCKET: made.silences, ALERT_ROUTES_BUCKET: made.routing,
            ALERT_CHANNELS_BUCKET: made.channels, HOSTS_BUCKET: made.tags,
        }  # fmt: skip
        self._follows = [
            Follow(bus, bucket_stream(name), bucket_subject(name, ">"), copy.take, copy.filled)
            for name, copy in named.items()
        ]
        # Last: what is set decides who is told of what is heard, but nothing is told before all is filled.
        self._follows.append(Follow(bus, ALERTS, "alerts.>", self._take_event, self._filled))

    async def run(self) -> None:
        """Read until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for follow in self._follows:
                group.create_task(follow.run())

    async def filled(self) -> None:
        """Return once all that is stored was read."""
        for follow in self._follows:
            await follow.is_filled.wait()

    def _set(self) -> None:
        around, made = self._listening.surroundings, self._buckets
        routing = made.routing.values.get(ROUTES_KEY) or Routing()
        around.routes, around.policy = routing.routes, routing.policy
        self._listening.addresses.set_channels(made.channels.values)
        around.channels = {address.channel for address in self._listening.addresses.usable()}
        self._listening.changed()

    def _take_event(self, message: Msg) -> None:
        listening = self._listening
        try:
            event = decode_alert(message.data, message.subject)
        except REFUSED as error:
            listening.metrics.refused.inc()
            log.warning("event refused", extra={"subject": message.subject[:300], "reason": str(error)})
            return
        if isinstance(event, AlertTransition):
            listening.notifier.heard(event, listening.clock())
        elif self._early_acts is None:
            listening.notifier.acted(event)
        elif len(self._early_acts) < ACTS_MAX:
            self._early_acts.append(event)
        listening.changed()

    def _filled(self, _: set[str]) -> None:
        """Take the acts that were read before the transition that they belong to: a later level stands behind them."""
        early, self._early_acts = self._early_acts or [], None
        for act in early:
            self._listening.notifier.acted(act)


async def read_notified(bus: Client) -> dict[str, Notified]:
    """Return what was told of each alert last, by its key."""
    told: Copy[Notified] = Copy(lambda body, _: decode_notified(body), 2 * ALERTS_MAX)
    await read_once(bus, bucket_stream(NOTIFIED_BUCKET), bucket_subject(NOTIFIED_BUCKET, ">"), told.take)
    return told.values
