"""The active alerts become and stay what the stream holds, whatever happens to what is heard and to the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from services.api.alerts.active import ActiveAlerts
from services.api.alerts.follow import AGAIN_S, ASKED_AT_ONCE_MAX, LOOK_S, AlertFollow
from services.api.alerts.stored import Stored
from services.api.alerts.stream import before_of
from services.api.alerts.trail import trail_of
from services.api.observations import Observations
from shared.wire.alert import AlertEvent, AlertTransition
from tests.unit.api.alert_events import FakeStream, act, after, stored, transition
from tests.waiting import holds

SOON_S = 10.0
FIRST = transition()
Started = Callable[..., Awaitable[AlertFollow]]


@pytest_asyncio.fixture
async def started() -> AsyncIterator[Started]:
    """A function that follows a stream, and returns once all of it was read."""
    tasks: list[asyncio.Task[None]] = []

    async def start(stream: FakeStream, alerts_max: int = 100, *, is_filled: bool = True) -> AlertFollow:
        def make() -> ActiveAlerts:
            return ActiveAlerts(alerts_max)

        follow = AlertFollow(stream.connected, make(), Observations(), make)
        tasks.append(asyncio.create_task(follow.run()))
        if is_filled:
            await asyncio.wait_for(follow.filled.wait(), SOON_S)
        return follow

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def shown(follow: AlertFollow) -> str:
    """Return host, level, who acknowledged and the count of comments of each alert."""
    found = sorted(
        f"{news.host}/{news.alert.level}/{news.alert.acknowledged.who if news.alert.acknowledged else '-'}"
        f"/{news.alert.comments_count}"
        for news in follow.active.firing(lambda _: True)
    )
    return " ".join(found)


async def becomes(follow: AlertFollow, expected: str) -> None:
    async def is_so() -> bool:
        return shown(follow) == expected

    await holds(is_so, expected or "nothing that fires", SOON_S, lambda: shown(follow))


async def test_what_is_stored_is_read_first(started: Started) -> None:
    stream = FakeStream()
    for event in (
        transition("over"), transition("over", "ok", time_s=5), transition("again", since_s=0),
        act(transition("again", since_s=0), who="old"), transition("again", "ok", time_s=3),
        transition("again", since_s=9), FIRST, act(FIRST), act(FIRST, "commented", comment="so"),
        transition(level="critical", time_s=4), transition(level="warning", time_s=6), transition("quiet"),
    ):  # fmt: skip
        await stream.add(event)
    follow = await started(stream)
    # Acknowledged before the newest transition; what was done about an incident before does not count.
    assert shown(follow) == "again/warning/-/0 quiet/warning/-/0 web-1/warning/kim/1"


async def test_the_acts_of_an_incident_are_found_where_its_publisher_does_not_say_what_was_before(
    started: Started,
) -> None:
    stream = FakeStream()
    story: tuple[AlertEvent, ...] = (FIRST, act(FIRST), transition(level="critical", time_s=4))
    for sequence, event in enumerate(story, 1):
        stream.messages[sequence] = stored(event, sequence)
    assert shown(await started(stream)) == "web-1/critical/kim/0"


async def test_what_people_did_about_many_alerts_is_read_of_several_at_once_and_of_each_in_its_order(
    started: Started,
) -> None:
    stream, hosts = FakeStream(), [f"web-{number:03}" for number in range(3 * ASKED_AT_ONCE_MAX)]
    for host in hosts:
        await stream.add(transition(host), heard=False)
    for host in hosts:
        for event in (act(transition(host)), act(transition(host), "commented", comment="so")):
            await stream.add(event, heard=False)
    for host in hosts[::2]:
        await stream.add(transition(host, level="critical", time_s=4), heard=False)
    follow = await started(stream, 1_000)
    levels = ("critical", "warning")
    assert shown(follow) == " ".join(f"{host}/{levels[place % 2]}/kim/1" for place, host in enumerate(hosts))
    assert stream.asked_at_once_max == ASKED_AT_ONCE_MAX


async def test_what_comes_is_taken_in_its_order(started: Started) -> None:
    stream = FakeStream()
    follow = await started(stream)
    for event in (FIRST, act(FIRST), transition("web-2"), transition(level="critical", time_s=2)):
        await stream.add(event)
    await becomes(follow, "web-1/critical/kim/0 web-2/warning/-/0")
    await stream.add(transition(status="ok", time_s=3))
    await becomes(follow, "web-2/warning/-/0")


async def test_many_at_once_are_all_taken(started: Started) -> None:
    stream = FakeStream()
    follow = await started(stream, 1_000)
    for number in range(300):
        await stream.add(transition(f"web-{number}"), heard=False)
    await stream.tell()
    assert await follow.reached(300)
    assert len(follow.active) == 300
    # Several are asked for at once, but none twice without need.
    assert stream.asked_count < 700
    assert stream.asked_at_once_max == ASKED_AT_ONCE_MAX


async def test_what_is_heard_before_it_is_stored_is_taken_at_once_and_not_at_the_next_look(started: Started) -> None:
    stream = FakeStream()
    follow = await started(stream)
    await asyncio.sleep(0.05)
    await stream.tell()
    await asyncio.sleep(0.05)
    begun = asyncio.get_running_loop().time()
    await stream.add(FIRST, heard=False)
    await becomes(follow, "web-1/warning/-/0")
    assert asyncio.get_running_loop().time() - begun < LOOK_S - 0.5


async def test_what_is_not_heard_is_found_at_the_next_look(started: Started) -> None:
    stream = FakeStream()
    follow = await started(stream)
    await stream.add(FIRST, heard=False)
    await becomes(follow, "web-1/warning/-/0")


async def test_what_was_stored_between_two_questions_is_not_passed_over(started: Started) -> None:
    stream = FakeStream()
    follow = await started(stream)
    for host in ("a", "b", "c", "d", "e"):
        await stream.add(transition(host), heard=False)
    # Of the two that are asked for at once behind the first, the first question comes too early for its message.
    stream.not_yet = {2}
    await stream.tell()
    await becomes(follow, " ".join(f"{host}/warning/-/0" for host in "abcde"))


async def test_what_is_only_heard_and_was_never_stored_counts_for_nothing(started: Started) -> None:
    stream = FakeStream()
    await stream.add(FIRST)
    follow = await started(stream)
    for _ in range(3):
        await stream.tell()
    assert await follow.reached(1)
    assert shown(follow) == "web-1/warning/-/0"


async def test_a_stream_that_was_made_anew_is_read_anew(started: Started) -> None:
    stream = FakeStream()
    for host in ("a", "b", "c"):
        await stream.add(transition(host))
    follow = await started(stream)
    follow.active.take_changed()
    stream.created, stream.messages = "second", {}
    await stream.add(transition("d"), heard=False)
    await becomes(follow, "d/warning/-/0")
    told = {news.host: news.alert.status for news in follow.active.take_changed()}
    assert told == {"a": "ok", "b": "ok", "c": "ok", "d": "firing"}


async def test_a_stream_that_lost_its_end_is_read_anew(started: Started) -> None:
    stream = FakeStream()
    for host in ("a", "b", "c"):
        await stream.add(transition(host))
    follow = await started(stream)
    del stream.messages[3]
    await becomes(follow, "a/warning/-/0 b/warning/-/0")


@pytest.mark.parametrize(
    ("kept", "shown_then"),
    [({}, "b/warning/-/0"), ({1: stored(transition("a"), 1)}, "a/warning/-/0 b/warning/-/0")],
    ids=["with all before them", "amid others"],
)
async def test_messages_that_went_unread_have_all_read_anew(
    started: Started, kept: dict[int, Stored], shown_then: str
) -> None:
    stream = FakeStream()
    await stream.add(transition("a"))
    follow = await started(stream)
    # The end of another alert is among those that are gone.
    follow.active.take(transition("c"), stored(transition("c"), 2))
    stream.messages = {**kept, 90: stored(transition("b"), 90)}
    await becomes(follow, shown_then)


async def test_a_bus_that_is_away_at_first_and_later_is_waited_for(started: Started) -> None:
    stream = FakeStream(is_away=True)
    follow = await started(stream, is_filled=False)
    await asyncio.sleep(AGAIN_S / 2)
    assert not follow.filled.is_set()
    assert not await follow.reached(1)
    stream.is_away = False
    await asyncio.wait_for(follow.filled.wait(), SOON_S)
    stream.is_away = True
    await stream.add(FIRST)
    await asyncio.sleep(AGAIN_S / 2)
    assert follow.active.is_filled
    stream.is_away = False
    await becomes(follow, "web-1/warning/-/0")


async def test_those_that_found_no_room_are_there_once_there_is_some(started: Started) -> None:
    stream = FakeStream()
    hosts = "abcdef"
    for host in hosts:
        await stream.add(transition(host))
    follow = await started(stream, alerts_max=5)
    assert (len(follow.active), follow.active.left_out_count) == (5, 1)
    left_out = next(host for host in hosts if f"{host}/" not in shown(follow))
    ending = [host for host in hosts if host != left_out][:2]
    for host in ending:
        await stream.add(transition(host, "ok", time_s=3))
    await becomes(follow, " ".join(f"{host}/warning/-/0" for host in hosts if host not in ending))


async def test_what_is_no_event_is_counted_and_passed_over(started: Started) -> None:
    stream, observed = FakeStream(), Observations()
    stream.messages[1] = Stored(1, "alerts.disk.web-1.system", b"\xc1", after(0))
    stream.messages[2] = Stored(2, "alerts.disk.web-2.system.act", b"\xc1", after(0))
    follow = AlertFollow(stream.connected, ActiveAlerts(), observed)
    running = asyncio.create_task(follow.run())
    await asyncio.wait_for(follow.filled.wait(), SOON_S)
    await stream.add(FIRST)
    await becomes(follow, "web-1/warning/-/0")
    running.cancel()
    assert observed.registry.get_sample_value("vitalwire_api_alert_events_refused_total") == 1


async def test_an_incident_is_read_back_to_its_beginning_and_on_over_its_acts() -> None:
    stream = FakeStream()
    story = (
        transition(), act(FIRST, who="early"), transition(status="ok", time_s=2), transition(since_s=50),
        act(transition(since_s=50)), transition(level="critical", since_s=50, time_s=60),
        act(transition(since_s=50), "commented", comment="so"), transition(since_s=50, time_s=70),
    )  # fmt: skip
    for event in story:
        await stream.add(event)
    newest = story[-1]
    assert isinstance(newest, AlertTransition)
    trail = await trail_of(stream, newest, stream.messages[8])
    assert sorted(taken.place.sequence for taken in trail) == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("headers", "before"),
    [
        (b"", None),
        (b"NATS/1.0\r\nNats-Msg-Id: x:y\r\n\r\n", None),
        (b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: 17\r\nNats-Msg-Id: x\r\n\r\n", 17),
        (b"NATS/1.0\r\nnats-expected-last-subject-sequence:0\r\n\r\n", 0),
        (b"NATS/1.0\r\nNats-Expected-Last-Subject-Sequence: many\r\n\r\n", None),
        (b"\xff\r\n:\r\n", None),
    ],
)
def test_a_message_says_what_stood_before_it(headers: bytes, before: int | None) -> None:
    assert before_of(headers) == before
