"""What one address is sent and when, as timelines: the newest word of each alert, rests after failures, an end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.alerting.grouping import Telling
from services.alerting.notifier.outbox import Address, GivenUp, Outbox
from services.alerting.notifier.waiting import Message, Patience, Waiting
from tests.unit.alerting.timeline import LEVELS, at, spoken, transition

PATIENCE = Patience(timedelta(seconds=100), timedelta(seconds=2), timedelta(seconds=10))


def telling(name: str, letter: str = "C", what: Any = "news", channels: tuple[str, ...] = ("ops",)) -> Telling:
    """Return a word of an alert `host` or `rule/host`."""
    rule, _, host = name.rpartition("/")
    status: Any = "ok" if letter == "R" else "firing"
    return Telling(
        what, channels, transition(rule or "cpu", host, status, LEVELS.get(letter, "critical"), at(0), at(0))
    )


def said(message: Message | None) -> str:
    """Return `cpu C a b`, and `-` for nothing."""
    if message is None:
        return "-"
    (line,) = spoken(Telling(message.group.what, message.group.channels, each) for each in message.group.named)
    return line.partition(": ")[2]


@dataclass
class Line:
    """One address along a timeline of `0 a C; 0 ?; 1 x`: a word comes, it is asked what to send, that fails."""

    queue: Waiting = field(default_factory=lambda: Waiting(PATIENCE))
    log: list[str] = field(default_factory=list)

    def run(self, words: str) -> str:
        for word in words.split(";"):
            time, *what = word.split()
            now = at(float(time))
            if what == ["?"]:
                self.log.append(said(self.queue.next(now)))
            elif what == ["x"]:
                self.queue.failed(now, 0.999_999)
            elif what == ["v"]:
                self.queue.delivered()
            elif what == ["over"]:
                self.log.append(f"over {' '.join(self.queue.given_up(now))}")
            else:
                name, letter = what
                self.queue.add(name, telling(name, letter), now)
        return ", ".join(self.log)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("0 ?", "-", id="nothing"),
        pytest.param("0 a C; 0 ?; 0 v; 0 ?", "cpu C a, -", id="one"),
        pytest.param("0 a C; 0 b C; 0 ?", "cpu C a b", id="two in one message"),
        pytest.param("0 a C; 0 ?; 0 b C; 0 ?; 1 v; 1 ?", "cpu C a, -, cpu C b", id="one message at a time"),
        pytest.param("0 a C; 0 mem/b C; 0 c C; 0 ?; 0 v; 0 ?", "cpu C a c, mem C b", id="one rule at a time"),
        pytest.param("0 a C; 0 a R; 0 ?; 0 v; 0 ?", "cpu R a, -", id="the newest word alone"),
        pytest.param("0 a W; 0 b W; 0 a C; 0 ?; 0 v; 0 ?", "cpu W b, cpu C a", id="which waits behind the others"),
        pytest.param("0 a C; 0 ?; 0 a R; 1 v; 1 ?", "cpu C a, cpu R a", id="a newer one while it is sent"),
        pytest.param("0 a C; 0 b C; 0 ?; 0 a R; 0 x; 9 ?; 9 v; 9 ?", "cpu C a b, cpu R a, cpu C b", id="that fails"),
        pytest.param("0 a C; 0 ?; 0 x; 0 b C; 5 ?", "cpu C a, cpu C a b", id="what fails takes others along"),
        pytest.param("0 a C; 0 mem/b C; 0 ?; 0 x; 2 ?; 2 v; 2 ?", "cpu C a, mem C b, cpu C a", id="and holds up none"),
        pytest.param("0 a C; 0 ?; 0 x; 1.9 ?; 2 ?", "cpu C a, -, cpu C a", id="a rest of two seconds"),
        pytest.param("0 a C; 0 ?; 0 x; 2 ?; 2 x; 5.9 ?; 6 ?", "cpu C a, cpu C a, -, cpu C a", id="then of four"),
        pytest.param("0 a C; 0 ?; 0 x; 1 b C; 1 ?", "cpu C a, -", id="no word ends a rest"),
        pytest.param("0 a C; 0 ?; 9 x; 0 ?", "cpu C a, cpu C a", id="a clock that is set back does"),
        pytest.param("0 a C; 99 over; 100 over; 100 ?", "over , over a, -", id="given up"),
        pytest.param("0 a C; 0 ?; 100 over; 100 x; 100 over", "cpu C a, over , over a", id="not while it is sent"),
        pytest.param("0 a C; 99 a C; 100 over; 199 over", "over , over a", id="each word has its time"),
        pytest.param("0 a C; 0 b C; 50 c C; 100 over; 100 ?", "over a b, cpu C c", id="the others stay"),
    ],
)
def test_what_is_sent(words: str, expected: str) -> None:
    assert Line().run(words) == expected


def test_news_reminders_and_escalations_are_messages_of_their_own() -> None:
    queue = Waiting(PATIENCE)
    for name, what in (("a", "news"), ("b", "reminder"), ("c", "escalation")):
        queue.add(name, telling(name, what=what), at(0))
    found: list[str] = []
    while (message := queue.next(at(0))) is not None and len(found) < 9:
        found.append(said(message))
        queue.delivered()
    assert found == ["cpu C a", "again cpu C b", "unheard cpu C c"]


def test_what_has_arrived_ends_the_rests() -> None:
    line = Line()
    line.run("0 a C; 0 ?; 0 x; 2 ?; 2 v")
    assert line.queue.failures_count == 0
    assert line.run("2 b C; 2 ?; 2 x; 4 ?").endswith("cpu C b, cpu C b")


@pytest.mark.parametrize(
    ("failures_count", "share", "seconds"),
    [(1, 0.0, 1), (1, 0.5, 1.5), (2, 0.0, 2), (3, 0.0, 4), (4, 0.0, 5), (10_000, 0.0, 5), (4, 0.8, 9)],
)
def test_pauses_grow_to_a_bound_and_are_spread(failures_count: int, share: float, seconds: float) -> None:
    assert PATIENCE.pause(failures_count, share) == timedelta(seconds=seconds)


def test_beyond_the_bound_what_waits_longest_is_given_up() -> None:
    queue = Waiting(PATIENCE, waiting_max=2)
    assert [list(queue.add(name, telling(name), at(0))) for name in "abcad"] == [[], [], ["a"], ["b"], ["c"]]
    assert len(queue) == 2


def test_it_knows_of_whom_something_waits() -> None:
    queue = Waiting(PATIENCE)
    queue.add("a", telling("a"), at(0))
    queue.next(at(0))
    queue.add("b", telling("b"), at(0))
    queue.add("a", telling("a", "R"), at(0))
    assert (queue.alerts(), len(queue)) == ({"a", "b"}, 2)
    queue.delivered()
    assert queue.alerts() == {"a", "b"}
    assert sorted(queue.emptied()) == ["a", "b"]
    assert (queue.alerts(), len(queue)) == (set(), 0)


happenings = st.lists(
    st.tuples(st.sampled_from(["a", "b", "mem/a", "next", "fail", "arrive"]), st.integers(0, 3)), max_size=40
)


@settings(max_examples=300)
@given(happenings)
def test_the_newest_word_of_each_alert_arrives_in_the_end(happened: list[tuple[str, int]]) -> None:
    queue, now = Waiting(PATIENCE), 0.0
    newest: dict[str, str] = {}
    arrived: dict[str, str] = {}
    sending: Message | None = None

    def arrive() -> None:
        nonlocal sending
        if sending is not None:
            arrived.update(dict.fromkeys(sending.keys, sending.group.first.status))
        queue.delivered()
        sending = None

    for number, (what, later) in enumerate(happened):
        now += later
        if what == "next":
            sending = queue.next(at(now)) or sending
        elif what == "fail" and sending is not None:
            queue.failed(at(now), 0.5)
            sending = None
        elif what == "arrive":
            arrive()
        elif what not in ("fail", "arrive"):
            word = telling(what, "CR"[number % 2])
            newest[what] = word.transition.status
            queue.add(what, word, at(now))
    for _ in range(100):
        arrive()
        now += 20
        sending = queue.next(at(now))
        if sending is None:
            break
    assert arrived == newest
    assert len(queue) == 0


def outbox(**urls_counts: int) -> Outbox:
    made = Outbox(PATIENCE)
    made.set_addresses(addresses(**urls_counts))
    return made


def addresses(**urls_counts: int) -> list[Address]:
    return [Address(name, number + 1) for name, count in urls_counts.items() for number in range(count)]


def sent(box: Outbox, seconds: float) -> list[str]:
    return [f"{each.address.channel}/{each.address.number} {said(each.message)}" for each in box.sendings(at(seconds))]


def test_every_url_of_every_channel_that_is_named_hears_it() -> None:
    box = outbox(ops=2, boss=1, other=1)
    box.add([("a", telling("a", channels=("ops", "boss", "gone")))], at(0))
    assert sent(box, 0) == ["ops/1 cpu C a", "ops/2 cpu C a", "boss/1 cpu C a"]


def test_words_for_different_channels_meet_in_the_one_they_share() -> None:
    box = outbox(ops=1, boss=1)
    box.add([("a", telling("a", channels=("ops", "boss"))), ("b", telling("b", channels=("ops",)))], at(0))
    assert sent(box, 0) == ["ops/1 cpu C a b", "boss/1 cpu C a"]


def test_an_address_that_fails_delays_no_other() -> None:
    box = outbox(ops=1, boss=1)
    box.add([("a", telling("a", channels=("ops", "boss")))], at(0))
    ops, boss = box.sendings(at(0))
    ops.queue.failed(at(0), 0.5)
    boss.queue.delivered()
    box.add([("b", telling("b", channels=("ops", "boss")))], at(1))
    assert sent(box, 1) == ["boss/1 cpu C b"]
    assert sent(box, 2) == ["ops/1 cpu C a b"]


def test_an_alert_waits_until_every_address_is_done_with_it() -> None:
    box = outbox(ops=1, boss=1)
    box.add([("a", telling("a", channels=("ops", "boss")))], at(0))
    ops, boss = box.sendings(at(0))
    ops.queue.delivered()
    assert "a" in box.waiting_keys()
    boss.queue.failed(at(0), 0.5)
    assert "a" in box.waiting_keys()
    assert [each.address for each in box.given_up(at(100))] == [Address("boss", 1)]
    assert "a" not in box.waiting_keys()


def test_what_is_given_up_is_told_once_with_its_reason() -> None:
    box = outbox(ops=1)
    box.add([("a", telling("a"))], at(0))
    assert box.given_up(at(99)) == []
    reason = "its address took nothing for too long"
    assert box.given_up(at(100)) == [GivenUp(Address("ops", 1), telling("a"), reason)]
    assert box.given_up(at(101)) == []


def test_a_channel_that_is_removed_gives_up_what_waits_and_what_is_sent() -> None:
    box = outbox(ops=2, boss=1)
    box.add([("a", telling("a", channels=("ops", "boss")))], at(0))
    sending = box.sendings(at(0))
    box.add([("b", telling("b"))], at(0))
    box.set_addresses(addresses(ops=1))
    given_up = [(each.address, each.telling.transition.host, each.reason) for each in box.given_up(at(0))]
    gone = "its channel was changed or removed"
    assert given_up == [
        (Address("ops", 2), "a", gone), (Address("ops", 2), "b", gone), (Address("boss", 1), "a", gone),
    ]  # fmt: skip
    box.set_addresses(addresses(ops=2, boss=1))
    box.add([("c", telling("c", channels=("boss",)))], at(0))
    (again,) = [each for each in box.sendings(at(0)) if each.address.channel == "boss"]
    sending[2].queue.delivered()  # the answer to what was sent before is not one to what is sent now
    assert "c" in box.waiting_keys()
    again.queue.delivered()
    assert "c" not in box.waiting_keys()
