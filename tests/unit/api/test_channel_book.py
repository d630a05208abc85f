"""Channels are set, listed by name, deleted and tried; nothing ever tells what lies behind one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from services.api.buckets import Bucket
from services.api.channels import book as channel_book
from services.api.channels.book import MARKER_S, ChannelBook
from services.api.channels.schemas import UrlTest
from services.api.errors import (
    ApiError,
    BusAwayError,
    ConflictError,
    NotFoundError,
    UnacceptableError,
    UnavailableError,
)
from shared.alerts.channel import decode_channel
from shared.alerts.channel_answer import ChannelAnswer, UrlTried, encode_channel_answer
from shared.alerts.rule import CHANNELS_MAX
from shared.subjects import channel_test_subject, token
from tests.unit.api.fake_bus import ACTOR, NOW, Database, FakeBus

HUSH = "hush-hush-token"
BODY = {"urls": [f"json://user:{HUSH}@127.0.0.1/x"]}
HOSTILE = '<b>"당직"</b> $(id) {x} *.>'


@dataclass
class Stage:
    """A book of channels, and the clock that it goes by."""

    bus: FakeBus = field(default_factory=FakeBus)
    database: Database = field(default_factory=Database)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.book = self.another()

    def another(self) -> ChannelBook:
        return ChannelBook(Bucket(self.bus, "alert_channels"), self.bus, self.database.trail, lambda: self.now, 0)

    async def names(self, book: ChannelBook | None = None) -> list[str]:
        return [channel.name for channel in (await (book or self.book).channels()).channels]

    def answer(self, name: str, *answers: bytes) -> None:
        self.bus.answers[channel_test_subject(name)] = list(answers)

    @property
    def tests_count(self) -> int:
        return sum(subject.startswith("notifier.test.") for subject in self.bus.asked)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize("name", ["ops", HOSTILE, "x" * 64])
async def test_a_channel_is_kept_as_the_notifier_reads_it_and_listed_by_name_alone(stage: Stage, name: str) -> None:
    await stage.book.put(ACTOR, name, BODY)
    kept = decode_channel(stage.bus.body_of(f"$KV.alert_channels.{token(name)}"), name)
    assert [url.reveal() for url in kept.urls] == BODY["urls"]
    assert await stage.names() == [name]
    assert [(deed.action, deed.target, deed.detail) for deed in stage.database.entered] == [
        ("channel set", name, "1 address"),
    ]  # fmt: skip
    assert not any("MSG.GET" in subject or "CONSUMER" in subject for subject in stage.bus.asked)


async def test_what_cannot_be_used_changes_nothing(stage: Stage) -> None:
    for name, body in (("ops", {"urls": [HUSH]}), (" ops", BODY), ("x" * 65, BODY), ("a\u202eb", BODY)):
        with pytest.raises(UnacceptableError) as refused:
            await stage.book.put(ACTOR, name, body)
        assert HUSH not in refused.value.detail
    assert (stage.bus.kept, stage.database.entered) == ({}, [])


async def test_a_deleted_channel_is_gone_at_once_here_and_in_a_minute_elsewhere(stage: Stage) -> None:
    other = stage.another()
    await stage.book.put(ACTOR, "ops", BODY)
    await stage.book.delete(ACTOR, "ops")
    assert f"Nats-TTL: {MARKER_S}".encode() in stage.bus.kept["$KV.alert_channels.ops"][1]
    assert (await stage.names(), await stage.names(other)) == ([], ["ops"])
    with pytest.raises(NotFoundError):
        await stage.book.delete(ACTOR, "ops")
    stage.now += timedelta(seconds=MARKER_S - 1)
    assert await stage.names() == []
    # Then the broker has forgotten the marker; one that is set again meanwhile is there at once.
    await stage.book.put(ACTOR, "ops", BODY)
    assert await stage.names() == ["ops"]
    assert stage.database.said == [
        ("kim", "channel set", "ops"), ("kim", "channel deleted", "ops"), ("kim", "channel set", "ops"),
    ]  # fmt: skip


async def test_there_are_as_many_channels_as_may_be(stage: Stage) -> None:
    for number in range(CHANNELS_MAX):
        await stage.book.put(ACTOR, f"c{number}", BODY)
    with pytest.raises(ConflictError, match=f"There are {CHANNELS_MAX} channels"):
        await stage.book.put(ACTOR, "one more", BODY)
    await stage.book.put(ACTOR, "c0", BODY)


def encoded(outcome: str, *urls: UrlTried) -> bytes:
    return encode_channel_answer(ChannelAnswer(outcome=outcome, urls=urls))  # type: ignore[arg-type]


async def test_a_test_says_what_became_of_each_address(stage: Stage) -> None:
    await stage.book.put(ACTOR, HOSTILE, BODY)
    tried = (UrlTried(url_number=1), UrlTried(url_number=2, reason="the service answered with status 500"))
    stage.answer(HOSTILE, encoded("tried", *tried))
    found = await stage.book.test(ACTOR, HOSTILE)
    assert found.urls == [UrlTest(1, True, None), UrlTest(2, False, "the service answered with status 500")]
    assert stage.database.entered[-1].detail == "1 of 2 arrived"


async def test_a_notifier_that_has_not_read_a_new_channel_yet_is_asked_again(
    stage: Stage,
) -> None:
    await stage.book.put(ACTOR, "ops", BODY)
    stage.answer("ops", encoded("unknown"), encoded("tried", UrlTried(url_number=1)))
    assert (await stage.book.test(ACTOR, "ops")).urls == [UrlTest(1, True, None)]
    assert stage.tests_count == 2


@pytest.mark.parametrize(
    ("answers", "error", "says", "tests_count"),
    [
        pytest.param([], UnavailableError, "No notifier tells now: nothing was sent", 1, id="nobody"),
        pytest.param([encoded("busy")], ConflictError, "being tested already", 1, id="busy"),
        pytest.param([encoded("unknown")], UnavailableError, "does not know this channel",
                     channel_book.KNOWN_ASKS_MAX, id="unknown"),
        pytest.param([b"\xc1"], BusAwayError, "must be of the same release", 1, id="no answer of ours"),
        pytest.param([b"x" * 70_000], BusAwayError, "at most 65536 bytes", 1, id="too large"),
    ],
)  # fmt: skip
async def test_a_test_that_cannot_be_made_says_why(
    stage: Stage, answers: list[bytes], error: type[ApiError], says: str, tests_count: int
) -> None:
    await stage.book.put(ACTOR, "ops", BODY)
    if answers:
        stage.answer("ops", *answers)
    with pytest.raises(error, match=says):
        await stage.book.test(ACTOR, "ops")
    assert stage.tests_count == tests_count
    assert [deed.action for deed in stage.database.entered] == ["channel set"]


async def test_nobody_is_asked_about_a_channel_that_there_is_not(stage: Stage) -> None:
    with pytest.raises(NotFoundError, match="There is no channel 'ops'"):
        await stage.book.test(ACTOR, "ops")
    assert stage.tests_count == 0
