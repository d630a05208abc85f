"""Parts and headers of what is set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from nats.errors import TimeoutError as NatsTimeoutError

from services.ingest.batch import Refusal
from services.ingest.breaker import Breaker
from services.ingest.dead_letters import BURST_MAX, HEADER_BYTES_MAX, SetAside, headers_of, parts_of
from services.ingest.metrics import Metrics
from services.ingest.provenance import provenance_of
from tests.unit.ingest.messages import FakeMessage, ack_subject

PROVENANCE = provenance_of(ack_subject())


@pytest.mark.parametrize(
    ("body", "sizes"),
    [(b"", [0]), (b"abc", [3]), (b"abcd", [4]), (b"abcde", [4, 1]), (b"abcdefgh", [4, 4])],
)
def test_a_body_is_whole_in_its_parts(body: bytes, sizes: list[int]) -> None:
    parts = parts_of(body, 4)
    assert [len(part) for part in parts] == sizes
    assert b"".join(parts) == body


def test_headers_stay_within_their_bound_whatever_a_stranger_sent() -> None:
    headers = headers_of("metrics." + "é\r\n" * 3_000, "x\r\nNats-Rollup: all\x00" * 3_000, PROVENANCE, 1, 2)
    size = sum(len(name) + len(value.encode()) + 4 for name, value in headers.items())
    assert size <= HEADER_BYTES_MAX - len("NATS/1.0\r\n\r\n")
    assert not any(character in value for value in headers.values() for character in "\r\n\0")
    assert headers["Vitalwire-Reason"].startswith("x\\r\\nNats-Rollup: all\\x00")
    assert headers["Vitalwire-Part"] == "1/2"
    assert headers["Nats-Msg-Id"] == "METRICS:7:1"


@dataclass
class FakeJetStream:
    """Keeps what is published, or is away."""

    orders: list[str]
    away: bool = False

    async def publish(self, subject: str, payload: bytes, headers: dict[str, str]) -> None:
        if self.away:
            raise NatsTimeoutError
        self.orders.append(f"publish {subject} {len(payload)} {headers['Vitalwire-Part']}")


def set_aside(orders: list[str], breaker: Breaker, away: bool = False) -> SetAside:
    jetstream: Any = FakeJetStream(orders, away)
    return SetAside(jetstream, lambda: HEADER_BYTES_MAX + 4, breaker, Metrics(), lambda: 0.0)


@pytest.mark.parametrize(
    ("away", "expected"),
    [
        pytest.param(False, "publish dead.metrics 4 1/2, publish dead.metrics 1 2/2, term m", id="kept, then ended"),
        pytest.param(True, "", id="not kept: not ended"),
    ],
)
async def test_a_message_is_ended_only_after_every_part_is_kept(away: bool, expected: str) -> None:
    orders: list[str] = []
    await set_aside(orders, Breaker(), away).take(FakeMessage("m", b"12345", orders=orders), "why")
    assert ", ".join(orders) == expected


async def test_a_muted_host_is_ended_without_being_kept() -> None:
    orders: list[str] = []
    aside = set_aside(orders, Breaker())
    for _ in range(BURST_MAX + 1):
        await aside.take(FakeMessage("m", b"1", orders=orders), "why")
    assert orders.count("publish dead.metrics 1 1/1") == BURST_MAX
    assert orders[-2:] == ["term m", "term m"]


async def test_while_the_breaker_is_open_nothing_is_kept_or_ended() -> None:
    orders: list[str] = []
    aside = set_aside(orders, Breaker())
    for host in "abcd":
        await aside.take(FakeMessage(host, b"1", f"metrics.{host}.system", orders=orders), "why")
    assert [order for order in orders if order.startswith("term")] == ["term a", "term b"]


async def test_a_verdict_that_stays_is_not_held_by_the_breaker() -> None:
    orders: list[str] = []
    breaker = Breaker()
    breaker.observe(0.0, dict.fromkeys("abc", True))
    aside = set_aside(orders, breaker)
    for final in (False, True):
        await aside.take_judged(Refusal(FakeMessage("m", b"1", orders=orders), "clock ahead", final))
    assert orders == ["publish dead.metrics 1 1/1", "term m"]
