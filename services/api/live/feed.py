"""Fills the relay and the inventories from the bus: what is stored first, then what comes."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from services.api.hosts.inventories import Inventories
from services.api.live.held import Held
from services.api.live.relay import Relay
from services.api.live.seen import Pace, Seen, ask_seen, read_since
from shared.runtime.bus import BREAKING, close
from shared.subjects import HOSTS_BUCKET, HOSTS_STREAM, METRICS
from shared.wire.decode import DecodeError

log = logging.getLogger(__name__)

SEED_MESSAGES_MAX = 300_000
FETCH_MESSAGES = 500
FETCH_S_MAX = 2.0
CONSUMER_IDLE_S = 30.0
PENDING_MESSAGES_MAX = 65_536
PENDING_BYTES_MAX = 128 * 1024 * 1024


class Feed:
    """Carries messages of the bus into memory.

    Until what is stored was read, at the start and after each reconnect, live messages wait: taken over first,
    they would make all that is stored look late. After a reconnect it is read from where the stream was seen last.
    What was missed for longer than is read, or found no room while it waited, shows as holes in `seq`.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[Client]],
        relay: Relay,
        inventories: Inventories,
        pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> None:
        self.bus: Client | None = None
        self.filled = asyncio.Event()
        self._is_connected = asyncio.Event()
        self._connect = connect
        self._relay = relay
        self._inventories = inventories
        self._wanted = asyncio.Event()
        self._pace = pace
        self._held = Held()
        self._reconnects_read = -1
        self._reconnects_failed = -1
        self.seen: Seen | None = None
        """Up to where nothing is missing."""
        self._reconnects_seen = -1

    async def connected(self) -> Client:
        """Return the connection as soon as there is one; it may be broken again by then."""
        await self._is_connected.wait()
        assert self.bus is not None
        return self.bus

    def reconnected(self) -> None:
        """Read what is stored again."""
        self._wanted.set()

    async def run(self) -> None:
        """Connect, however long that takes; then carry messages for ever."""
        self.bus = bus = await self._connect()
        self._is_connected.set()
        # Subscribe first, so that nothing falls between what is stored and what comes.
        for subject, callback in (("metrics.>", self._on_sample_set), (f"$KV.{HOSTS_BUCKET}.>", self._on_inventory)):
            await bus.subscribe(
                subject, cb=callback, pending_msgs_limit=PENDING_MESSAGES_MAX, pending_bytes_limit=PENDING_BYTES_MAX
            )
        self._wanted.set()
        while True:
            if not await self._is_wanted():
                await self._note(bus)
                continue
            self._wanted.clear()
            reconnects = bus.stats["reconnects"]
            try:
                await self._seed(bus, reconnects)
            except (NatsError, OSError) as error:
                log.warning("stored sample sets cannot be read", extra={"error": f"{type(error).__name__}: {error}"})
                asyncio.get_running_loop().call_later(self._pace.retry_s, self._wanted.set)
                # What waits goes on waiting for one more try: let go, it would make all that was missed look late.
                if self._reconnects_failed == reconnects:
                    self._release(reconnects)
                self._reconnects_failed = reconnects
            else:
                self.filled.set()

    async def close(self) -> None:
        """End the connection; not drained: clients are gone by then, and a stuck one must not hold the end up."""
        if self.bus is not None:
            await close(self.bus)

    async def _is_wanted(self) -> bool:
        """Return whether what is stored must be read; once it must, or when how far was seen is to be noted again."""
        try:
            async with asyncio.timeout(self._pace.note_every_s):
                return await self._wanted.wait()
        except TimeoutError:
            return False

    async def _note(self, bus: Client) -> None:
        """Note how far the stream was seen, if nothing is missing before that."""
        if not bus.is_connected or bus.stats["reconnects"] != self._reconnects_seen:
            return
        try:
            seen = await ask_seen(bus)
        except BREAKING as error:
            log.debug("unknown how far the stream was seen", extra={"error": f"{type(error).__name__}: {error}"})
            return
        if bus.stats["reconnects"] == self._reconnects_seen:
            self.seen = seen

    async def _seed(self, bus: Client, reconnects: int) -> None:
        """Read inventories, the sample sets that may be missing in their order, and the last one of each host.

        The last ones come after what was held: one of them could be newer than that, and make it look late.
        """
        now = await ask_seen(bus)
        since = read_since(self.seen, now, self._pace)
        last = ConsumerConfig(deliver_policy=DeliverPolicy.LAST_PER_SUBJECT)
        recent = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_TIME, opt_start_time=since)
        await self._read(bus, HOSTS_STREAM, last, self._take_inventory)
        missing_count = await self._read(bus, METRICS, recent, self._take_sample_set)
        if missing_count > 0 and self._reconnects_failed != reconnects:
            raise NatsError(f"{missing_count} stored sample sets that were announced did not come")
        self._release(reconnects)
        await self._read(bus, METRICS, last, self._take_sample_set)
        # Cut short, by another reconnect or a slow broker, it is read from the same place again.
        if missing_count == 0 and bus.stats["reconnects"] == reconnects:
            self.seen, self._reconnects_seen = now, reconnects

    def _release(self, reconnects: int) -> None:
        self._reconnects_read = reconnects
        for subject, body in self._held.take():
            self._relay.receive(subject, body)

    async def _read(self, bus: Client, stream: str, config: ConsumerConfig, take: Callable[[Msg], None]) -> int:
        """Read what a consumer finds; return how many announced messages did not come."""
        streams = bus.jetstream()
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
        return left

    async def _on_sample_set(self, message: Msg) -> None:
        # nats-py counts a reconnect before it subscribes again, so nothing slips in between.
        if self.bus is None or self.bus.stats["reconnects"] == self._reconnects_read:
            self._take_sample_set(message)
        else:
            self._held.hold(message.subject, message.data)

    async def _on_inventory(self, message: Msg) -> None:
        self._take_inventory(message)

    def _take_sample_set(self, message: Msg) -> None:
        self._relay.receive(message.subject, message.data)

    def _take_inventory(self, message: Msg) -> None:
        try:
            self._inventories.receive(message.subject, message.data, (message.headers or {}).get("KV-Operation"))
        except DecodeError as error:
            log.warning("inventory refused", extra={"subject": message.subject[:300], "reason": str(error)})
