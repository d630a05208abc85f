"""Settling a batch: the ack is reachable only through the write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from services.ingest.batch import Delivery, Message
from services.ingest.errors import RefusedError, TooSlowError, UnavailableError


class Sink(Protocol):
    """Where sample sets are kept."""

    async def write(self, deliveries: Sequence[Delivery]) -> None:
        """Commit all or none; writing a sample set twice is the same as once. Raises WriteError."""


class DeadLetters(Protocol):
    """Where messages are set aside."""

    async def take(self, message: Message, reason: str) -> None:
        """Set the message aside and end it on the stream; when that is impossible now, leave it to come again."""


async def settle(deliveries: Sequence[Delivery], sink: Sink, dead_letters: DeadLetters) -> None:
    """Write and ack. A refused batch is halved until the message at fault stands alone.

    Raises UnavailableError when the database cannot write now: what was not acked until then comes again.
    """
    if not deliveries:
        return
    try:
        await sink.write(deliveries)
    except (RefusedError, TooSlowError) as error:
        if len(deliveries) > 1:
            middle = len(deliveries) // 2  # depth ≤ log2(messages_max)
            await settle(deliveries[:middle], sink, dead_letters)
            await settle(deliveries[middle:], sink, dead_letters)
            return
        if isinstance(error, TooSlowError):
            raise UnavailableError(str(error)) from error
        await dead_letters.take(deliveries[0].message, str(error))
        return
    for delivery in deliveries:
        await delivery.message.ack()
