"""The connection to the bus: what is shown of an address, and an end that nothing holds up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from nats.errors import FlushTimeoutError

from shared.runtime.bus import BusAddress, close
from shared.settings import Secret


def test_an_address_is_shown_without_what_identifies() -> None:
    urls = ("nats://host-a:hu@sh@127.0.0.1:4222", "tls://bus.example.com:4222")
    address = BusAddress(urls, "host-a", Secret("hush"), "test")
    assert address.shown == "127.0.0.1:4222, tls://bus.example.com:4222"
    assert "hush" not in repr(address)


@dataclass
class Breaking:
    """A connection that cannot be closed as it should be; without an error it never ends."""

    error: Exception | None
    is_told: bool = False

    async def close(self) -> None:
        self.is_told = True
        if self.error is not None:
            raise self.error
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    "error",
    [FlushTimeoutError(), ConnectionResetError("Connection lost"), RuntimeError("the handler is closed"), None],
    ids=["nats-py", "asyncio", "uvloop", "frozen"],
)
async def test_whatever_the_bus_does_the_end_is_an_end(error: Exception | None) -> None:
    connection = Breaking(error)
    async with asyncio.timeout(5):
        await close(connection, seconds_max=0.05)
    assert connection.is_told


async def test_a_bug_is_not_taken_for_the_bus() -> None:
    with pytest.raises(KeyError):
        await close(Breaking(KeyError("ours")))
