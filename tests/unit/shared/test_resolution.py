"""Ranges are answered as finely as points_max allows, by the level that fits."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.resolution import LEVEL_SECONDS, Level, Resolution, choose

START = datetime(2026, 11, 21, tzinfo=UTC)
EVERY: tuple[Level, ...] = ("raw", "1m", "5m", "1h")


@pytest.mark.parametrize(
    ("span", "points_max", "interval_seconds", "levels", "expected"),
    [
        pytest.param(timedelta(seconds=500), 500, 1, EVERY, Resolution("raw", None), id="few rows as they are"),
        pytest.param(timedelta(seconds=501), 500, 1, EVERY, Resolution("raw", 2), id="one too many"),
        pytest.param(timedelta(minutes=15), 500, 1, EVERY, Resolution("raw", 2), id="15 minutes"),
        pytest.param(timedelta(minutes=15), 500, 10, EVERY, Resolution("raw", None), id="15 minutes every 10 s"),
        pytest.param(timedelta(hours=2), 500, 10, EVERY, Resolution("raw", 20), id="multiple of the interval"),
        pytest.param(timedelta(hours=3), 500, 7, EVERY, Resolution("raw", 35), id="an odd interval"),
        pytest.param(timedelta(hours=6), 500, 1, EVERY, Resolution("1m", 60), id="6 hours"),
        pytest.param(timedelta(days=1), 500, 1, EVERY, Resolution("5m", 300), id="a day"),
        pytest.param(timedelta(days=7), 500, 1, EVERY, Resolution("5m", 1800), id="a week"),
        pytest.param(timedelta(days=30), 500, 1, EVERY, Resolution("1h", 7200), id="30 days"),
        pytest.param(timedelta(days=3650), 500, 1, EVERY, Resolution("1h", 691_200), id="ten years: whole days"),
        pytest.param(timedelta(days=30), 500, 1, ("raw",), Resolution("raw", 7200), id="only raw is stored"),
        pytest.param(timedelta(minutes=5), 500, 1, ("1h",), Resolution("1h", 3600), id="only hours are stored"),
        pytest.param(timedelta(microseconds=1), 2, 60, EVERY, Resolution("raw", None), id="an instant"),
    ],
)
def test_choose(
    span: timedelta, points_max: int, interval_seconds: int, levels: tuple[Level, ...], expected: Resolution
) -> None:
    assert choose(START, START + span, points_max, interval_seconds, levels) == expected


@pytest.mark.parametrize(
    ("span_s", "points_max", "message"),
    [(0, 500, "end is after its start"), (-1, 500, "end is after its start"), (60, 1, "points_max of at least 2")],
)
def test_choose_refuses(span_s: int, points_max: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose(START, START + timedelta(seconds=span_s), points_max, 1)


@given(
    offset_s=st.floats(0, 90_000),
    span_s=st.floats(0.001, 10 * 365 * 86_400),
    points_max=st.integers(2, 10_000),
    interval_seconds=st.integers(1, 60),
)
def test_never_more_points_than_asked_for(
    offset_s: float, span_s: float, points_max: int, interval_seconds: int
) -> None:
    start = START + timedelta(seconds=offset_s)
    end = start + timedelta(seconds=span_s)
    if end <= start:
        return
    chosen = choose(start, end, points_max, interval_seconds)
    step_s = chosen.step_seconds or interval_seconds
    if chosen.step_seconds is None:
        first, last = math.ceil(start.timestamp() / step_s), math.ceil(end.timestamp() / step_s) - 1
    else:
        first, last = math.floor(start.timestamp() / step_s), math.ceil(end.timestamp() / step_s) - 1
    assert last - first + 1 <= points_max
    assert step_s % (LEVEL_SECONDS[chosen.level] or interval_seconds) == 0
