"""What waits to be told, up to where all is told, and where an evaluator begins."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.alerting.broker_clock import BrokerClock
from services.alerting.change import Change, Position
from services.alerting.outbox import Outbox
from services.alerting.restoring import CursorError, OtherStreamError, begin_at, decode_cursor, encode_cursor
from shared.alerts.state import UNSEEN, State
from tests.unit.shared.alerts.timelines import at


def state(newest: float, waiting: bool = False) -> State:
    return State("pending", "warning", at(0), at(newest), at(0) if waiting else None)


def change(sequence: int, key: str = "cpu.a.x", newest: float = 0) -> Change:
    return Change(key, UNSEEN, state(newest), Position(sequence, at(sequence)))


def filled(*sequences: int, told_until: int = 0, changes_max: int = 10, read: int = 100) -> Outbox:
    outbox = Outbox(told_until, changes_max)
    for sequence in sequences:
        outbox.add_sampled([change(sequence)], Position(sequence, at(sequence)))
    outbox.add([], Position(read, at(read)))
    return outbox


def waiting(outbox: Outbox) -> list[int]:
    return [each.position.sequence for each in outbox.front(100)]


@pytest.mark.parametrize(
    ("outbox", "expected"),
    [
        pytest.param(filled(1, 2, 2, 7), [1, 2, 2, 7], id="in order"),
        pytest.param(filled(1, 2, 3, told_until=2), [3], id="without what an earlier evaluator told"),
        pytest.param(filled(*range(20), changes_max=5), [15, 16, 17, 18, 19], id="the newest, where too much waits"),
    ],
)
def test_what_waits(outbox: Outbox, expected: list[int]) -> None:
    assert waiting(outbox) == expected
    assert len(outbox) == len(expected)


def test_what_there_was_no_room_for_is_counted() -> None:
    assert filled(*range(1, 21), changes_max=5).dropped_count == 15
    assert filled(1, 2, changes_max=5).dropped_count == 0


def test_it_is_filling_from_half_its_room_on() -> None:
    assert not filled(1, 2, changes_max=4).is_filling
    assert filled(1, 2, 3, changes_max=4).is_filling


def test_what_somebody_else_told_is_dropped_and_does_not_come_again() -> None:
    outbox = filled(1, 2, 3, 4)
    outbox.told_until(2)
    assert waiting(outbox) == [3, 4]
    outbox.add_sampled([change(2)], Position(2, at(2)))
    outbox.add_sampled([change(5)], Position(5, at(5)))
    assert waiting(outbox) == [3, 4, 5]


def test_what_time_alone_decided_waits_also_where_all_samples_are_told() -> None:
    outbox = filled(1, 2)
    outbox.done(outbox.front(2))
    outbox.add([change(100)], Position(100, at(100)))
    outbox.moved(100)
    outbox.add([change(100)], Position(100, at(100)))
    assert waiting(outbox) == [100, 100]
    assert outbox.cursor is None


def test_what_was_told_by_us_is_dropped_once_it_is_done() -> None:
    outbox = filled(1, 2, 3)
    assert [each.position.sequence for each in outbox.front(2)] == [1, 2]
    told = outbox.front(2)
    outbox.done(told)
    assert waiting(outbox) == [3]
    outbox.done(told)
    assert waiting(outbox) == [3], "once"


def test_the_cursor_is_where_all_is_told() -> None:
    outbox = filled(1, 2)
    found = [outbox.cursor]
    outbox.done(outbox.front(2))
    found.append(outbox.cursor)
    outbox.moved(100)
    found.append(outbox.cursor)
    assert found == [None, Position(100, at(100)), None], "while something waits, then once, as it is there already"
    assert Outbox().cursor is None, "nothing was read"


def test_what_is_kept_already_is_dropped_and_the_rest_stays() -> None:
    outbox = Outbox()
    outbox.add([change(1, "a", 5), change(2, "a", 9), change(3, "b", 5)], Position(3, at(3)))
    outbox.kept({"a": state(5), "c": state(50)})
    assert waiting(outbox) == [2, 3]
    assert outbox.keys == {"a", "b"}


NOW = at(10_000)


@pytest.mark.parametrize(
    ("cursor_s", "states", "expected_s"),
    [
        pytest.param(None, [], 9_880, id="two minutes, where nothing is known"),
        pytest.param(5_000, [], 4_880, id="two minutes before the cursor"),
        pytest.param(5_000, [state(100)], 4_880, id="what does not wait needs nothing older"),
        pytest.param(5_000, [state(4_800, True), state(4_900, True)], 4_800, id="what waits since its newest sample"),
        pytest.param(5_000, [state(100, True)], 4_700, id="but five minutes at most"),
        pytest.param(5_000, [state(6_000, True)], 4_880, id="newer than the cursor"),
    ],
)
def test_from_where_is_read(cursor_s: float | None, states: list[State], expected_s: float) -> None:
    cursor = None if cursor_s is None else Position(1, at(cursor_s))
    assert begin_at(cursor, states, NOW) == at(expected_s)


def test_a_level_that_waits_while_another_fires_waits_too() -> None:
    firing = State("firing", "warning", at(0), at(4_800), None, at(4_700), at(0))
    assert begin_at(Position(1, at(5_000)), [firing], NOW) == at(4_800)


def test_a_cursor_survives_its_bucket() -> None:
    position = Position(2**40, datetime(2026, 11, 26, 12, 0, 0, 123456, UTC))
    assert decode_cursor(encode_cursor(position, "then"), "then") == position
    with pytest.raises(OtherStreamError):
        decode_cursor(encode_cursor(position, "then"), "later")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_cursor_or_raise_its_error(body: bytes) -> None:
    with contextlib.suppress(CursorError):
        assert decode_cursor(body, "then").sequence >= 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"v": 2, "created": "then", "sequence": 1, "arrival": at(0)}, id="a later version"),
        pytest.param({"v": 1, "created": "then", "sequence": -1, "arrival": at(0)}, id="before the first"),
        pytest.param({"v": 1, "created": "then", "sequence": 1}, id="without a time"),
        pytest.param({"v": 1, "sequence": 1, "arrival": at(0)}, id="of no stream"),
        pytest.param({"v": 1, "created": "then", "sequence": 1, "arrival": at(0), "more": "x" * 600}, id="too long"),
    ],
)
def test_what_is_no_cursor_is_refused(content: dict[str, object]) -> None:
    with pytest.raises(CursorError):
        decode_cursor(msgspec.msgpack.encode(content), "then")


def test_the_brokers_clock_is_ours_moved_by_what_it_showed() -> None:
    clock = BrokerClock(lambda: at(50))
    assert clock.now() == at(50)
    clock.told(at(30), asked=at(9), answered=at(11))
    assert clock.now() == at(70)
