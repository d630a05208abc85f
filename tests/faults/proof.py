"""Whether a fault did something, seen from outside; one that by luck hit nothing is committed again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.faults.watch import Watch

ATTEMPTS_MAX = 3
SHOWN_S_MAX = 10.0
"""How long after a fault its trace may take, beyond the time after which unanswered messages come again."""
LOOK_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class Before:
    """What was so before a fault."""

    at: datetime
    delivered_again: int
    heard_again: int


async def look(watch: Watch) -> Before:
    """Return what is so now."""
    return Before(datetime.now(UTC), await watch.fleet.delivered_again(), watch.witness.sent.heard_again)


Proof = Callable[[Watch, Before], Awaitable[bool]]


async def delivered_again(watch: Watch, before: Before) -> bool:
    """Whether the broker delivered a message to ingest once more: somebody had it in hand when the fault came."""
    return await watch.fleet.delivered_again() > before.delivered_again


async def heard_again(watch: Watch, before: Before) -> bool:
    """Whether the subscriber heard a message once more: its publisher had no answer to the first."""
    return watch.witness.sent.heard_again > before.heard_again


async def held_up(watch: Watch, before: Before) -> bool:
    """Whether something of a time without a bus came to a stream after it: kept by its publisher, or sent again."""
    spells = [spell for spell in watch.fleet.away if spell.start >= before.at]
    return any(
        spell.start <= tick <= spell.end and spell.back <= arrived
        for tick, arrived in watch.witness.sent.held_up
        for spell in spells
    )


async def shows(proof: Proof, watch: Watch, before: Before) -> bool:
    """Return whether it shows in time."""
    end = time.monotonic() + SHOWN_S_MAX + watch.fleet.durability.ack_wait_s
    while not await proof(watch, before):
        if time.monotonic() > end:
            return False
        await asyncio.sleep(LOOK_EVERY_S)
    return True


async def commit(watch: Watch, what: Callable[[], Awaitable[None]], proof: Proof) -> None:
    """Commit a fault until it shows, a few times at most."""
    for _ in range(ATTEMPTS_MAX):
        before = await look(watch)
        await what()
        if await shows(proof, watch, before):
            return
    raise AssertionError(f"committed {ATTEMPTS_MAX} times, and nothing showed: {proof.__doc__}")
