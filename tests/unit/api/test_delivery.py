"""What the figures of delivery mean: steps, who takes turns, and when two machines are one host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgpack
import pytest

from services.api.delivery.judge import (
    STEPS_MAX,
    STEPS_MIN,
    SessionSpan,
    Turn,
    alternation,
    overlapping,
    step_of,
    step_seconds_of,
)
from services.api.hosts.inventories import DUPLICATE_WITHIN, HOST_IDS_MAX, Inventories
from services.api.hosts.overview import hosts_page
from services.api.live.latest import Latest
from services.api.metrics.times import DAYS_MAX, Range

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def turns(by_time: str, by_arrival: str | None = None) -> list[Turn]:
    """Return one sample set a second; `by_arrival` says in which order the same ones reached the broker."""
    arrivals = list(range(len(by_time)))
    if by_arrival is not None:
        left = [(session, place) for place, session in enumerate(by_arrival)]
        arrivals = []
        for session in by_time:
            entry = next(each for each in left if each[0] == session)
            left.remove(entry)
            arrivals.append(entry[1])
    return [Turn(session, at(place), at(arrivals[place])) for place, session in enumerate(by_time)]


@pytest.mark.parametrize(
    ("by_time", "by_arrival", "changes"),
    [
        pytest.param("aaaa", None, None, id="one collector"),
        pytest.param("aabb", None, None, id="a restart"),
        pytest.param("aabbccdd", None, None, id="three restarts"),
        pytest.param("aba", None, None, id="there and back: too few to tell"),
        pytest.param("abab", None, 3, id="three changes"),
        pytest.param("abababab", None, 7, id="two collectors"),
        pytest.param("aaabbbaaabbb", None, 3, id="two that report seldom"),
        pytest.param("abcabcabc", None, 8, id="three collectors"),
        pytest.param("aaaabbbb", "aababbba", None, id="a restart that sends what was left"),
        pytest.param("abababab", "aaaabbbb", None, id="a restart with the clock set back"),
        pytest.param("", None, None, id="nothing"),
    ],
)
def test_who_takes_turns(by_time: str, by_arrival: str | None, changes: int | None) -> None:
    found = alternation("system", turns(by_time, by_arrival))
    assert (None if found is None else found.changes_count) == changes
    if found is not None:
        assert found.sessions == sorted(set(by_time))


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([("a", 0, 100)], False, id="one"),
        pytest.param([("a", 0, 100), ("b", 101, 200)], False, id="one after the other"),
        pytest.param([("a", 0, 100), ("b", 50, 200)], True, id="two at once"),
        pytest.param([("a", 0, 300), ("b", 10, 20), ("c", 250, 260)], True, id="within another"),
    ],
)
def test_which_sessions_overlap(spans: list[tuple[str, int, int]], expected: bool) -> None:
    sessions = [SessionSpan("s", name, at(first), at(last), 1, 9, 9, 0, False) for name, first, last in spans]
    assert bool(overlapping(sessions)) is expected


@pytest.mark.parametrize(("minutes", "step_seconds"), [(1, 1), (4, 1), (6, 2), (60, 15), (1_440, 300), (10_080, 3_600)])
def test_the_step_keeps_a_range_within_its_steps(minutes: int, step_seconds: int) -> None:
    span = Range(NOW, NOW + timedelta(minutes=minutes))
    assert step_seconds_of(span) == step_seconds


@pytest.mark.parametrize(
    ("minutes", "step_seconds"),
    [(15, 10), (60, 60), (360, 300), (1_440, 900), (7 * 1_440, 7_200), (30 * 1_440, 43_200), (365 * 1_440, 604_800)],
)
def test_the_steps_of_a_page_of_at_most_a_hundred(minutes: int, step_seconds: int) -> None:
    assert step_seconds_of(Range(NOW, NOW + timedelta(minutes=minutes)), 100) == step_seconds


@pytest.mark.parametrize("points_max", [STEPS_MIN, 100, STEPS_MAX])
def test_the_longest_range_has_not_too_many_steps(points_max: int) -> None:
    span = Range(NOW, NOW + timedelta(days=DAYS_MAX))
    assert span.end - span.start <= points_max * timedelta(seconds=step_seconds_of(span, points_max))


def test_steps_begin_at_whole_multiples() -> None:
    assert step_of(at(17), 15) == at(15)
    assert step_of(at(0), 300) == NOW


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def says(inventories: Inventories, host_id: str | None) -> None:
    body = msgpack.packb({"v": 1, "host": "web-1", "time": NOW, "host_id": host_id}, datetime=True)
    inventories.receive("$KV.hosts.web-1", bytes(body), None)


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        pytest.param("0:x 10:x 20:x", "x", id="one machine"),
        pytest.param("0:x 5:y", "x y", id="two"),
        pytest.param("0:x 5:y 10:x 15:y", "x y", id="in turn"),
        pytest.param("0:x 31:y", "y", id="one after the other"),
        pytest.param("0: 5:x", "x", id="one that says nothing"),
    ],
)
def test_two_machines_under_one_name(timeline: str, expected: str) -> None:
    clock = Clock()
    inventories = Inventories(clock)
    for entry in timeline.split():
        minute, _, host_id = entry.partition(":")
        clock.now = NOW + timedelta(minutes=int(minute))
        says(inventories, host_id or None)
    assert " ".join(inventories.host_ids("web-1")) == expected
    [host] = hosts_page(Latest(), inventories, lambda _: True, (9, None), NOW).hosts
    assert host.duplicate is (len(expected.split()) > 1)
    clock.now += DUPLICATE_WITHIN + timedelta(seconds=1)
    assert inventories.host_ids("web-1") == []


def test_few_identities_of_a_host_are_remembered_and_none_once_it_is_removed() -> None:
    inventories = Inventories(Clock())
    for number in range(HOST_IDS_MAX + 3):
        says(inventories, f"id-{number}")
    assert inventories.host_ids("web-1") == [f"id-{number}" for number in range(3, HOST_IDS_MAX + 3)]
    inventories.receive("$KV.hosts.web-1", b"", "PURGE")
    assert inventories.host_ids("web-1") == []
