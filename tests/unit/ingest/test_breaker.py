"""When the breaker opens and closes."""

from __future__ import annotations

import pytest

from services.ingest import breaker as breaker_module
from services.ingest.breaker import HOSTS_MAX, OPEN_S_MAX, WINDOW_S, Breaker


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        # Each word is one second: an upper case host is refused.
        pytest.param("AB", "..", id="two hosts are too few"),
        pytest.param("A B C", ". . o", id="three refused open it"),
        pytest.param("abc ABC", "... ..o", id="all three turn bad"),
        pytest.param("abcdef ABC", "...... ...", id="half of the hosts is not more than half"),
        pytest.param("abcde ABC", "..... ..o", id="more than half"),
        pytest.param("ABC abc", "..o ...", id="the same hosts turn good: closed"),
        pytest.param("ABC de f", "..o oo .", id="others that are good outvote them"),
        pytest.param("A A A A", ". . . .", id="one bad host counts once"),
    ],
)
def test_timeline(timeline: str, expected: str) -> None:
    breaker, found = Breaker(), []
    for second, word in enumerate(timeline.split()):
        states = ""
        for host in word:
            breaker.observe(second, {host.lower(): host.isupper()})
            states += "o" if breaker.is_open(second) else "."
        found.append(states)
    assert " ".join(found) == expected


def test_it_closes_when_the_refusals_are_a_minute_old() -> None:
    breaker = Breaker()
    breaker.observe(100, {"a": True, "b": True, "c": True})
    assert breaker.is_open(100 + WINDOW_S - 0.1)
    assert not breaker.is_open(100 + WINDOW_S)


def test_the_hosts_it_remembers_are_bounded() -> None:
    breaker = Breaker()
    breaker.observe(0, {"x": True, "y": True, "z": True})
    breaker.observe(1, {f"h{number}": False for number in range(HOSTS_MAX)})
    assert len(breaker._hosts) == HOSTS_MAX
    assert breaker_module.HOSTS_REFUSED_MIN == 3
    assert not breaker.is_open(1)


def test_it_gives_in_after_hours_until_most_are_accepted() -> None:
    breaker = Breaker()

    def opened(now: float, refused: bool = True) -> bool:
        breaker.observe(now, dict.fromkeys("abc", refused))
        return breaker.is_open(now)

    assert [opened(0), opened(OPEN_S_MAX - 1), opened(OPEN_S_MAX), opened(OPEN_S_MAX + 1)] == [True, True, False, False]
    assert [opened(OPEN_S_MAX + 2, refused=False), opened(OPEN_S_MAX + 3)] == [False, True]
