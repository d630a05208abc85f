"""Rate, forecast and deviation as timelines: a tick every 10 s, what the alert does at each as runs of letters."""

from __future__ import annotations

import itertools
import math
import sys
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.alerts.condition import condition_of
from shared.alerts.history import EMPTY, POINTS_MAX, History, remembered
from shared.alerts.measure import SPREADS_MIN, measure
from shared.alerts.rule import HORIZON_SECONDS_MAX, Rule
from shared.alerts.state import UNSEEN
from shared.alerts.step import step
from shared.family import UNITS
from tests.unit.shared.alerts.rules import rule
from tests.unit.shared.alerts.timelines import INTERVAL_S, START, at, letter


def expanded(words: str) -> list[float | None]:
    """Return the value of each tick: `5`, `5x3` is three of it, `0>6x4` is 0 2 4 6, `~5x3` wavers by 1, `-` is none."""
    found: list[float | None] = []
    for word in words.split():
        text, _, times = word.partition("x")
        count = int(times or 1)
        if text == "-":
            found += [None] * count
        elif ">" in text:
            first, last = map(float, text.split(">"))
            found += [first + (last - first) * number / (count - 1) for number in range(count)]
        elif text.startswith("~"):
            found += [float(text[1:]) + (number % 3 - 1) for number in range(count)]
        else:
            found += [float(text)] * count
    return found


def runs(letters: list[str]) -> str:
    return " ".join(f"{each}{len(list(group))}" for each, group in itertools.groupby(letters))


def timeline(judge: Rule, words: str) -> str:
    """Return where the alert stands at each tick with a value, in runs; `?` while too little is known."""
    state, history, letters = UNSEEN, EMPTY, []
    for tick, value in enumerate(expanded(words)):
        if value is None:
            continue
        now = at(tick * INTERVAL_S)
        history, number = measure(judge, history, value, now.timestamp())
        if number is not None:
            state = step(condition_of(judge, "web-1"), state, number, now, INTERVAL_S)
        letters.append("?" if number is None else letter(state))
    return runs(letters)


RATE = {"warning": 1, "critical": 5, "window_seconds": 100}
FALLING = {**RATE, "comparison": "below", "warning": -1, "critical": -5}
FORECAST = {"warning": 3_600, "critical": 600, "window_seconds": 600, "clear": 0}
DEVIATION = {"warning": 4, "critical": 8, "window_seconds": 600, "family": "cpu", "column": "total_percent"}


@pytest.mark.parametrize(
    ("changes", "words", "expected"),
    [
        pytest.param(RATE, "7x10", "?5 .5", id="a constant has no rate; half a window must be seen"),
        pytest.param(RATE, "0>100x11", "?5 W6", id="exactly 1 a second"),
        pytest.param(RATE, "0>99x11", "?5 .6", id="just short of 1 a second"),
        pytest.param(RATE, "0>500x11", "?5 C6", id="exactly 5 a second"),
        pytest.param(RATE, "0x10 100 100x9", "?5 .5 W10", id="a jump counts for a window"),
        pytest.param(RATE, "0x10 100 100x10 100", "?5 .5 W10 .2", id="and then no more"),
        pytest.param(RATE, "100x10 0", "?5 .6", id="falling is no rise"),
        pytest.param(FALLING, "100x10 0", "?5 .5 W1", id="below is falling"),
        pytest.param(FALLING, "0>100x11", "?5 .6", id="rising is no fall"),
        pytest.param(RATE, "0x3 500", "?4", id="a jump within half a window"),
        pytest.param(RATE, "0x10 -x5 110 110", "?5 .5 W2", id="the oldest within the window is what counts"),
        pytest.param(RATE, "0x10 -x11 1000 1000", "?5 .5 ?2", id="after a window without values all begins anew"),
        pytest.param({**RATE, "for_seconds": 20}, "0>100x11", "?5 p2 W4", id="with a hold"),
        pytest.param({**RATE, "window_seconds": 3_600}, "0>179x180 0>180x5", "?180 .5", id="half of a longer window"),
    ],
)
def test_rate(changes: dict[str, Any], words: str, expected: str) -> None:
    assert timeline(rule("rate", **changes), words) == expected


