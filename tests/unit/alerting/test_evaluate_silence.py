"""Hosts that fall silent and a bus that does, second by second; whoever looks, and when, tells the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from shared.alerts.rule import Rule
from tests.unit.alerting.evaluating import Story, cpu, kept
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

SILENT = rule("absence", name="silent", critical=15, intervals_min=5)
TWICE = rule("absence", name="silent", warning=20, critical=40, intervals_min=5)
HELD = rule("absence", name="silent", critical=15, intervals_min=5, for_seconds=10)
LONG_HELD = rule("absence", name="silent", critical=15, intervals_min=5, for_seconds=40)


def spoken(words: str) -> list[tuple[float, str]]:
    """Return when each host speaks: `a 0-20,50-` is each second from 0 to 20 and from 50 on, `b/10 0-` every ten."""
    found = []
    for line in words.split(";"):
        name, spans = line.split()
        name, _, step = name.partition("/")
        for span in spans.split(","):
            first, _, last = span.partition("-")
            found += [(float(second), name) for second in range(int(first), int(last or 200) + 1, int(step or 1))]
    return sorted(found)


def heard(
    words: str, seconds: float, *rules: Rule, phase_s: float = 0.5, every_s: float = 1.0, away: range = range(0)
) -> Story:
    """Return the story of hosts that speak, which is asked every so many seconds for what their silence means."""
    story, waiting = Story(list(rules or [SILENT])), spoken(words)
    now = phase_s
    while now < seconds:
        while waiting and waiting[0][0] <= now:
            second, host = waiting.pop(0)
            story.say(second, cpu(10, interval_of(words, host)), host=host)
        story.second(now, is_connected=int(now) not in away)
        now += every_s
    return story


def interval_of(words: str, host: str) -> float:
    return next(float(line.split()[0].partition("/")[2] or 1) for line in words.split(";") if line[0] == host)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param("a 0-20,60-;b 0-", "35 silent a C, 60 silent a .", id="one is silent and speaks again"),
        pytest.param("a 0-20;b 0-20", "35 bus_silent bus C", id="nobody speaks: the bus, and no host"),
        pytest.param("a 0-20,60-;b 0-20,60-", "35 bus_silent bus C, 60 bus_silent bus .", id="all speak again"),
        pytest.param("a 0-20;b 0-20,60-", "35 bus_silent bus C, 60 bus_silent bus ., 35 silent a C",
                     id="the one that does not is silent since then"),
        pytest.param("a/10 0-20;b 0-", "70 silent a C", id="five intervals where that is longer"),
        pytest.param("a 0-20,30-;b 0-", "", id="a pause"),
    ],
)  # fmt: skip
def test_silence(words: str, expected: str) -> None:
    assert ", ".join(heard(words, 110).told) == expected


@pytest.mark.parametrize(
    ("judge", "expected"),
    [
        pytest.param(TWICE, ["40 silent a W", "60 silent a C", "90 silent a ."], id="two levels"),
        pytest.param(HELD, ["45 silent a C", "90 silent a ."], id="a hold"),
        pytest.param(LONG_HELD, ["75 silent a C", "90 silent a ."], id="a hold that is longer than a gap"),
    ],
)
def test_levels_and_holds(judge: Rule, expected: list[str]) -> None:
    assert heard("a 0-20,90-;b 0-", 110, judge).told == expected


def test_the_value_is_for_how_long_nothing_came() -> None:
    fired, over = heard("a 0-20,60-;b 0-", 110).changes
    assert (fired.value, over.value) == (15.0, 0.0)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({"phase_s": 0.0}, id="on the second"),
        pytest.param({"phase_s": 0.9}, id="late in it"),
        pytest.param({"every_s": 1.7}, id="seldom"),
        pytest.param({"every_s": 4.9}, id="very seldom"),
    ],
)
@pytest.mark.parametrize("judge", [SILENT, TWICE, HELD], ids=["one level", "two levels", "a hold"])
def test_whenever_it_is_looked_at_the_same_is_told(judge: Rule, asked: dict[str, Any]) -> None:
    words = "a 0-20,90-;b 0-;c/5 0-30"
    assert sorted(ids(heard(words, 120, judge, **asked))) == sorted(ids(heard(words, 120, judge)))


def ids(story: Story) -> Iterable[str]:
    return [message.id for change in story.changes if (message := change.message()) is not None]


def test_nobody_is_judged_while_it_is_not_connected() -> None:
    assert heard("a 0-20;b 0-", 60, away=range(30, 200)).told == []
    assert heard("a 0-20;b 0-", 90, away=range(30, 50)).told == ["35 silent a C"], "its way back begins at 50"
    assert heard("a 0-20;b 0-", 84, away=range(30, 50)).told == []


def test_a_silence_that_was_told_is_not_told_again_by_a_successor_and_ends_there() -> None:
    before = heard("a 0-20;b 0-", 50)
    after = Story([SILENT])
    after.evaluator.restored(kept(before.changes), 0)
    for second in range(10, 60):
        if second <= 20 or second >= 55:
            after.say(second, cpu(10, 1), host="a")
        after.say(second, cpu(10, 1), host="b")
        after.second(second + 0.5)
    assert (before.told, after.told) == (["35 silent a C"], ["55 silent a ."])


def test_a_host_that_is_known_by_its_silence_alone_stays_silent() -> None:
    before = heard("a 0-20;b 0-", 50)
    after = Story([SILENT])
    after.evaluator.restored(kept(before.changes), 0)
    for second in range(50, 90):
        after.say(second, cpu(10, 1), host="b")
        after.second(second + 0.5)
    assert after.told == []
    after.say(90, cpu(10, 1), host="a")
    assert after.told == ["90 silent a ."]


def test_a_rule_of_silence_that_is_removed_ends_its_alerts() -> None:
    story = heard("a 0-20;b 0-", 50)
    story.ruled(second=50)
    assert story.told == ["35 silent a C", "50 silent a . rule removed"]


def test_another_level_counts_for_the_next_silence() -> None:
    story = heard("a 0-20;b 0-", 30)
    story.ruled(rule("absence", name="silent", critical=60, intervals_min=5), second=30)
    for second in range(30, 100):
        story.say(second, cpu(10, 1), host="b")
        story.second(second + 0.5)
    assert story.told == ["80 silent a C"]


def test_the_shortest_interval_counts_until_it_stays_away() -> None:
    story = Story([SILENT])
    story.say(0, cpu(10, 1))
    for second in range(10, 50, 10):
        story.say(second, cpu(10, 10))
    host = story.evaluator._hosts["a"]
    assert host.heard is not None
    assert (host.heard.interval_s, host.heard.arrival) == (10.0, at(40))


def test_a_family_that_comes_seldom_does_not_hide_one_that_comes_often() -> None:
    story = Story([SILENT])
    for second in range(30):
        story.say(second, cpu(10, 1))
        story.say(second, cpu(10, 60), source="slow")
    host = story.evaluator._hosts["a"]
    assert host.heard is not None
    assert host.heard.interval_s == 1.0
