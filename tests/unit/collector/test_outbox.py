"""Timelines of the outbox: what is sent when, confirmed, sent again, and lost."""

from __future__ import annotations

import pytest

from services.collector.outbox import CONFIRM_S_MAX, PENDING_MAX, WAITING_BYTES_MAX, WAITING_MAX, Outbox, Outgoing, Room
from shared.wire.encode import Encoded


def sets(first: int, last: int, size: int = 10) -> list[Outgoing]:
    return [Outgoing(Encoded("session", seq, b"x" * size), 1_000 + seq) for seq in range(first, last + 1)]


def play(timeline: str) -> str:
    """Run words such as `add3 take c1 back late`; return what was taken, then published and lost."""
    outbox, now_s, seq, taken = Outbox(), 0.0, 0, []
    for word in timeline.split():
        if word.startswith("add"):
            count = int(word[3:])
            outbox.add(sets(seq + 1, seq + count))
            seq += count
        elif word == "take":
            taken.append(",".join(str(each.encoded.seq) for each in outbox.take(now_s)))
        elif word.startswith("too-large"):
            outbox.lose(int(word.removeprefix("too-large")))
        elif word.startswith("c"):
            outbox.confirm(int(word[1:]))
        elif word == "back":
            outbox.reconnected()
        elif word == "late":
            now_s += CONFIRM_S_MAX + 1
            outbox.expire(now_s)
        else:
            outbox.give_up()
    return f"{' '.join(taken)} | {outbox.published} {outbox.lost} {outbox.waiting + outbox.pending}"


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        pytest.param("add2 take c1 c2", "1,2 | 2 0 0", id="sent and confirmed"),
        pytest.param("add2 take take c2", "1,2  | 1 0 1", id="what is pending is not sent again"),
        pytest.param("add1 take c1 c1 c9", "1 | 1 0 0", id="confirmed twice counts once"),
        pytest.param("add3 take c2 back add1 take", "1,2,3 1,3,4 | 1 0 3", id="a new connection sends the rest again"),
        pytest.param("add2 take c1 late take c2", "1,2 2 | 2 0 0", id="no answer for long: sent again"),
        pytest.param("add2 take too-large1 too-large1 c2", "1,2 | 1 1 0", id="what the bus never takes is lost once"),
        pytest.param("add2 take c1 add3 end", "1,2 | 1 4 0", id="at the end what is left is lost"),
    ],
)
def test_timeline(timeline: str, expected: str) -> None:
    assert play(timeline) == expected


def test_only_so_many_are_pending_at_once() -> None:
    outbox = Outbox()
    outbox.add(sets(1, PENDING_MAX + 5))
    assert len(outbox.take(0.0)) == PENDING_MAX
    assert outbox.take(0.0) == []
    outbox.confirm(1)
    assert [each.encoded.seq for each in outbox.take(0.0)] == [PENDING_MAX + 1]


def test_the_oldest_are_lost_where_there_are_too_many() -> None:
    outbox = Outbox()
    outbox.add(sets(1, WAITING_MAX + 2))
    assert (outbox.waiting, outbox.lost) == (WAITING_MAX, 2)
    assert outbox.take(0.0)[0].encoded.seq == 3


def test_the_oldest_are_lost_where_they_are_too_large() -> None:
    outbox = Outbox()
    half = WAITING_BYTES_MAX // 2
    outbox.add(sets(1, 2, half))
    assert outbox.lost == 0
    outbox.add(sets(3, 3, 1))
    assert (outbox.waiting, outbox.lost) == (2, 1)


def test_what_was_confirmed_before_is_neither_published_nor_lost_a_second_time() -> None:
    outbox = Outbox(Room(waiting_max=3))
    outbox.add(sets(1, 3))
    for each in outbox.take(0.0):
        outbox.confirm(each.encoded.seq)
    outbox.add_again(sets(1, 3))
    assert [each.encoded.seq for each in outbox.take(0.0)] == [1, 2, 3]
    outbox.confirm(1)
    outbox.reconnected()
    outbox.add(sets(4, 4))
    assert (outbox.published, outbox.lost) == (3, 0)
    assert outbox.give_up() == 1
    assert (outbox.published, outbox.lost) == (3, 1)


@pytest.mark.parametrize(
    ("room", "waiting", "taken"),
    [(Room(waiting_max=3), 3, 3), (Room(waiting_bytes_max=25), 2, 2), (Room(pending_max=2), 5, 2)],
    ids=["sample sets", "bytes", "pending"],
)
def test_one_of_many_in_a_process_has_less_room(room: Room, waiting: int, taken: int) -> None:
    outbox = Outbox(room)
    outbox.add(sets(1, 5))
    assert (outbox.waiting, outbox.lost) == (waiting, 5 - waiting)
    assert len(outbox.take(0.0)) == taken


@pytest.mark.parametrize(("age_s", "live"), [(0, True), (60, True), (60.1, False), (-5, True)])
def test_what_is_older_than_a_minute_is_no_longer_live(age_s: float, live: bool) -> None:
    outgoing = sets(1, 1)[0]
    assert outgoing.is_live(outgoing.tick_s + age_s) is live