@pytest.mark.parametrize(
    ("changes", "words", "expected"),
    [
        pytest.param({}, "50x20", "?10 .10", id="a disk that stays as it is; ten points are needed"),
        pytest.param({}, "10>60x51", "?10 W20 C21", id="0.1 points a second: full in 13 minutes, then in 10"),
        pytest.param({}, "10>18x9", "?9", id="nine points are too few"),
        pytest.param({}, "10>12.9x30", "?10 .20", id="full in two and a half hours"),
        pytest.param({}, "10>14.5x10 15>39x49", "?10 W49", id="full in less than an hour"),
        pytest.param({}, "90>61x30", "?10 .20", id="a disk that empties"),
        pytest.param({"comparison": "below", "target": 0}, "90>61x30", "?10 W20", id="what empties, below"),
        pytest.param({"comparison": "below", "target": 0}, "10>39x30", "?10 .20", id="what fills, below"),
        pytest.param({}, "10>29x20 10 10x20", "?10 W19 .12", id="emptied: the pace of before counts for a while"),
        pytest.param({}, "50x20 80x2 50x20", "?10 .32", id="a large file for a moment moves no median"),
        pytest.param({}, "~50x40", "?10 .30", id="wavering goes nowhere"),
        pytest.param({}, "99.9 100x12", "?1 C12", id="what is reached needs no trend"),
        pytest.param({}, "10>39x30 -x30 70", "?10 W20 ?1", id="after half a window nothing is known"),
        pytest.param({}, "10>39x30 -x29 70", "?10 W20 C1", id="half a window to the second is known"),
        pytest.param({}, "10>39x30 41x90", "?10 W20 C16 W25 .49", id="what stops to grow"),
    ],
)
def test_forecast(changes: dict[str, Any], words: str, expected: str) -> None:
    assert timeline(rule("forecast", **{**FORECAST, **changes}), words) == expected


@pytest.mark.parametrize(
    ("changes", "words", "expected"),
    [
        pytest.param({}, "20x40", "?20 .20", id="a constant; twenty points are needed"),
        pytest.param({}, "20x40 24", "?20 .20 W1", id="a constant has a spread of a point: 4 of these are 4"),
        pytest.param({}, "20x40 23.9 28 20", "?20 .21 C1 .1", id="8 of these are 8"),
        pytest.param({}, "20x40 20.9", "?20 .21", id="a little noise over a constant pages nobody"),
        pytest.param({"spread_min": 0.1}, "20x40 20.9", "?20 .20 C1", id="but where that was asked for"),
        pytest.param({}, "80x40 95.9 96", "?20 .21 W1", id="of a large value a twentieth is the least spread"),
        pytest.param({}, "~20x60 25", "?20 .41", id="noise is measured: 1.4826 for a MAD of 1"),
        pytest.param({}, "~20x60 26", "?20 .40 W1", id="and what is four times that is told"),
        pytest.param({}, "20x40 0", "?20 .21", id="above is not below"),
        pytest.param({"comparison": "below", "warning": -4, "critical": -8}, "20x40 0 16.1 16 12", "?20 .20 C1 W2 C1",
                     id="below is below"),
        pytest.param({}, "20x40 90x10 20", "?20 .20 C10 .1", id="it stays as long as it lasts"),
        pytest.param({}, "20x60 90x40", "?20 .40 C30 .10", id="until half of the window is like it"),
        pytest.param({}, "20x40 -x29 90", "?20 .20 C1", id="half a window of nothing is bridged"),
        pytest.param({}, "20x40 -x30 90", "?20 .20 ?1", id="more is not"),
        pytest.param({"for_seconds": 20}, "20x40 90 90 20 90 90 90", "?20 .20 p2 .1 p2 C1", id="with a hold"),
    ],
)  # fmt: skip
def test_deviation(changes: dict[str, Any], words: str, expected: str) -> None:
    assert timeline(rule("deviation", **{**DEVIATION, **changes}), words) == expected


