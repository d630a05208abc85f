"""What the bench does on the bus: publish as the simulator may, and look at ingest's durables as provision may."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError

from shared.subjects import DURABLE, inbox_prefix
from tests.bench.ingest.bodies import Prepared

WINDOW_MAX = 4_000
"""Sample sets on their way at once."""
ANSWER_S_MAX = 60.0


@contextlib.asynccontextmanager
async def connected(url: str, user: str, password: str) -> AsyncIterator[Client]:
    """Yield a connection of a bus user."""
    client = await nats.connect(
        url, user=user, password=password, inbox_prefix=inbox_prefix(user), pending_size=64 * 1024**2
    )
    try:
        yield client
    finally:
        await client.close()


class Publishing:
    """Publishes with a window of unanswered sample sets, and counts the answers: what is counted, the stream holds."""

    def __init__(self, client: Client, stream: str) -> None:
        self._client = client
        self._stream = stream.lower()
        self._inbox = client.new_inbox()
        self._sent = 0
        self.stored = 0
        self._refusal: str | None = None
        self._moved = asyncio.Event()

    async def begin(self) -> None:
        """Hear the answers."""
        await self._client.subscribe(self._inbox, cb=self._answered)

    async def publish(self, prepared: Iterable[Prepared]) -> None:
        """Publish, waiting whenever the window is full."""
        for each in prepared:
            await self._client.publish(
                f"{self._stream}.{each.host}.system", each.body, reply=self._inbox,
                headers={"Nats-Msg-Id": f"{each.host}:{each.message_id}"},
            )  # fmt: skip
            self._sent += 1
            if self._sent - self.stored >= WINDOW_MAX:
                await self._wait(WINDOW_MAX // 2)

    async def finish(self) -> int:
        """Wait until everything is stored; return how many sample sets that are."""
        await self._wait(0)
        return self.stored

    async def _wait(self, unanswered_max: int) -> None:
        async with asyncio.timeout(ANSWER_S_MAX):
            while self._sent - self.stored > unanswered_max:
                self._moved.clear()
                await self._moved.wait()
                if self._refusal is not None:
                    raise SystemExit(f"the stream does not store: {self._refusal}")

    async def _answered(self, message: Msg) -> None:
        if b'"error"' in message.data or message.headers:
            self._refusal = f"{message.headers} {message.data[:200]!r}"
        else:
            self.stored += 1
        self._moved.set()


@dataclass(frozen=True, slots=True)
class Unread:
    """How ingest's durable stands: sample sets that wait, and those that are fetched and not answered."""

    waiting: int
    unanswered: int
    delivered: int

    @property
    def unsettled(self) -> int:
        """How many are not committed for certain."""
        return self.waiting + self.unanswered


async def unread(client: Client, stream: str) -> Unread:
    """Ask the broker."""
    for _ in range(10):
        with contextlib.suppress(NatsTimeoutError):
            found = await client.jetstream(timeout=10).consumer_info(stream, DURABLE)
            delivered = found.delivered.consumer_seq if found.delivered else 0
            return Unread(found.num_pending or 0, found.num_ack_pending or 0, delivered)
    raise SystemExit(f"the bus does not tell of the durable of {stream}")
