"""Messages of one stream as they come; wherever some may be missing, that is said instead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import ConsumerConfig

from services.alerting.following import BATCH_MESSAGES, BrokenError, Following

BEGIN = ConsumerConfig()


@dataclass
class Bus:
    """The bus, its JetStream and its one subscription at once; what is asked of it is written down."""

    orders: list[str] = field(default_factory=list)
    is_connected: bool = True
    stats: dict[str, int] = field(default_factory=lambda: {"reconnects": 0})
    name: str = ""
    reply: str = ""
    take: Callable[[Msg], Awaitable[None]] | None = None

    def new_inbox(self) -> str:
        return "_INBOX_alerting.x"

    def jetstream(self, timeout: float = 5) -> Bus:
        return self

    async def subscribe(self, subject: str, cb: Callable[[Msg], Awaitable[None]], **_: Any) -> Bus:
        self.take = cb
        return self

    async def unsubscribe(self) -> None:
        self.orders.append("unsubscribe")

    async def add_consumer(self, stream: str, config: ConsumerConfig) -> Any:
        self.name = config.name or ""
        self.orders.append(f"add from {config.opt_start_seq}" if config.opt_start_seq else "add")
        return SimpleNamespace(num_pending=3)

    async def delete_consumer(self, stream: str, name: str) -> None:
        self.orders.append("delete")

    async def publish(self, subject: str, body: bytes, reply: str) -> None:
        assert subject == f"$JS.API.CONSUMER.MSG.NEXT.METRICS.{self.name}"
        self.reply = reply
        self.orders.append("ask")

    async def bring(self, *numbers: int, name: str = "") -> None:
        """Deliver messages of these numbers of the consumer; that of the stream is a hundred more."""
        assert self.take is not None
        for number in numbers:
            place = f"$JS.ACK.METRICS.{name or self.name}.1.{100 + number}.{number}.1700000000000000000.{9 - number}"
            await self.take(Msg(cast(Client, None), "metrics.a.system", place, b""))

    async def end(self, status: str, description: str = "") -> None:
        """End the open request."""
        assert self.take is not None
        headers = {"Status": status, "Description": description}
        await self.take(Msg(cast(Client, None), self.reply, "", b"", headers))


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest_asyncio.fixture
async def following(bus: Bus) -> Following:
    made = Following(cast(Client, bus), "METRICS", "metrics.>")
    await made.begin(BEGIN)
    return made


def numbers(messages: list[Msg]) -> list[int]:
    return [message.metadata.sequence.stream for message in messages]


async def test_messages_come_in_order_and_tell_how_many_are_behind(bus: Bus, following: Following) -> None:
    assert following.pending == 3
    await bus.bring(1, 2)
    assert numbers(await following.next(1)) == [101, 102]
    assert following.pending == 7


async def test_the_first_that_comes_ends_the_wait(bus: Bus, following: Following) -> None:
    waiting = asyncio.create_task(following.next(60))
    await asyncio.sleep(0)
    await bus.bring(1)
    assert numbers(await asyncio.wait_for(waiting, 10)) == [101]


async def test_nothing_comes_for_a_while(bus: Bus, following: Following) -> None:
    assert await following.next(0.01) == []
    assert await following.next(0.01) == []
    assert bus.orders == ["add", "ask"], "one request is open at a time"


async def test_another_request_is_made_once_one_has_ended_or_brought_all(bus: Bus, following: Following) -> None:
    await following.next(0.01)
    await bus.end("408", "Request Timeout")
    assert await following.next(0.01) == []
    assert bus.orders == ["add", "ask", "ask"]
    await bus.bring(*range(1, BATCH_MESSAGES + 1))
    assert len(await following.next(0.01)) == BATCH_MESSAGES
    await following.next(0.01)
    assert bus.orders == ["add", "ask", "ask", "ask"]


@pytest.mark.parametrize("came", [(2,), (1, 3), (1, 1)], ids=["the first is missing", "one between is", "one twice"])
async def test_a_hole_is_told(bus: Bus, following: Following, came: tuple[int, ...]) -> None:
    await bus.bring(*came)
    with pytest.raises(BrokenError):
        await following.next(1)


@pytest.mark.parametrize("end", [("503", ""), ("409", "Consumer Deleted")], ids=["nobody there", "deleted"])
async def test_a_broker_that_knows_us_no_more_is_told(bus: Bus, following: Following, end: tuple[str, str]) -> None:
    waiting = asyncio.create_task(following.next(60))
    await asyncio.sleep(0.01)
    await bus.end(*end)
    with pytest.raises(BrokenError):
        await asyncio.wait_for(waiting, 10)


async def test_after_a_reconnect_some_may_be_missing(bus: Bus, following: Following) -> None:
    bus.stats["reconnects"] += 1
    with pytest.raises(BrokenError):
        await following.next(1)


async def test_it_goes_on_behind_a_message_with_another_consumer(bus: Bus, following: Following) -> None:
    before = bus.name
    await bus.bring(1)
    await following.after(101)
    await bus.bring(2, name=before)
    await bus.bring(1)
    assert numbers(await following.next(1)) == [101]
    assert bus.orders == ["add", "unsubscribe", "delete", "add from 102"]


async def test_while_the_bus_is_away_nothing_is_asked(bus: Bus, following: Following) -> None:
    bus.is_connected = False
    assert await following.next(0.01) == []
    assert bus.orders == ["add"]


async def test_without_a_beginning_nothing_is_followed(bus: Bus) -> None:
    with pytest.raises(BrokenError):
        await Following(cast(Client, bus), "METRICS", "metrics.>").next(1)
