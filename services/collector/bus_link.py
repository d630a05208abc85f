"""Holds the connection to the bus: waits for it at the start, and says when it is lost for good."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

from nats.aio.client import Client

from shared.reconnect import BACKOFF_S_MAX
from shared.runtime.bus import BusAddress, close, connect

log = logging.getLogger(__name__)

PUMP_S = 1.0
DRAIN_S_MAX = 1.0


class BusLostError(Exception):
    """The bus will not have us, or the client gave up: end the process; whoever started it may start it anew."""


class Sender(Protocol):
    """What a connection is for: a publisher, or many that share it."""

    async def attach(self, client: Client) -> None:
        """Use this connection from now on, and send what waited for it."""

    async def reconnected(self) -> None:
        """Send again what the lost connection left without an answer."""

    async def pump(self) -> None:
        """Send as much as the window allows."""

    async def drain(self) -> None:
        """Return once everything is sent and confirmed."""

    def give_up(self) -> int:
        """Keep what is left where the end of the process does not reach it; count the rest as lost, return how many."""


class BusLink:
    """One connection for the life of the process; `introduce` has the inventory posted on a bus that is new to us."""

    def __init__(
        self,
        address: BusAddress,
        sender: Sender,
        introduce: Callable[[], None],
        retry_s_max: float = BACKOFF_S_MAX,
    ) -> None:
        self._address = address
        self._sender = sender
        self._introduce = introduce
        self._retry_s_max = retry_s_max
        self._client: Client | None = None
        self._wake = asyncio.Event()
        self._regained = False
        self._problem: str | None = None

    async def run(self) -> None:
        """Keep what is to be sent moving; raise BusLostError when that ends for good."""
        connecting = asyncio.create_task(
            connect(self._address, self._closed, self._reconnected, self._refused, self._retry_s_max)
        )
        connecting.add_done_callback(lambda _: self._wake.set())
        try:
            await self._wake.wait()
            if connecting.done():
                self._client = connecting.result()
                await self._sender.attach(self._client)
                self._introduce()
                log.info("ready", extra={"user": self._address.user})
            while self._problem is None:
                await self._turn()
        finally:
            connecting.cancel()
        raise BusLostError(self._problem)

    async def end(self) -> None:
        """Send what is left, wait a moment for the answers, give the rest up, and hang up."""
        client = self._client
        if client is not None and client.is_connected:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._sender.drain(), DRAIN_S_MAX)
        left = self._sender.give_up()
        if left:
            log.warning("sample sets lost at the end", extra={"lost_count": left})
        if client is not None and not client.is_closed:
            await close(client)

    async def _turn(self) -> None:
        self._wake.clear()
        if self._regained:
            self._regained = False
            await self._sender.reconnected()
            self._introduce()
        else:
            await self._sender.pump()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), PUMP_S)

    def _reconnected(self) -> None:
        self._regained = True
        self._wake.set()

    def _closed(self) -> None:
        self._end("the bus ended the connection for good; see the errors before")

    def _refused(self) -> None:
        self._end(
            f"the bus refuses user {self._address.user!r} with this password: check host and nats_password,"
            " or have the host added again"
        )

    def _end(self, problem: str) -> None:
        self._problem = self._problem or problem
        self._wake.set()
