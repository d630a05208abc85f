"""Settling a batch: the ack is reachable only through the write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.ingest.batch import Message
from services.ingest.errors import RefusedError, TooSlowError, UnavailableError


class Delivered(Protocol):
    """What a message brought, and the message."""

    @property
    def message(self) -> Message:
        """The message to be answered."""


D = TypeVar("D", bound=Delivered)
D_written = TypeVar("D_written", bound=Delivered, contravariant=True)


class Sink(Protocol[D_written]):
    """Where what messages bring is kept."""

    async def write(self, deliveries: Sequence[D_written]) -> None:
        """Commit all or none; writing the same twice is the same as once. Raises WriteError."""


class DeadLetters(Protocol):
    """Where messages are set aside."""

    async def take(self, message: Message, reason: str) -> object:
        """Set the message aside and end it on the stream; when that is impossible now, leave it to come again."""


@dataclass(frozen=True, slots=True)
class Unwritten(Generic[D]):
    """Deliveries that the database could not take now; none of them was answered."""

    deliveries: Sequence[D]
    reason: str


async def settle(deliveries: Sequence[D], sink: Sink[D], dead_letters: DeadLetters) -> Unwritten[D] | None:
    """Write and ack. A refused batch is halved until the message at fault stands alone.

    Returns what must be tried again when the database cannot write now, None when everything is settled.
    """
    if not deliveries:
        return None
    try:
        await sink.write(deliveries)
    except UnavailableError as error:
        return Unwritten(deliveries, str(error))
    except (RefusedError, TooSlowError) as error:
        if len(deliveries) > 1:
            return await _settle_halves(deliveries, sink, dead_letters)
        if isinstance(error, TooSlowError):
            return Unwritten(deliveries, str(error))
        await dead_letters.take(deliveries[0].message, str(error))
        return None
    for delivery in deliveries:
        await delivery.message.ack()
    return None


async def _settle_halves(deliveries: Sequence[D], sink: Sink[D], dead_letters: DeadLetters) -> Unwritten[D] | None:
    middle = len(deliveries) // 2  # depth ≤ log2(messages_max)
    first, second = deliveries[:middle], deliveries[middle:]
    unwritten = await settle(first, sink, dead_letters)
    if unwritten is not None:
        return Unwritten([*unwritten.deliveries, *second], unwritten.reason)
    return await settle(second, sink, dead_letters)
