"""A wire between ingest and the bus that a test may cut after so many acks; it knows NATS' framing only."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

READ_BYTES = 65_536


@dataclass
class BusProxy:
    """Forwards to `port`; after `acks_max` acks nothing more of the client passes, and `cut` is set."""

    port: int
    acks_max: int | None = None
    acks: int = 0
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    server: asyncio.Server | None = None
    clients: list[asyncio.StreamWriter] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"nats://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        """Listen on a free port."""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Close every connection."""
        assert self.server is not None
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def say(self, line: bytes) -> None:
        """Write to the clients as if the bus had."""
        for client in self.clients:
            client.write(line)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        own = asyncio.current_task()
        assert own is not None
        self.tasks.add(own)
        bus_reader, bus_writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.clients.append(writer)
        pumps = [
            asyncio.create_task(self._from_client(reader, bus_writer)),
            asyncio.create_task(_copy(bus_reader, writer)),
        ]
        # Nothing is raised here when the test ends: asyncio's streams would log it.
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        for end in (writer, bus_writer):
            end.close()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()

    async def _from_client(self, reader: asyncio.StreamReader, bus: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                frame = await reader.readuntil(b"\r\n")
                if frame.startswith((b"PUB ", b"HPUB ")):
                    frame += await reader.readexactly(int(frame.split()[-1]) + 2)
                # An empty answer is an ack as well (NATS ADR-15).
                if frame.startswith(b"PUB $JS.ACK.") and frame.endswith((b" 0\r\n\r\n", b"\r\n+ACK\r\n")):
                    if self.acks == self.acks_max:
                        self.cut.set()
                        await asyncio.Event().wait()
                    self.acks += 1
                bus.write(frame)
                await bus.drain()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(READ_BYTES):
            writer.write(chunk)
            await writer.drain()
