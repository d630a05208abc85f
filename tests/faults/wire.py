"""A wire between a collector and the bus that a test may cut: closed, or silent as behind a dead router."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

READ_BYTES = 65_536


@dataclass
class Wire:
    """Forwards to the first of `ports` that answers, while it is whole."""

    ports: list[int]
    server: asyncio.Server | None = None
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"nats://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        """Listen on a free port."""
        self.whole.set()
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Close every connection, and listen no more."""
        assert self.server is not None
        self.server.close()
        await self._hang_up()

    async def cut(self) -> None:
        """Close every connection, and each new one at once."""
        self.closed = True
        await self._hang_up()

    def silence(self) -> None:
        """Let nothing through, and close nothing: what is written arrives when the wire is whole again."""
        self.whole.clear()

    def mend(self) -> None:
        """Let everything through again."""
        self.closed = False
        self.whole.set()

    async def _hang_up(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None
        self.tasks.add(own)
        own.add_done_callback(self.tasks.discard)
        ends = [writer]
        pumps: list[asyncio.Task[None]] = []
        try:
            # Nothing is raised when a test ends: asyncio's streams would log it.
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self.whole.wait()
                if not self.closed:
                    bus_reader, bus_writer = await self._connected()
                    ends.append(bus_writer)
                    pumps += [
                        asyncio.create_task(self._copy(reader, bus_writer)),
                        asyncio.create_task(self._copy(bus_reader, writer)),
                    ]
                    await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in ends:
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for port in self.ports[:-1]:
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return await asyncio.open_connection("127.0.0.1", self.ports[-1])

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(READ_BYTES):
                await self.whole.wait()
                writer.write(chunk)
                await writer.drain()
