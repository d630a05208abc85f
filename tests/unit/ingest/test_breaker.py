"""When the breaker opens and closes, and how many messages of one host are set aside."""

from __future__ import annotations

import pytest

from services.ingest import breaker as breaker_module
from services.ingest import mute as mute_module
from services.ingest.breaker import HOSTS_MAX, WINDOW_S, Breaker
from services.ingest.mute import BURST_MAX, Mute


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


def test_a_host_has_a_burst_and_then_a_few_a_minute() -> None:
    mute = Mute()
    assert [mute.allows(0, "a") for _ in range(BURST_MAX + 2)] == [True] * BURST_MAX + [False, False]
    assert mute.allows(0, "b"), "another host has its own budget"
    later = 1 / mute_module.REFILL_PER_S
    assert [mute.allows(later, "a"), mute.allows(later, "a")] == [True, False]
    assert [mute.allows(10_000, "a") for _ in range(BURST_MAX + 1)] == [True] * BURST_MAX + [False]


def test_the_hosts_that_mute_remembers_are_bounded() -> None:
    mute = Mute()
    for number in range(mute_module.HOSTS_MAX + 5):
        mute.allows(0, f"h{number}")
    assert len(mute._budgets) == mute_module.HOSTS_MAX
