"""What stands on ALERTS, and when the broker had it: a witness outside of the product's processes."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import NamedTuple

from nats.aio.client import Client

from shared.subjects import ALERTS
from shared.wire.alert import AlertTransition, decode_alert

AT_ONCE = 50


class Told(NamedTuple):
    """A transition and when the broker received it."""

    transition: AlertTransition
    arrival: datetime

    @property
    def delay_s(self) -> float:
        """How long after the sample that decided it the broker had it."""
        return (self.arrival - self.transition.time).total_seconds()


async def last_sequence(client: Client) -> int:
    """Return the number of the newest event."""
    return (await client.jetstream().stream_info(ALERTS)).state.last_seq


async def transitions(client: Client, rules: tuple[str, ...], after: int = 0) -> list[Told]:
    """Return the transitions of these rules behind an event of the stream, the oldest first."""
    found: list[Told] = []
    wanted = range(after + 1, await last_sequence(client) + 1)
    for first in range(0, len(wanted), AT_ONCE):
        sequences = wanted[first : first + AT_ONCE]
        messages = await asyncio.gather(*(client.jetstream().get_msg(ALERTS, seq=each) for each in sequences))
        for message in messages:
            event = decode_alert(message.data or b"", message.subject or "")
            if isinstance(event, AlertTransition) and event.rule in rules and message.time is not None:
                found.append(Told(event, message.time))
    return found
