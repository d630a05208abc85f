"""Sends sample sets to the bus without waiting for each answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError

from services.collector.answers import is_never_stored, refusal
from services.collector.counters import Counters
from services.collector.outbox import Outbox, Outgoing
from shared.subjects import SYSTEM_SOURCE, backfill_subject, inventory_subject, metrics_subject
from shared.wire.encode import Encoded

log = logging.getLogger(__name__)

MESSAGE_ID = "Nats-Msg-Id"


async def send(client: Client, subject: str, encoded: Encoded, reply: str) -> bool:
    """Send one sample set, to be answered there; return whether the bus may take it, False when it never will.

    When the connection went meanwhile there is no answer: send it again on the next one.
    """
    try:
        await client.publish(subject, encoded.body, reply=reply, headers={MESSAGE_ID: encoded.message_id})
    except MaxPayloadError:
        log.warning(
            "the bus takes no messages of this size: raise its max_payload",
            extra={"bytes": len(encoded.body), "bytes_max": client.max_payload},
        )
        return False
    except NatsError as error:
        log.debug("publishing failed", extra={"error": f"{type(error).__name__}: {error}"})
    return True


class Publisher:
    """The outbox and the connection that empties it; without a connection the outbox fills, within its bounds.

    Answers come to one inbox of our own, numbered by seq: the blocking publish of JetStream would hold up the ticks,
    and a host's credential has no right on its API.
    """

    def __init__(
        self,
        host: str,
        counters: Counters,
        wall_clock: Callable[[], float],
        clock: Callable[[], float],
        outbox: Outbox | None = None,
    ) -> None:
        self._counters = counters
        self._wall_clock = wall_clock
        self._clock = clock
        self._outbox = outbox or Outbox()
        self._client: Client | None = None
        self._inbox = ""
        self._live_subject = metrics_subject(host, SYSTEM_SOURCE)
        self._late_subject = backfill_subject(host, SYSTEM_SOURCE)
        self._inventory_subject = inventory_subject(host)
        self._refusing = False
        self._emptied = asyncio.Event()

    async def attach(self, client: Client) -> None:
        """Use this connection from now on, and send what waited for it."""
        inbox = client.new_inbox()
        await client.subscribe(f"{inbox}.*", cb=self.answered)
        await self.share(client, inbox)

    async def share(self, client: Client, inbox: str) -> None:
        """Use a connection that others use too, and send what waited for it.

        Its owner hears `<inbox>.*`, and hands what comes there to `answered`.
        """
        self._client, self._inbox = client, inbox
        await self.pump()

    def keep(self, outgoing: Sequence[Outgoing]) -> None:
        """Take new sample sets, to be sent with the next `pump`."""
        self._outbox.add(outgoing)
        self._outbox.settle(self._is_connected, self._clock())
        self._count()

    async def publish(self, outgoing: Sequence[Outgoing]) -> None:
        """Send, or keep within bounds what cannot be sent now."""
        self.keep(outgoing)
        await self.pump()

    async def publish_inventory(self, body: bytes) -> bool:
        """Send the inventory; return whether there was a connection to send it on."""
        if self._client is None or not self._client.is_connected:
            return False
        try:
            await self._client.publish(self._inventory_subject, body)
        except NatsError:
            return False
        return True

    async def answered(self, message: Msg) -> None:
        """Take an answer of the bus: what it has stored waits no longer."""
        reason = refusal(message.headers, message.data)
        seq = int(message.subject.rpartition(".")[2])
        if reason is None:
            self._refusing = False
            self._outbox.confirm(seq)
            self._count()
            if self._outbox.waiting:
                await self.pump()
            return
        if is_never_stored(message.data):
            self._outbox.lose(seq)
        else:
            self._outbox.refuse(seq)
        self._count()
        if not self._refusing:
            self._refusing = True
            log.warning("the bus does not store sample sets", extra={"error": reason})

    async def reconnected(self) -> None:
        """Send again what the lost connection left without an answer."""
        self._counters.reconnects_count += 1
        self._outbox.reconnected()
        await self.pump()

    async def pump(self) -> None:
        """Send as much as the window allows."""
        client, now_s = self._client, self._clock()
        self._outbox.settle(self._is_connected, now_s)
        if client is not None and client.is_connected:
            for outgoing in self._outbox.take(now_s):
                await self._send(client, outgoing)
        self._count()

    @property
    def is_behind(self) -> bool:
        """Whether new sample sets wait for room in the window."""
        return self._outbox.is_behind

    def give_up(self) -> int:
        """Count what is left as lost, and return how many; for the end of the process."""
        left = self._outbox.give_up()
        self._count()
        return left

    async def drain(self) -> None:
        """Return once everything is sent and confirmed; bound the wait yourself."""
        await self.pump()
        await self._emptied.wait()

    async def _send(self, client: Client, outgoing: Outgoing) -> None:
        encoded = outgoing.encoded
        subject = self._live_subject if outgoing.is_live(self._wall_clock()) else self._late_subject
        if not await send(client, subject, encoded, f"{self._inbox}.{encoded.seq}"):
            self._outbox.lose(encoded.seq)

    @property
    def _is_connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    def _count(self) -> None:
        self._outbox.count(self._counters)
        if self._outbox.waiting or self._outbox.pending:
            self._emptied.clear()
        else:
            self._emptied.set()
