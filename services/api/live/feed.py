"""Fills the relay and the inventories from the bus: what is stored first, then what comes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.api.hosts.inventories import Inventories
from services.api.live.relay import Relay
from shared.subjects import HOSTS_BUCKET, HOSTS_STREAM, METRICS
from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)

SEED_SECONDS = 65
"""The slowest family reports every 60 s."""

SEED_MESSAGES_MAX = 300_000
FETCH_MESSAGES = 500
FETCH_S_MAX = 2.0
CONSUMER_IDLE_S = 30.0
PENDING_MESSAGES_MAX = 65_536
PENDING_BYTES_MAX = 128 * 1024 * 1024
RETRY_S = 5.0


class Feed:
    """Carries messages of the bus into memory."""

    def __init__(self, bus: Client, relay: Relay, inventories: Inventories, reconnected: asyncio.Event) -> None:
        self._bus = bus
        self._relay = relay
        self._inventories = inventories
        self._wanted = reconnected

    async def start(self) -> None:
        """Subscribe first, so that nothing falls between what is stored and what comes; then read what is stored."""
        for subject, callback in (("metrics.>", self._on_sample_set), (f"$KV.{HOSTS_BUCKET}.>", self._on_inventory)):
            await self._bus.subscribe(
                subject, cb=callback, pending_msgs_limit=PENDING_MESSAGES_MAX, pending_bytes_limit=PENDING_BYTES_MAX
            )
        await self.seed()

    async def run(self) -> None:
        """Read what is stored again after each reconnect, for ever."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self.seed()
            except (NatsError, OSError) as error:
                log.warning("stored sample sets cannot be read", extra={"error": f"{type(error).__name__}: {error}"})
                await asyncio.sleep(RETRY_S)
                self._wanted.set()

    async def seed(self) -> None:
        """Read inventories, the last sample set of each host, and those of the last minute."""
        since = datetime.now(UTC) - timedelta(seconds=SEED_SECONDS)
        await self._read(
            HOSTS_STREAM, ConsumerConfig(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT), self._take_inventory
        )
        await self._read(METRICS, ConsumerConfig(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT), self._take_sample_set)
        recent = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=since)
        await self._read(METRICS, recent, self._take_sample_set)

    async def _read(self, stream: str, config: ConsumerConfig, take: Callable[[Msg], None]) -> None:
        streams = self._bus.jetstream()
        name = f"api-{secrets.token_hex(8)}"
        made = config.evolve(
            name=name, ack_policy=AckPolicy.NONE, inactive_threshold=CONSUMER_IDLE_S, mem_storage=True,
            filter_subject="metrics.>" if stream == METRICS else f"$KV.{HOSTS_BUCKET}.>",
        )  # fmt: skip
        pending = (await streams.add_consumer(stream, made)).num_pending or 0
        left = min(pending, SEED_MESSAGES_MAX)
        subscription = await streams.pull_subscribe_bind(name, stream=stream)
        try:
            while left > 0:
                messages = await subscription.fetch(min(left, FETCH_MESSAGES), timeout=FETCH_S_MAX)
                for message in messages:
                    take(message)
                left -= len(messages)
        except TimeoutError:
            # Some were discarded meanwhile.
            log.info("fewer stored messages than announced", extra={"stream": stream, "missing_count": left})
        finally:
            await subscription.unsubscribe()
            await streams.delete_consumer(stream, name)

    async def _on_sample_set(self, message: Msg) -> None:
        self._take_sample_set(message)

    async def _on_inventory(self, message: Msg) -> None:
        self._take_inventory(message)

    def _take_sample_set(self, message: Msg) -> None:
        self._relay.receive(message.subject, message.data)

    def _take_inventory(self, message: Msg) -> None:
        try:
            self._inventories.receive(message.subject, message.data, (message.headers or {}).get("KV-Operation"))
        except DecodeError as error:
            log.warning("inventory refused", extra={"subject": message.subject[:300], "reason": str(error)})
