"""What people are told together, and how long is waited for more of it: transitions, racks that die, backlogs."""

from __future__ import annotations

import pytest

from tests.unit.alerting.timeline import Timeline, at


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("0 cpu a C", "0.2 ops: cpu C a", id="one, after the shortest wait"),
        pytest.param("0 cpu a C; 0.15 cpu b C", "0.35 ops: cpu C a b", id="two that follow each other"),
        pytest.param("0 cpu a C; 0.25 cpu b C", "0.2 ops: cpu C a; 0.45 ops: cpu C b", id="two that do not"),
        pytest.param("0 cpu a C; 0.1 mem b C", "0.2 ops: cpu C a; 0.3 ops: mem C b", id="each rule by itself"),
        pytest.param("0 cpu a C; 0 cpu b W", "0.2 ops: cpu C a; 0.2 ops: cpu W b", id="each level by itself"),
        pytest.param("0 cpu a C; 0.1 cpu a R", "", id="over before anybody was told"),
        pytest.param("0 cpu a W; 0.1 cpu a C", "0.3 ops: cpu C a", id="worse before anybody was told"),
        pytest.param("0 cpu a C; 9 cpu a R", "0.2 ops: cpu C a; 9.2 ops: cpu R a", id="over"),
        pytest.param("0 cpu a R", "", id="the end of what nobody was told of"),
    ],
)
def test_gathering(words: str, expected: str) -> None:
    assert Timeline().run(words) == expected


def test_a_storm_does_not_put_off_what_is_told() -> None:
    line = Timeline()
    told: list[tuple[float, int]] = []
    for number in range(1, 400):
        line.notifier.heard(line.fire("cpu", f"h{number:03}", "C", at(number * 0.01)), at(number * 0.01))
        if number % 3 == 0 and (found := line.notifier.decide(at(number * 0.01 + 0.005))):
            told.append((number * 0.01, len(found)))
    assert told == [(1.02, 102), (2.04, 102), (3.06, 102)]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param("CRCRCR", "", id="all of it is over"),
        pytest.param("CRCRC", "6.5 ops: cpu C a", id="it holds at the end"),
        pytest.param("WRC", "4.5 ops: cpu C a", id="as bad as it is at the end"),
    ],
)
def test_of_a_backlog_only_what_still_holds_at_its_end_is_told(letters: str, expected: str) -> None:
    line = Timeline()
    for number, letter in enumerate(letters):
        said = line.fire("cpu", "a", letter, at(number * 600 - 3_600))
        line.run("", until=number + 0.4)
        line.notifier.heard(said, at(number + 0.5))
    assert line.run(f"{len(letters) - 0.5} cpu b R") == expected


def test_what_happens_now_does_not_wait_for_a_backlog() -> None:
    line = Timeline()
    line.notifier.heard(line.fire("cpu", "a", "C", at(-600)), at(0))
    assert line.run("0.1 cpu b C") == "0.3 ops: cpu C b; 2 ops: cpu C a"


def test_what_never_ceases_is_told_every_second() -> None:
    words = "; ".join(f"{number * 0.15:g} cpu h{number:02} C" for number in range(14))  # until 1.95
    assert Timeline().run(words).split("; ") == [
        "1 ops: cpu C h00 h01 h02 h03 h04 h05 h06",
        "2.05 ops: cpu C h07 h08 h09 h10 h11 h12 h13",
    ]


@pytest.mark.parametrize(
    ("every_s", "told_at"),
    [
        pytest.param(0.0, "1.5", id="found silent in one moment"),
        pytest.param(0.025, "2.475", id="in two looks, a second apart"),
        pytest.param(0.2, "9.3", id="in eight"),
    ],
)
def test_a_rack_of_forty_hosts_is_one_message(every_s: float, told_at: str) -> None:
    hosts = [f"rack-{number:02}" for number in range(40)]
    words = "; ".join(f"{number * every_s:g} host_silent {host} C" for number, host in enumerate(hosts))
    assert Timeline().run(words) == f"{told_at} ops: host_silent C {' '.join(hosts)}"


def test_hosts_that_fall_silent_without_end_are_told_every_ten_seconds() -> None:
    words = "; ".join(f"{number * 1.1:g} host_silent h{number:02} C" for number in range(14))
    assert Timeline().run(words).split("; ") == [
        "10 ops: host_silent C h00 h01 h02 h03 h04 h05 h06 h07 h08 h09",
        "15.8 ops: host_silent C h10 h11 h12 h13",
    ]
