"""Pulls messages from one durable: one request a batch, so that a batch is full or old as the broker sees it."""

from __future__ import annotations

import asyncio
import json
import logging

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from shared.subjects import DURABLE

log = logging.getLogger(__name__)

GRACE_S = 2.0
"""How long after a request's end its last word may take; later messages join the next batch."""
AWAY_S = 0.25
"""Pause before asking again while the bus or the durable is away."""
_ENDED_AS_ASKED = ("404", "408", "409")


class Puller:
    """Fetches from a durable that provision made; needs no right to create one.

    nats-py's fetch() makes up to two requests a call, and awaits each message with a timer of its own.
    """

    def __init__(self, bus: Client, stream: str, bytes_max: int) -> None:
        self._bus = bus
        self._stream = stream
        self._bytes_max = bytes_max
        self._inbox = bus.new_inbox()
        self._subscription: Subscription | None = None
        self._messages: list[Msg] = []
        self._request = 0
        self._wanted = 0
        self._status: str | None = None
        self._ended = asyncio.Event()

    async def pull(self, messages_max: int, wait_s: float) -> list[Msg]:
        """Return up to messages_max messages: as soon as so many are there, or bytes_max, or after wait_s.

        With wait_s of 0 only what is there already. Empty when the bus is away, after a pause.
        """
        if self._subscription is None:
            self._subscription = await self._bus.subscribe(
                f"{self._inbox}.*", cb=self._receive, pending_bytes_limit=2 * self._bytes_max
            )
        if not self._bus.is_connected:
            # A request written now would be sent with all others after the reconnect.
            await asyncio.sleep(AWAY_S)
            return []
        self._request += 1
        self._wanted, self._status = messages_max, None
        self._ended.clear()
        # With no_wait the broker ends the request when nothing more is there, with expires when the time is up.
        lasting = {"expires": int(wait_s * 1e9)} if wait_s > 0 else {"no_wait": True}
        request = {"batch": messages_max, "max_bytes": self._bytes_max} | lasting
        await self._bus.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{DURABLE}",
            json.dumps(request).encode(),
            reply=f"{self._inbox}.{self._request}",
        )
        if len(self._messages) < messages_max:
            await self._end(wait_s)
        messages, self._messages = self._messages, []
        return messages

    async def _end(self, wait_s: float) -> None:
        try:
            async with asyncio.timeout(wait_s + GRACE_S):
                await self._ended.wait()
        except TimeoutError:
            return
        if self._status is not None and self._status not in _ENDED_AS_ASKED:
            log.warning(
                "the durable does not answer; has provision been run?",
                extra={"stream": self._stream, "durable": DURABLE, "status": self._status},
            )
            await asyncio.sleep(GRACE_S)
        elif self._status == "409" and not self._messages:
            # Refused at once, as while too many messages are unanswered: asking again at once would not end.
            await asyncio.sleep(AWAY_S)

    async def _receive(self, message: Msg) -> None:
        if message.reply.startswith("$JS.ACK."):
            self._messages.append(message)
            if len(self._messages) >= self._wanted:
                self._ended.set()
        elif message.subject == f"{self._inbox}.{self._request}":
            self._status = (message.headers or {}).get("Status")
            self._ended.set()
