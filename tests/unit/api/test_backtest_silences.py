"""A rule of absence on times in which nothing came, as tables, and as the evaluator tells it."""

from __future__ import annotations

from datetime import datetime

import pytest

from services.api.backtest.incidents import Incidents
from services.api.backtest.silences import Silence, Unspoken
from services.api.metrics.times import Range
from shared.alerts.rule import Rule
from shared.alerts.state import Transition
from tests.unit.alerting.evaluating import Story, cpu
from tests.unit.api.backtesting import said
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import at

SILENT = rule("absence", name="silent", critical=15, intervals_min=5)
TWICE = rule("absence", name="silent", warning=20, critical=40, intervals_min=5)
HELD = rule("absence", name="silent", critical=15, intervals_min=5, for_seconds=10)


def unspoken(judge: Rule, interval_s: float = 1.0) -> Unspoken:
    return Unspoken(judge, "a", interval_s, Incidents("a", Range(at(0), at(200)), True, (), 100))


def tried(judge: Rule, words: str, interval_s: float = 1.0) -> str:
    """Return the incidents of silences such as `20-60 80-`."""
    walk = unspoken(judge, interval_s)
    pairs = [word.split("-") for word in words.split()]
    walk.take([Silence(at(float(since)), at(float(until)) if until else None) for since, until in pairs], at(200))
    return said(walk.incidents.finished())


@pytest.mark.parametrize(
    ("judge", "words", "interval_s", "expected"),
    [
        pytest.param(SILENT, "20-60", 1, "35/35-60 C", id="one"),
        pytest.param(SILENT, "20-34.9", 1, "", id="not long enough"),
        pytest.param(SILENT, "20-60 100-", 1, "35/35-60 C, 115/115- C", id="one more that lasts"),
        pytest.param(SILENT, "20-60", 10, "", id="within five intervals"),
        pytest.param(SILENT, "20-90", 10, "70/70-90 C", id="beyond five intervals"),
        pytest.param(TWICE, "20-50", 1, "40/40-50 W", id="the lesser level"),
        pytest.param(TWICE, "20-90", 1, "40/40-90 C", id="both"),
        pytest.param(HELD, "20-44", 1, "", id="a hold that is not filled"),
        pytest.param(HELD, "20-90", 1, "35/45-90 C", id="a hold"),
    ],
)
def test_silences(judge: Rule, words: str, interval_s: float, expected: str) -> None:
    assert tried(judge, words, interval_s) == expected


def test_the_peak_is_how_long_it_lasted() -> None:
    walk = unspoken(SILENT)
    walk.take([Silence(at(20), at(60)), Silence(at(100), None)], at(200))
    first, last = walk.incidents.finished()
    assert (first.value, first.peak, last.value, last.peak) == (15.0, 40.0, 15.0, 100.0)
    assert (first.source, first.series, first.labels) == (None, "host", {})


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        pytest.param(20, 40, (27.5, 35), id="while it reaches the grace"),
        pytest.param(20, 100, (27.5, 85), id="or a grace before it spoke again"),
        pytest.param(20, None, (27.5, 185), id="or before now"),
        pytest.param(20, 35, (27.5, 35), id="never later than it spoke"),
    ],
)
def test_when_somebody_else_must_have_been_heard(
    since: float, until: float | None, expected: tuple[float, float]
) -> None:
    silence = Silence(at(since), None if until is None else at(until))
    assert unspoken(SILENT).evidence(silence, at(200)) == (at(expected[0]), at(expected[1]))


@pytest.mark.parametrize("judge", [SILENT, TWICE, HELD], ids=["one level", "two levels", "a hold"])
@pytest.mark.parametrize(("first", "then"), [(20, 60), (20, 37), (20, 45), (10, 150)])
def test_it_tells_what_an_evaluator_told(judge: Rule, first: int, then: int) -> None:
    story = Story([judge])
    for second in range(200):
        if second <= first or second >= then:
            story.say(second, cpu(10, 1.0))
        story.say(second, cpu(10, 1.0), host="b")
        story.second(second + 0.5)
    walk = unspoken(judge)
    walk.take([Silence(at(first), at(then))], at(200))
    assert times(story) == [
        (incident.since, incident.fired_at, incident.until) for incident in walk.incidents.finished()
    ]


def times(story: Story) -> list[tuple[datetime, datetime, datetime]]:
    """Return from when, as of when, and until when each alert of host a fired."""
    found: list[tuple[datetime, datetime, datetime]] = []
    began: Transition | None = None
    for change in story.changes:
        if change.told is not None and change.told.is_firing:
            began = began or change.told
        elif change.told is not None and began is not None:
            found.append((began.since, began.time, change.told.time))
            began = None
    return found
