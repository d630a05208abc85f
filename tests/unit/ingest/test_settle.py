"""The order of write, ack and setting aside, as order logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from services.ingest.batch import Delivery, Message
from services.ingest.errors import RefusedError, TooSlowError, UnavailableError
from services.ingest.provenance import provenance_of
from services.ingest.settle import settle
from shared.wire.decode import decode
from tests.unit.ingest.messages import FakeMessage, body


@dataclass
class FakeSink:
    """Refuses a batch that holds a bad name, is too slow for more than `fast` names, away after `writes_max`."""

    orders: list[str]
    bad: str = ""
    fast: int = 99
    writes_max: int = 99
    error: type[Exception] | None = None

    async def write(self, deliveries: Sequence[Delivery]) -> None:
        names = "".join(name_of(delivery.message) for delivery in deliveries)
        self.writes_max -= 1
        if self.error is not None:
            raise self.error("broken")
        if self.writes_max < 0:
            raise UnavailableError("away")
        if len(names) > self.fast:
            raise TooSlowError("slow")
        if set(names) & set(self.bad):
            raise RefusedError("bad")
        self.orders.append(f"write {names}")


@dataclass
class FakeDeadLetters:
    """Remembers what was set aside."""

    orders: list[str] = field(default_factory=list)

    async def take(self, message: Message, reason: str) -> None:
        self.orders.append(f"dead {name_of(message)} {reason}")


def name_of(message: Message) -> str:
    assert isinstance(message, FakeMessage)
    return message.name


def deliveries(names: str, orders: list[str]) -> list[Delivery]:
    messages = [FakeMessage(name, body(), orders=orders) for name in names]
    return [
        Delivery(message, decode(message.data, message.subject), provenance_of(message.reply)) for message in messages
    ]


@pytest.mark.parametrize(
    ("names", "bad", "expected"),
    [
        pytest.param("", "", "", id="nothing"),
        pytest.param("ab", "", "write ab, ack a, ack b", id="all good"),
        pytest.param("c", "c", "dead c bad", id="one, refused"),
        pytest.param("abcd", "c", "write ab, ack a, ack b, dead c bad, write d, ack d", id="bisect"),
        pytest.param("abc", "ac", "dead a bad, write b, ack b, dead c bad", id="both ends"),
        pytest.param("abcd", "abcd", "dead a bad, dead b bad, dead c bad, dead d bad", id="all refused"),
    ],
)
async def test_the_order_of_write_and_ack(names: str, bad: str, expected: str) -> None:
    orders: list[str] = []
    await settle(deliveries(names, orders), FakeSink(orders, bad), FakeDeadLetters(orders))
    assert ", ".join(orders) == expected


@pytest.mark.parametrize(
    ("sink", "expected"),
    [
        pytest.param(FakeSink([], fast=2), "write ab, ack a, ack b, write cd, ack c, ack d", id="too slow: halved"),
        pytest.param(FakeSink([], fast=0), "left abcd", id="one alone is too slow: later"),
        pytest.param(FakeSink([], writes_max=0), "left abcd", id="away: nothing is acked"),
        pytest.param(FakeSink([], bad="d", writes_max=2), "write ab, ack a, ack b, left cd", id="away amid the halves"),
    ],
)
async def test_nothing_is_acked_that_was_not_written(sink: FakeSink, expected: str) -> None:
    orders = sink.orders
    unwritten = await settle(deliveries("abcd", orders), sink, FakeDeadLetters(orders))
    assert unwritten is not None or expected.endswith("ack d")
    if unwritten is not None:
        orders.append("left " + "".join(name_of(delivery.message) for delivery in unwritten.deliveries))
    assert ", ".join(orders) == expected


async def test_our_own_bug_passes_through_and_nothing_is_acked() -> None:
    orders: list[str] = []
    with pytest.raises(KeyError):
        await settle(deliveries("ab", orders), FakeSink(orders, error=KeyError), FakeDeadLetters(orders))
    assert orders == []
