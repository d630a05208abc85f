"""Listens beside the product: a plain subscriber, and a reader of the streams that misses nothing a stream has.

What the count is worth: the subscriber hears what is published even where no stream keeps it, but nothing while it is
cut off itself. The reader goes by the numbers of the stream, so it reads after an outage what was stored before and
amid it, but not what a stream had dropped by then. Whatever either knew was sent. What neither can know is the tail of
a session that ended while the bus was away; its publisher says in its log how much that was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from tests.faults.sent import Heard, Sent
from tests.servers import NatsServer
from tests.waiting import holds

STREAMS = ("METRICS", "BACKFILL")
FETCH_MAX = 500
AWAY_S = 0.2


class Witness:
    """Both listeners, and what they heard."""

    def __init__(self, nodes: list[NatsServer], sent: Sent, now: Callable[[], datetime]) -> None:
        self.sent = sent
        self._nodes = nodes
        self._now = now
        self._read_to: dict[str, int] = {}
        self._clients: list[Client] = []
        self._reading: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen from now on."""
        subscriber = await self._connect("subscriber")
        await subscriber.subscribe("metrics.>", cb=self._heard, pending_bytes_limit=256 * 1024**2)
        await subscriber.flush()
        admin = await self._connect("provision")
        for stream in STREAMS:
            self._read_to[stream] = (await admin.jetstream().stream_info(stream)).state.last_seq
            self._reading.append(asyncio.create_task(self._read(admin, stream)))

    async def stop(self) -> None:
        """Listen no more."""
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)
        for client in self._clients:
            # A test that failed may have left the bus away.
            with suppress(NatsError, OSError):
                await client.close()

    async def caught_up(self, seconds_max: float) -> None:
        """Return once everything that the bus has was read."""
        admin = self._clients[1]

        async def at_the_end() -> bool:
            try:
                await self._clients[0].flush()
                states = [(await admin.jetstream().stream_info(stream)).state for stream in STREAMS]
            except (NatsError, OSError):
                return False
            return all(self._read_to[stream] >= state.last_seq for stream, state in zip(STREAMS, states, strict=True))

        await holds(at_the_end, "the witness to have read both streams", seconds_max)

    async def _heard(self, message: Msg) -> None:
        self.sent.take(Heard(message.subject, message.data, _message_id(message), self._now(), kept=False))

    async def _read(self, admin: Client, stream: str) -> None:
        jetstream = admin.jetstream()
        while True:
            try:
                config = ConsumerConfig(
                    deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=self._read_to[stream] + 1,
                    ack_policy=AckPolicy.NONE, mem_storage=True, num_replicas=1, inactive_threshold=60,
                )  # fmt: skip
                name = (await jetstream.add_consumer(stream, config)).name
                puller = await jetstream.pull_subscribe_bind(name, stream)
                while True:
                    try:
                        messages = await puller.fetch(FETCH_MAX, timeout=1)
                    except NatsTimeoutError:
                        # Nothing new, or the consumer went with its node: this tells which, by an error.
                        await jetstream.consumer_info(stream, name)
                        continue
                    for message in messages:
                        self._take(stream, message)
            except (NatsError, OSError):
                await asyncio.sleep(AWAY_S)

    def _take(self, stream: str, message: Msg) -> None:
        found = message.metadata
        if found.sequence.stream <= self._read_to[stream]:
            return  # a consumer that was made anew may repeat what is known
        received_at = found.timestamp.replace(tzinfo=UTC) if found.timestamp.tzinfo is None else found.timestamp
        self.sent.take(Heard(message.subject, message.data, _message_id(message), received_at, kept=True))
        self._read_to[stream] = found.sequence.stream

    async def _connect(self, user: str) -> Client:
        client = await nats.connect(
            [node.url for node in self._nodes], user=user, password=self._nodes[0].passwords[user].reveal(),
            inbox_prefix=f"_INBOX_{user}", max_reconnect_attempts=-1, reconnect_time_wait=0.2, error_cb=_unheard,
        )  # fmt: skip
        self._clients.append(client)
        return client


async def _unheard(_: Exception) -> None:
    """Faults cut the witness too; it comes back by itself."""


def _message_id(message: Msg) -> str | None:
    return (message.headers or {}).get("Nats-Msg-Id")