@pytest.mark.parametrize("kind", ["threshold", "absence"])
def test_other_kinds_compare_the_value_itself(kind: str) -> None:
    assert measure(rule(kind), EMPTY, 5.0, 1.0) == (EMPTY, 5.0)


@pytest.mark.parametrize("used", [0, 1, 1e18, 9.2e18])
def test_a_forecast_never_overflows(used: float) -> None:
    judge = rule("forecast", column="used_bytes", target=9e18, window_seconds=600)
    history = EMPTY
    for tick in range(20):
        history, number = measure(judge, history, used + tick * 1e-300, START.timestamp() + tick * 10)
    assert number in (0.0, HORIZON_SECONDS_MAX)


def test_every_unit_has_a_least_spread() -> None:
    assert set(SPREADS_MIN) == set(UNITS)


def filled(window_s: float, interval_s: float, count: int) -> History:
    history = EMPTY
    for number in range(count):
        history = remembered(history, 1e18 + number / 3, START.timestamp() + number * interval_s, window_s)
    return history


@pytest.mark.parametrize(
    ("interval_s", "count", "points"),
    [(1, 10, 1), (1, 601, 11), (60, 59, 59), (60, 60, 60), (60, 1_000, 60), (1, 10_000, 60), (59.9, 1_000, 60)],
)
def test_memory_is_bounded_however_fast_the_samples_come(interval_s: float, count: int, points: int) -> None:
    assert len(filled(3_600, interval_s, count).times) == points


def test_a_full_history_takes_less_than_6_kib_and_1300_bytes_encoded() -> None:
    history = msgspec.structs.replace(filled(3_600, 60, 1_000), summary=(1.5, 2.5))
    parts = [history, history.times, history.values, *history.times, *history.values]
    assert len(history.times) == POINTS_MAX
    assert sum(map(sys.getsizeof, parts)) < 6 * 1024
    encoded = msgspec.msgpack.encode(history)
    assert len(encoded) < 1_300
    assert msgspec.msgpack.decode(encoded, type=History) == history


def test_a_point_is_the_first_sample_of_its_sixtieth() -> None:
    history = EMPTY
    for number in range(121):
        history = remembered(history, float(number), number, 3_600)
    assert history.values == (0.0, 60.0, 120.0)
    assert remembered(history, 9.0, 121, 3_600) is history
    assert remembered(history, 9.0, 59, 3_600) is history


@pytest.mark.parametrize("seed", range(5))
def test_a_slope_is_found_in_noise_with_a_third_of_wrong_points(seed: int) -> None:
    random = Random(seed)
    judge = rule("forecast", window_seconds=6_000)
    history = EMPTY
    for tick in range(60):
        value = 10 + tick * 0.5 + random.gauss(0, 0.2) + (random.uniform(20, 40) if random.random() < 0.25 else 0)
        history, _ = measure(judge, history, value, START.timestamp() + tick * 100)
    assert history.summary is not None
    assert history.summary[0] == pytest.approx(0.005, rel=0.15)


@settings(max_examples=150)
@given(
    st.sampled_from(["rate", "forecast", "deviation"]),
    st.lists(st.tuples(st.floats(-3.4e38, 3.4e38), st.integers(-50, 5_000)), max_size=40),
)
def test_any_finite_values_give_a_finite_number_or_none(kind: str, steps: list[tuple[float, int]]) -> None:
    judge, history, time_s = rule(kind), EMPTY, START.timestamp()
    for value, later_s in steps:
        time_s += later_s
        history, number = measure(judge, history, value, time_s)
        assert number is None or math.isfinite(number)
        assert len(history.times) == len(history.values) <= POINTS_MAX
        assert list(history.times) == sorted(set(history.times))
