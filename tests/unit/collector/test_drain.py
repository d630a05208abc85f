"""What the drain sends: in which order, how much at once, on which subject, and when it tries again."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import MaxPayloadError

from services.collector.answers import is_never_stored
from services.collector.drain import SENT_BYTES_MAX, SENT_MAX, Backoff, Drain, Pace, Window
from services.collector.spool_records import Batch
from shared.wire.limits import LIVE_SECONDS_MAX
from tests.unit.collector.spools import NOW_S, Spools, sets

STORED = {"stream": "BACKFILL", "seq": 1}


@dataclass
class Bus:
    """A connection that keeps what it is told, and answers when the test says so."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    is_connected: bool = True
    max_payload: int = 100_000

    def new_inbox(self) -> str:
        return "_INBOX_h.x"

    async def subscribe(self, subject: str, cb: object) -> None:
        self.answered = cb

    async def publish(self, subject: str, body: bytes, reply: str, headers: Mapping[str, str]) -> None:
        if len(body) > self.max_payload:
            raise MaxPayloadError
        self.sent.append((subject, headers["Nats-Msg-Id"]))
        self.replies.append(reply)

    async def answer(self, content: object, *places: int) -> None:
        for place in places or range(len(self.replies)):
            message = Msg(cast("Client", self), self.replies[place], "", json.dumps(content).encode())
            await self.answered(message)  # type: ignore[operator]

    @property
    def seqs(self) -> list[int]:
        return [int(identity.partition(":")[2]) for _, identity in self.sent]


@dataclass
class Stage:
    bus: Bus
    spools: Spools
    drain: Drain
    behind: list[bool]


async def stage(spools: Spools, count: int, pace: Pace | None = None, tick_s: int = NOW_S) -> Stage:
    spool, bus, behind = spools.open(), Bus(), [False]
    assert spool.append(sets(1, count, tick_s=tick_s))
    clocks = (spools.clock.wall, spools.clock.monotonic)
    drain = Drain("web-1", spool, pace or Pace(rate_max=10_000), clocks, lambda: behind[0])
    await drain.attach(cast("Client", bus))
    return Stage(bus, spools, drain, behind)


async def test_the_oldest_go_first_and_only_so_many_at_once(spools: Spools) -> None:
    playing = await stage(spools, 50)
    assert playing.bus.seqs == list(range(1, SENT_MAX + 1))
    await playing.bus.answer(STORED, 0, 1)
    assert playing.bus.seqs == list(range(1, SENT_MAX + 3))
    await playing.bus.answer(STORED)
    assert playing.bus.seqs == list(range(1, 51))
    assert spools.opened[0].waiting == 50 - SENT_MAX - 2
    await playing.bus.answer(STORED)
    assert spools.opened[0].waiting == 0


async def test_the_rate_is_bounded(spools: Spools) -> None:
    playing = await stage(spools, 1_000, Pace(rate_max=50))
    for _ in range(20):
        await playing.bus.answer(STORED)
        spools.clock.passed_s += 0.1
        await playing.drain.step()
    assert 100 <= len(playing.bus.sent) <= 50 * 2 + 10


async def test_what_is_new_goes_first(spools: Spools) -> None:
    playing = await stage(spools, 100)
    playing.behind[0] = True
    before = len(playing.bus.sent)
    await playing.bus.answer(STORED)
    await playing.drain.step()
    assert len(playing.bus.sent) == before
    playing.behind[0] = False
    await playing.drain.step()
    assert len(playing.bus.sent) > before


@pytest.mark.parametrize(
    ("session", "age_s", "subject"),
    [
        ("s1", 0, "metrics.web-1.system"),
        ("s1", LIVE_SECONDS_MAX, "metrics.web-1.system"),
        ("s1", LIVE_SECONDS_MAX + 1, "backfill.web-1.system"),
        ("earlier", 0, "backfill.web-1.system"),
        ("earlier", LIVE_SECONDS_MAX + 1, "backfill.web-1.system"),
    ],
)
async def test_only_what_is_ours_and_young_is_live(spools: Spools, session: str, age_s: int, subject: str) -> None:
    playing = await stage(spools, 1)
    (outgoing,) = sets(0, 0, session=session, tick_s=int(NOW_S - age_s))
    assert playing.drain.subject_of(outgoing) == subject


