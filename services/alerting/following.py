"""Reads one stream in order, by a consumer of its own that nobody acknowledges and the broker soon forgets."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import deque

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

from shared.runtime.bus import BREAKING

log = logging.getLogger(__name__)

BATCH_MESSAGES = 1_000
BATCH_BYTES = 8 * 1024**2
ASK_FOR_S = 5.0
"""How long the broker keeps a request for messages open."""

GRACE_S = 2.0
CONSUMER_IDLE_S = 30.0
END_S_MAX = 0.5
AWAY_S = 0.25
_DONE = ("404", "408")
"""Statuses of a request that ended as it should."""


class BrokenError(NatsError):
    """Messages may be missing from here on. Begin again behind the last one that was taken."""


class Following:
    """Messages as they come, each as soon as it is there; a hole in them raises BrokenError.

    One request is open at a time, and the next is made once all of the one before was taken: so no more than
    BATCH_MESSAGES and BATCH_BYTES wait here, however slowly they are taken.
    """

    def __init__(self, bus: Client, stream: str, subject: str) -> None:
        self.pending: int | None = None
        """Messages that the broker has behind the last one; None while nothing is followed."""
        self._bus = bus
        self._stream = stream
        self._subject = subject
        self._name = ""
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._messages: deque[Msg] = deque()
        self._arrived = asyncio.Event()
        self._request = 0
        self._left = 0
        self._open_until = 0.0
        self._ended: str | None = None
        self._delivered = 0
        self._reconnects = 0

    async def begin(self, config: ConsumerConfig) -> None:
        """Follow from where `config` says, instead of from where it was; raises NatsError or OSError."""
        await self.end()
        self._name = f"alerting-{secrets.token_hex(8)}"
        self._inbox = self._bus.new_inbox()
        self._reconnects = self._bus.stats["reconnects"]
        self._subscription = await self._bus.subscribe(
            f"{self._inbox}.*", cb=self._receive, pending_bytes_limit=4 * BATCH_BYTES
        )
        made = config.evolve(
            name=self._name, ack_policy=AckPolicy.NONE, inactive_threshold=CONSUMER_IDLE_S, mem_storage=True,
            filter_subject=self._subject,
        )  # fmt: skip
        found = await self._bus.jetstream().add_consumer(self._stream, made)
        self.pending = found.num_pending or 0

    async def after(self, sequence: int) -> None:
        """Follow what stands behind a message of the stream."""
        await self.begin(
            ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=max(1, sequence + 1))
        )

    async def next(self, wait_s: float) -> list[Msg]:
        """Return the messages that are there, or the first that come within wait_s; else none.

        Raises BrokenError where some may be missing: after a reconnect, or where the broker has forgotten us.
        """
        if self.pending is None or self._bus.stats["reconnects"] != self._reconnects:
            raise BrokenError(f"{self._stream}: the connection or the consumer is another one")
        try:
            async with asyncio.timeout(wait_s):
                while not self._messages:
                    await self._ask()
                    await self._arrived.wait()
                    self._arrived.clear()
                    if not self._messages:
                        await self._look_at_the_end()
        except TimeoutError:
            return []
        found, self._messages = list(self._messages), deque()
        for message in found:
            self._delivered += 1
            if message.metadata.sequence.consumer != self._delivered:
                raise BrokenError(f"{self._stream}: expected message {self._delivered}, got another; some are missing")
        self.pending = found[-1].metadata.num_pending
        return found

    async def end(self) -> None:
        """Follow no more; what fails here, the broker does by itself within half a minute."""
        subscription, self._subscription, self.pending = self._subscription, None, None
        self._messages.clear()
        self._arrived.clear()
        self._left = self._delivered = 0
        self._open_until, self._ended = 0.0, None
        if subscription is None or not self._bus.is_connected:
            return
        try:
            await subscription.unsubscribe()
            await self._bus.jetstream(timeout=END_S_MAX).delete_consumer(self._stream, self._name)
        except BREAKING as error:
            log.debug("consumer not deleted", extra={"stream": self._stream, "error": str(error)[:300]})

    async def _ask(self) -> None:
        """Open a request, unless one is open."""
        now = asyncio.get_running_loop().time()
        if not self._bus.is_connected or (self._left > 0 and now < self._open_until):
            return
        self._request += 1
        self._ended = None
        request = {"batch": BATCH_MESSAGES, "max_bytes": BATCH_BYTES, "expires": int(ASK_FOR_S * 1e9)}
        await self._bus.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._name}", json.dumps(request).encode(),
            reply=f"{self._inbox}.{self._request}",
        )  # fmt: skip
        self._left, self._open_until = BATCH_MESSAGES, now + ASK_FOR_S + GRACE_S

    async def _look_at_the_end(self) -> None:
        """Raise BrokenError where the last request ended because the broker knows us no more."""
        status, self._ended = self._ended or "", None
        if status == "503" or "onsumer" in status:
            raise BrokenError(f"{self._stream}: the broker has forgotten this consumer ({status[:100]})")
        if status and not status.startswith(_DONE):
            # Such as a leader that changes: asking again at once would not end.
            await asyncio.sleep(AWAY_S)

    async def _receive(self, message: Msg) -> None:
        if message.reply.startswith("$JS.ACK."):
            if f".{self._name}." not in message.reply:
                return
            self._messages.append(message)
            self._left -= 1
        elif message.subject == f"{self._inbox}.{self._request}":
            headers = message.headers or {}
            self._ended = f"{headers.get('Status', '')} {headers.get('Description', '')}".strip()
            self._left = 0
        else:
            return
        self._arrived.set()
