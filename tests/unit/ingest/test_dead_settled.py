"""When ingest has judged what its streams held, and what is said where it does not come to that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from nats.js.api import ConsumerInfo, SequenceInfo
from nats.js.errors import NotFoundError

from services.ingest.dead.settled import UnsettledError, is_judged, settle
from shared.subjects import DURABLE

LAST = 100


def durable(floor: int | None, pending: int = 0, unanswered: int = 0) -> ConsumerInfo:
    found: Any = {"name": DURABLE, "stream_name": "METRICS", "config": None, "created": None}
    ack_floor = None if floor is None else SequenceInfo(consumer_seq=1, stream_seq=floor)
    return ConsumerInfo(num_pending=pending, num_ack_pending=unanswered, ack_floor=ack_floor, **found)


@pytest.mark.parametrize(
    ("found", "judged"),
    [
        (durable(LAST), True),
        (durable(LAST, pending=5, unanswered=5), True),
        (durable(LAST + 1, pending=5), True),
        (durable(LAST - 1, pending=1), False),
        (durable(LAST - 1, unanswered=1), False),
        (durable(None, pending=1), False),
        (durable(0), True),
    ],
    ids=["all", "all of then", "more", "one not fetched", "one not ended", "none ever", "the rest was discarded"],
)
def test_what_is_judged(found: ConsumerInfo, judged: bool) -> None:
    assert is_judged(found, LAST) is judged


@dataclass
class FakeJetStream:
    """Says at each look how far ingest has come, the last figure from then on."""

    floors: list[int]
    there: bool = True
    looks: list[str] = field(default_factory=list)

    async def stream_info(self, stream: str) -> Any:
        self.looks.append(f"ask {stream}")
        return SimpleNamespace(state=SimpleNamespace(last_seq=LAST))

    async def consumer_info(self, stream: str, name: str) -> ConsumerInfo:
        if not self.there:
            raise NotFoundError
        floor = self.floors.pop(0) if len(self.floors) > 1 else self.floors[0]
        self.looks.append(f"{stream} {floor}")
        return durable(floor, pending=1)


async def told(jetstream: Any, stop: asyncio.Event, seconds_max: float = 10) -> str:
    with pytest.raises(UnsettledError) as error:
        await settle(jetstream, stop, seconds_max)
    return str(error.value)


async def test_it_waits_for_each_stream_in_turn() -> None:
    jetstream: Any = FakeJetStream([98, 99, 100, 99, 101])
    await settle(jetstream, asyncio.Event(), 10)
    assert jetstream.looks == [
        "ask METRICS", "METRICS 98", "METRICS 99", "METRICS 100", "ask BACKFILL", "BACKFILL 99", "BACKFILL 101"
    ]  # fmt: skip


async def test_it_waits_for_so_long_only() -> None:
    text = await told(FakeJetStream([100, 99]), asyncio.Event(), 0.3)
    assert "expected ingest to judge within 0.3 s what BACKFILL held" in text


async def test_a_signal_ends_the_wait() -> None:
    stop = asyncio.Event()
    stop.set()
    assert await told(FakeJetStream([99]), stop) == "interrupted: nothing was published again"


async def test_without_a_durable_it_names_provision() -> None:
    assert (await told(FakeJetStream([99], there=False), asyncio.Event())).endswith("run provision")
