"""Where a dead letter is published again, when it is left, and in which order that is safe."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack
import pytest
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js.api import PubAck

from services.ingest.dead.again import Allowance, LeftError, Sender, target_of
from services.ingest.dead.letters import DeadLetter, Part
from services.ingest.dead_letters import BURST_MAX, headers_of
from services.ingest.provenance import Provenance
from shared.subjects import backfill_subject
from shared.wire.limits import BODY_BYTES_MAX

WEEK = timedelta(days=7)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LONGEST = backfill_subject("é" * 126 + "a", "é" * 32)


def letter(age_s: float = 0, ahead_s: float = 0, **changed: Any) -> DeadLetter:
    body = changed.get("body", msgpack.packb({"time": NOW + timedelta(seconds=ahead_s)}, datetime=True))
    provenance = Provenance(changed.get("stream", "METRICS"), 7, NOW - timedelta(seconds=age_s), 0)
    place = changed.get("place", (1, 1))
    headers = headers_of(changed.get("subject", "metrics.web-1.system"), "why", provenance, *place)
    return DeadLetter((Part(12, headers, body, NOW),))


@pytest.mark.parametrize(
    ("dead", "subject"),
    [
        (letter(0), "metrics.web-1.system"),
        (letter(60), "metrics.web-1.system"),
        (letter(61), "backfill.web-1.system"),
        (letter(0, stream="BACKFILL", subject="backfill.web-1.system"), "backfill.web-1.system"),
        (letter(61, subject="metrics.web-1=2Eexample=2Ecom.a=3Db"), "backfill.web-1=2Eexample=2Ecom.a=3Db"),
        (letter(0, stream="BACKFILL", subject=LONGEST), LONGEST),
        (letter(0, body=b"\xc1"), "metrics.web-1.system"),
        (letter(0, ahead_s=300), "metrics.web-1.system"),
        (letter(0, ahead_s=-7 * 86_400), "metrics.web-1.system"),
    ],
)
def test_where_a_letter_goes(dead: DeadLetter, subject: str) -> None:
    assert target_of(dead, NOW, WEEK).subject == subject


@pytest.mark.parametrize(
    ("dead", "reason"),
    [
        (letter(place=(2, 3)), "only 1 of its 3 parts are there"),
        (letter(subject="metrics.web-1"), "is no subject of sample sets"),
        (letter(subject="metrics.web-1.a.b"), "is no subject of sample sets"),
        (letter(subject="metrics.web-1.\x1b[2J"), "is no token"),
        (letter(subject="alerts.web-1.x"), "is no subject of sample sets"),
        (letter(body=bytes(BODY_BYTES_MAX + 1)), "ingest takes 786432 at most"),
        (letter(ahead_s=301), "still 301 s ahead"),
        (letter(ahead_s=-8 * 86_400), "8 days ago, and ingest drops what is older"),
    ],
)
def test_what_could_only_be_refused_or_lost_is_left(dead: DeadLetter, reason: str) -> None:
    with pytest.raises(LeftError, match=reason):
        target_of(dead, NOW, WEEK)


def test_an_event_of_alerts_is_never_published_again() -> None:
    sentence = "it is an event of alerts, and none is published again: .* `show 12` tells"
    for place in ((1, 1), (2, 3)):
        with pytest.raises(LeftError, match=sentence):
            target_of(letter(stream="ALERTS", subject="alerts.disk.web-1.x", place=place), NOW, WEEK)


def test_a_message_to_people_is_nothing_to_publish() -> None:
    # As the notifier sets it aside.
    headers = {"Vitalwire-Reason": "channel ops, URL 1: refused", "Vitalwire-Subject": "alerts.disk.web-1.x",
               "Vitalwire-Stream": "ALERTS"}  # fmt: skip
    with pytest.raises(LeftError, match="a message to people that no channel took, so there is nothing to publish"):
        target_of(DeadLetter((Part(12, headers, b"x", NOW),)), NOW, WEEK)


@pytest.mark.parametrize(
    ("age_s", "raw_kept", "reason"),
    [
        (3_600, None, None),
        (3_601, None, r"1\.0 h ago, .*not known, so set database_url, or say it with --days-max"),
        (6 * 86_400, None, "6 days ago"),
        (7_200, timedelta(hours=2), None),
        (7_201, timedelta(hours=2), r"2\.0 h ago, and ingest drops .*: that is 0\.0833 days"),
        (30 * 86_400, timedelta(days=31), None),
    ],
)
def test_what_may_be_older_than_raw_rows_are_kept_now_is_left(
    age_s: int, raw_kept: timedelta | None, reason: str | None
) -> None:
    dead = letter(ahead_s=-age_s)
    if reason is None:
        assert target_of(dead, NOW, raw_kept).subject == "metrics.web-1.system"
        return
    with pytest.raises(LeftError, match=reason):
        target_of(dead, NOW, raw_kept)


def test_of_one_host_no_more_is_published_than_could_be_set_aside_again() -> None:
    allowance = Allowance(Counter({"web-1": BURST_MAX - 2}))
    allowance.take("web-1")
    allowance.take("web-1")
    allowance.take("web-2")
    with pytest.raises(LeftError, match=r"dropped\. Run this again later"):
        allowance.take("web-1")


@dataclass
class FakeBus:
    """A bus, its JetStream and the shelf in one, which log what is done."""

    orders: list[str] = field(default_factory=list)
    away: bool = False
    max_payload: int = 1_000
    answer: PubAck | None = None

    def jetstream(self) -> FakeBus:
        return self

    async def publish(
        self, subject: str, payload: bytes, stream: str | None = None, headers: dict[str, str] | None = None
    ) -> PubAck:
        if self.away:
            raise NatsTimeoutError
        self.orders.append(f"publish {subject} {len(payload)} {headers}")
        return self.answer or PubAck(stream=subject.split(".")[0].upper(), seq=5)

    async def delete(self, dead: DeadLetter) -> None:
        self.orders.append(f"delete {dead.sequence}")


def sender(bus: Any, dry_run: bool = False) -> Sender:
    return Sender(bus, bus, Allowance(Counter()), lambda: NOW, WEEK, dry_run)


async def test_a_letter_is_deleted_only_after_its_stream_has_it() -> None:
    bus = FakeBus()
    line = await sender(bus).send(letter(body=b"12345"))
    assert bus.orders == ["publish metrics.web-1.system 5 None", "delete 12"]
    assert line == "published on metrics.web-1.system, sequence 5 of METRICS; deleted from DEAD"


async def test_a_letter_that_no_stream_took_stays() -> None:
    bus = FakeBus(away=True)
    with pytest.raises(NatsTimeoutError):
        await sender(bus).send(letter())
    assert bus.orders == []


async def test_a_dry_run_only_says_what_would_be_done() -> None:
    bus = FakeBus()
    assert await sender(bus, dry_run=True).send(letter(61)) == "would be published on backfill.web-1.system"
    assert bus.orders == []


async def test_what_fills_a_message_whole_is_published_without_headers_that_would_not_fit() -> None:
    bus = FakeBus()
    await sender(bus).send(letter(body=bytes(1_000)))
    assert bus.orders == ["publish metrics.web-1.system 1000 None", "delete 12"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (PubAck(stream="METRICS", seq=5, duplicate=True), "took it for a repeat"),
        (PubAck(stream="OTHER", seq=5), "expected METRICS to store it, and OTHER has it"),
    ],
)
async def test_a_letter_that_its_stream_does_not_say_to_have_stored_stays(answer: PubAck, reason: str) -> None:
    bus = FakeBus(answer=answer)
    with pytest.raises(LeftError, match=reason):
        await sender(bus).send(letter(body=b"12345"))
    assert bus.orders == ["publish metrics.web-1.system 5 None"]


async def test_what_is_larger_than_the_broker_takes_now_is_left() -> None:
    with pytest.raises(LeftError, match="the broker takes 1000 at most now"):
        await sender(FakeBus()).send(letter(body=bytes(1_001)))
