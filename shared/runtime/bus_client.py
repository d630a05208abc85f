"""A client of nats-py that takes a socket which has just closed for what it is, whatever the event loop calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from nats.aio.client import Client, Srv
from nats.aio.transport import TcpTransport


class SteadyClient(Client):
    """A client whose publish does not fail at the moment at which the connection breaks.

    Between the end of a socket and the reconnect nats-py writes from within publish, and raises what the loop says of
    it: an OSError, or of uvloop a RuntimeError. From within a reconnect the latter ended that for good. Here such a
    message waits for the next connection, as those do that come a moment later.
    """

    async def _connect_to_server(self, s: Srv) -> None:
        if not self._transport and s.uri.scheme in ("nats", "tls"):
            self._transport = SteadyTransport()
        await super()._connect_to_server(s)

    async def _flush_pending(self, force_flush: bool = False) -> Any:
        try:
            return await super()._flush_pending(force_flush)
        except OSError:
            unsent: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            unsent.set_result(None)
            return unsent


class SteadyTransport(TcpTransport):
    """A socket that is closed is a ConnectionResetError on every loop."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __bool__(self) -> bool:
        """Return True even before it is connected: nats-py would take another one in its place."""
        return True

    def write(self, payload: bytes) -> Any:
        """Write; raise ConnectionResetError where the socket is closed."""
        return self.writelines([payload])

    def writelines(self, payload: Iterable[bytes]) -> Any:
        """Write all; raise ConnectionResetError where the socket is closed, and then none was written."""
        # Afterwards uvloop would raise a RuntimeError, and asyncio drop what it was given.
        if self._io_writer is None or self._io_writer.is_closing():
            raise ConnectionResetError("the connection to the bus is closed")
        return self._io_writer.writelines(payload)