async def test_a_refusal_keeps_everything_and_is_tried_again_later_and_later(
    spools: Spools, caplog: pytest.LogCaptureFixture
) -> None:
    playing = await stage(spools, 3, Pace(rate_max=10_000, retry_s_max=4))
    tried = list[float]()
    for tenths in range(200):
        if len(playing.bus.sent) > len(tried) * 3:
            tried.append(tenths / 10)
            await playing.bus.answer({"error": {"code": 503, "description": "maximum bytes exceeded"}}, -3, -2, -1)
        spools.clock.passed_s += 0.1
        await playing.drain.step()
    waits = [round(later - earlier) for earlier, later in itertools.pairwise(tried)]
    assert waits[:5] == [1, 2, 4, 4, 4]
    assert (spools.opened[0].waiting, spools.opened[0].lost) == (3, 0)
    assert [record.message for record in caplog.records] == [
        "the bus does not store what the spool holds; it is tried again"
    ]
    while len(playing.bus.sent) == 3 * len(tried):
        spools.clock.passed_s += 0.1
        await playing.drain.step()
    await playing.bus.answer(STORED, -3, -2, -1)
    assert spools.opened[0].waiting == 0


async def test_what_is_too_large_for_its_stream_is_lost_and_stops_no_other(spools: Spools) -> None:
    playing = await stage(spools, 3)
    await playing.bus.answer({"error": {"code": 400, "err_code": 10054, "description": "too large"}}, 0)
    await playing.bus.answer(STORED, 1, 2)
    assert (spools.opened[0].waiting, spools.opened[0].lost) == (0, 1)


async def test_what_is_too_large_for_the_bus_is_lost_and_stops_no_other(
    spools: Spools, caplog: pytest.LogCaptureFixture
) -> None:
    spool = spools.open()
    assert spool.append([*sets(1, 1), *sets(2, 2, Bus.max_payload + 1), *sets(3, 3)])
    spools.opened.clear()
    spool.close()
    playing = await stage(spools, 1)
    await playing.bus.answer(STORED)
    assert playing.bus.seqs == [1, 3]
    assert spools.opened[0].oldest() is None
    assert (spools.opened[0].waiting, spools.opened[0].lost) == (0, 1)
    assert ["max_payload" in record.message for record in caplog.records] == [True]


async def test_without_an_answer_it_is_sent_again(spools: Spools) -> None:
    playing = await stage(spools, 3)
    await playing.bus.answer(STORED, 1)
    spools.clock.passed_s += 11
    await playing.drain.step()
    assert playing.bus.seqs == [1, 2, 3, 1, 3]


async def test_a_new_connection_sends_the_rest_again(spools: Spools) -> None:
    playing = await stage(spools, 3)
    await playing.bus.answer(STORED, 0)
    await playing.drain.reconnected()
    assert playing.bus.seqs == [1, 2, 3, 2, 3]
    await playing.bus.answer(STORED, 1, 2)
    assert spools.opened[0].waiting == 2, "answers to what was sent before are not awaited"
    await playing.bus.answer(STORED, 3, 4)
    assert spools.opened[0].waiting == 0


def test_bytes_on_the_wire_are_bounded_but_one_always_goes() -> None:
    half = SENT_BYTES_MAX // 2
    batch = Batch(1, 3, True, {(each.encoded.session, each.encoded.seq): each for each in sets(1, 3, half)})
    window = Window(batch)
    for number in (1, 2):
        assert window.next() is not None
        window.sent(number, 0.0)
    assert window.next() is None
    assert window.answered(1) == ("s1", 1)
    assert window.next() == ("s1", 3)
    large = Window(Batch(1, 1, True, {("s1", 1): sets(1, 1, 2 * SENT_BYTES_MAX)[0]}))
    assert large.next() == ("s1", 1)


def test_refusals_of_one_round_are_one() -> None:
    backoff = Backoff(1.0, 30.0)
    for _ in range(32):
        backoff.refused(0.0)
    assert (backoff.is_over(0.9), backoff.is_over(1.0)) == (False, True)
    backoff.refused(1.0)
    assert (backoff.is_over(2.9), backoff.is_over(3.0)) == (False, True)
    backoff.succeeded()
    assert backoff.is_over(0.0)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":{"code":400,"err_code":10054,"description":"message size exceeds maximum allowed"}}', True),
        (b'{"error":{"code":503,"err_code":10077,"description":"maximum bytes exceeded"}}', False),
        (b'{"error":"no"}', False),
        (b'{"stream":"METRICS","seq":3}', False),
        (b"[]", False),
        (b"", False),
    ],
)
def test_only_what_is_too_large_is_never_stored(body: bytes, expected: bool) -> None:
    assert is_never_stored(body) is expected
