"""What a real host sends with: the publisher for what is new, and the drain for what the spool holds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from nats.aio.client import Client

from services.collector.drain import TURN_S, Drain
from services.collector.outbox import Outgoing
from services.collector.publish import Publisher
from services.collector.spool import Spool
from services.collector.spooled_outbox import SpooledOutbox
from shared.runtime.bus import server_id

log = logging.getLogger(__name__)


class Delivery:
    """Publisher, drain and spool as one sender on one connection; what is new goes first."""

    def __init__(self, publisher: Publisher, outbox: SpooledOutbox, drain: Drain, spool: Spool) -> None:
        self._publisher = publisher
        self._outbox = outbox
        self._drain = drain
        self._spool = spool
        self._client: Client | None = None
        self._server: str | None = None

    async def attach(self, client: Client) -> None:
        """Use this connection from now on, and send what waited for it."""
        self._client, self._server = client, server_id(client)
        await self._publisher.attach(client)
        await self._drain.attach(client)

    async def reconnected(self) -> None:
        """Send again what the lost connection left without an answer, and what a restarted bus may have lost."""
        server = server_id(self._client) if self._client is not None else None
        if server != self._server:
            self._server = server
            if doubtful := self._outbox.restarted() + self._spool.restarted():
                log.info("the bus was started anew: what it may have lost is sent again", extra={"count": doubtful})
        await self._publisher.reconnected()
        await self._drain.reconnected()

    def keep(self, outgoing: Sequence[Outgoing]) -> None:
        """Take new sample sets: to the disk at once while the bus is away."""
        self._publisher.keep(outgoing)

    async def pump(self) -> None:
        """Send as much of what is new as the window allows; the drain has a rhythm of its own."""
        await self._publisher.pump()

    async def drain(self) -> None:
        """Return once everything is sent and confirmed, from memory and from the spool; bound the wait yourself."""
        await self._publisher.drain()
        while self._spool.waiting:
            await self._drain.step()
            await asyncio.sleep(TURN_S / 10)

    def give_up(self) -> int:
        """Leave on the disk what was not sent; return how many sample sets it could not take."""
        lost_count = self._publisher.give_up()
        if self._spool.waiting:
            log.info("sample sets wait in the spool", extra={"waiting_count": self._spool.waiting})
        self._spool.close()
        return lost_count
