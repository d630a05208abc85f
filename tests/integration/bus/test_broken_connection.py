"""What a connection says that breaks beneath a client: nothing, and it is back a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest
import uvloop
from nats.aio.client import Client
from nats.aio.transport import TcpTransport

from shared.runtime.bus import BusAddress, close, connect
from tests.servers import NatsServer
from tests.waiting import holds

RUNNERS: dict[str, Callable[[Coroutine[Any, Any, None]], None]] = {"asyncio": asyncio.run, "uvloop": uvloop.run}
BACK_S_MAX = 30.0


@pytest.mark.parametrize("runner", RUNNERS)
def test_what_is_said_as_the_connection_breaks_is_said_once_it_is_back(bare_bus: NatsServer, runner: str) -> None:
    RUNNERS[runner](_speak_while_it_breaks(bare_bus))


async def _speak_while_it_breaks(server: NatsServer) -> None:
    ended: list[str] = []
    address = BusAddress((server.url,), "provision", server.passwords["provision"], "test")
    client = await connect(address, on_closed=lambda: ended.append("closed"), backoff_s_max=0.5)
    heard: list[bytes] = []

    async def hear(message: Any) -> None:
        heard.append(message.data)

    inbox = client.new_inbox()
    await client.subscribe(inbox, cb=hear)
    await client.flush()
    await _break(client)
    assert client.is_connected, "nats-py has noticed already: this test shows nothing"
    await client.publish("$JS.API.INFO", b"", reply=inbox)
    assert (await client.subscribe(client.new_inbox())) is not None
    await holds(partial(_is_back, client), "the client to be back", BACK_S_MAX)
    await holds(partial(_is_heard, heard), "an answer to what was said as it broke", BACK_S_MAX)
    assert ended == []
    await close(client)


async def _break(client: Client) -> None:
    """Close the socket, and end the task that writes, as when a write of its own found it closed."""
    writes, transport = client._flusher_task, client._transport
    assert writes is not None
    assert isinstance(transport, TcpTransport)
    assert transport._io_writer is not None
    writes.cancel()
    await asyncio.wait([writes])
    transport._io_writer.transport.abort()


async def _is_back(client: Client) -> bool:
    return client.stats["reconnects"] >= 1 and client.is_connected


async def _is_heard(heard: list[bytes]) -> bool:
    return bool(heard)
