"""A channel is tried where the API asks for it, and nobody else is ever answered."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.alerting.notifier.addresses import Addresses, Send
from services.alerting.notifier.sending import AddressError, Attempts, DeliveryError, Text
from services.alerting.notifier.trying import CHANNELS_TRIED_MAX, Trying, may_answer
from shared.alerts.channel import Channel
from shared.alerts.channel_answer import ChannelAnswer, UrlTried, decode_channel_answer
from shared.settings import Secret
from shared.subjects import channel_test_subject
from tests.waiting import holds

REPLY = "_INBOX_api.abc.def"
HUSH = "hush-hush-token"


@dataclass
class Wire:
    """Keeps what is published."""

    said: list[tuple[str, bytes]] = field(default_factory=list)

    async def publish(self, subject: str, body: bytes) -> None:
        self.said.append((subject, body))


@dataclass
class Stage:
    """A notifier's addresses with what becomes of a message there, by the path of the URL."""

    wire: Wire = field(default_factory=Wire)
    sent: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    may_tell: bool = True

    def __post_init__(self) -> None:
        self.addresses = Addresses(self.sender_of)
        self.trying = Trying(
            cast(Client, self.wire), self.addresses, Attempts(0.2),
            lambda channel: Text(f"test {channel}", "", "ok"), lambda: self.may_tell,
        )  # fmt: skip

    def sender_of(self, url: Secret) -> Send:
        what = url.reveal().rpartition("/")[2]
        if what == "no-service":
            raise AddressError("its service is unknown")

        def send(text: Text) -> None:
            if what == "hangs":
                self.released.wait(60)
            if what == "fails":
                raise DeliveryError("the service answered with status 500")
            if what == "breaks":
                raise ValueError(url.reveal())
            self.sent.append(text.title)

        return send

    def set_channels(self, **channels: str) -> None:
        self.addresses.set_channels(
            {
                name: Channel(name=name, urls=tuple(Secret(f"json://{HUSH}/{what}") for what in urls.split()))
                for name, urls in channels.items()
            }
        )

    async def ask(self, channel: str, reply: str = REPLY) -> None:
        subject = channel_test_subject(channel) if channel else "notifier.test.=zz"
        await self.trying.asked(Msg(_client=cast(Client, None), subject=subject, reply=reply, data=b""))

    async def answers(self, count: int = 1) -> list[ChannelAnswer]:
        async def are_there() -> bool:
            return len(self.wire.said) >= count

        await holds(are_there, f"{count} answers", 10)
        assert {subject for subject, _ in self.wire.said} == {REPLY}
        assert not any(HUSH.encode() in body for _, body in self.wire.said)
        return [decode_channel_answer(body) for _, body in self.wire.said]


@pytest.fixture
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.released.set()


async def test_each_url_is_tried_and_named_by_its_number(stage: Stage) -> None:
    stage.set_channels(ops="good fails breaks no-service hangs", other="good")
    await stage.ask("ops")
    assert await stage.answers() == [
        ChannelAnswer(
            outcome="tried",
            urls=(
                UrlTried(url_number=1),
                UrlTried(url_number=2, reason="the service answered with status 500"),
                UrlTried(url_number=3, reason="ValueError"),
                UrlTried(url_number=4, reason="its service is unknown"),
                UrlTried(url_number=5, reason="no end within 0.2 s"),
            ),
        )
    ]
    assert stage.sent == ["test ops"]


@pytest.mark.parametrize("channel", ["nobody", ""])
async def test_a_channel_that_is_not_there_is_unknown(stage: Stage, channel: str) -> None:
    stage.set_channels(ops="good")
    await stage.ask(channel)
    assert [answer.outcome for answer in await stage.answers()] == ["unknown"]


async def test_a_channel_is_tried_once_at_a_time_and_others_beside_it(stage: Stage) -> None:
    stage.set_channels(ops="good hangs", other="good")
    for channel in ("ops", "ops", "other"):
        await stage.ask(channel)
    assert sorted(answer.outcome for answer in await stage.answers(3)) == ["busy", "tried", "tried"]
    await stage.ask("ops")
    assert [answer.outcome for answer in await stage.answers(4)][3:] == ["tried"]


async def test_so_many_channels_are_tried_at_one_time(stage: Stage) -> None:
    stage.set_channels(**{f"c{number}": "hangs" for number in range(CHANNELS_TRIED_MAX + 1)})
    for number in range(CHANNELS_TRIED_MAX + 1):
        await stage.ask(f"c{number}")
    assert [answer.outcome for answer in await stage.answers()] == ["busy"]
    await stage.answers(CHANNELS_TRIED_MAX + 1)


async def test_one_that_may_not_tell_answers_nothing(stage: Stage) -> None:
    stage.set_channels(ops="good")
    stage.may_tell = False
    for channel in ("nobody", "ops"):
        await stage.ask(channel)
    assert (stage.wire.said, stage.sent) == ([], [])


@pytest.mark.parametrize(
    ("reply", "answered"),
    [
        ("_INBOX_api.abc", True),
        ("_INBOX_api.aB0-_.def.g", True),
        ("", False),
        ("_INBOX_api", False),
        ("_INBOX_api.", False),
        ("_INBOX_api..x", False),
        ("_INBOX_api.*", False),
        ("_INBOX_api.>", False),
        ("_INBOX_api.a b", False),
        ("_INBOX_api.a\r\nPUB x 0", False),
        ("_INBOX_apix.abc", False),
        ("_INBOX_notifier.abc", False),
        ("x_INBOX_api.abc", False),
        ("$KV.notified.cpu.web-1.system", False),
        ("dead.alerts", False),
        ("_INBOX_api." + "x" * 200, False),
    ],
)
async def test_nobody_but_the_api_is_answered(
    stage: Stage, reply: str, answered: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert may_answer(reply) is answered
    if not answered:
        stage.set_channels(ops="good")
        for _ in range(3):
            await stage.ask("ops", reply)
        await asyncio.sleep(0)
        assert (stage.wire.said, stage.sent) == ([], [])
        warnings: list[Any] = [record for record in caplog.records if "answer elsewhere" in record.getMessage()]
        assert len(warnings) == 1
