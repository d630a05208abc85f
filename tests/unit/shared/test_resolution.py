"""Ranges are answered as finely as points_max allows, by the level that fits."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.resolution import (
    LEVEL_SECONDS,
    Level,
    Oldest,
    Resolution,
    StepError,
    choose,
    choose_step,
    usable_levels,
    whole_steps,
    with_step,
)

START = datetime(2026, 11, 21, tzinfo=UTC)
EVERY: tuple[Level, ...] = ("raw", "1m", "5m", "1h")
DAYS_KEPT: dict[Level, int] = {"raw": 7, "1m": 30, "5m": 90, "1h": 365}


def kept(levels: tuple[Level, ...] = EVERY) -> Oldest:
    """Return levels that reach back beyond every start."""
    return dict.fromkeys(levels, datetime(1970, 1, 1, tzinfo=UTC))


def kept_until(now: datetime, levels: tuple[Level, ...] = EVERY) -> Oldest:
    """Return levels that reach back as the default retention says."""
    return {level: now - timedelta(days=DAYS_KEPT[level]) for level in levels}


@pytest.mark.parametrize(
    ("age", "levels", "usable"),
    [
        pytest.param(timedelta(0), EVERY, "raw 1m 5m 1h", id="now"),
        pytest.param(timedelta(days=7), EVERY, "raw 1m 5m 1h", id="exactly at retention"),
        pytest.param(timedelta(days=7, microseconds=1), EVERY, "1m 5m 1h", id="a microsecond older"),
        pytest.param(timedelta(days=30), EVERY, "1m 5m 1h", id="exactly at that of minutes"),
        pytest.param(timedelta(days=31), EVERY, "5m 1h", id="older than minutes"),
        pytest.param(timedelta(days=91), EVERY, "1h", id="hours are left"),
        pytest.param(timedelta(days=366), EVERY, "1h", id="older than everything: the coarsest"),
        pytest.param(timedelta(days=1), ("raw",), "raw", id="no rollups"),
        pytest.param(timedelta(days=99), ("raw",), "raw", id="no rollups, and older than raw"),
        pytest.param(-timedelta(days=1), EVERY, "raw 1m 5m 1h", id="ahead"),
    ],
)
def test_usable_levels_still_have_the_start(age: timedelta, levels: tuple[Level, ...], usable: str) -> None:
    assert " ".join(usable_levels(START - age, kept_until(START, levels))) == usable


def test_a_coarse_level_may_be_kept_shorter_than_a_fine_one() -> None:
    oldest: Oldest = {"raw": START, "1m": START - timedelta(days=9), "5m": START, "1h": START}
    assert usable_levels(START - timedelta(days=1), oldest) == ["1m"]


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
    assert choose(START, START + span, points_max, interval_seconds, kept(levels)) == expected


@pytest.mark.parametrize(
    ("span", "interval_seconds", "expected"),
    [
        pytest.param(timedelta(minutes=80), 10, Resolution("raw", 10), id="few, had the host kept to it"),
        pytest.param(timedelta(minutes=5), 10, Resolution("raw", 10), id="never finer than the definition"),
        pytest.param(timedelta(seconds=500), 1, Resolution("raw", 2), id="a point is kept in reserve"),
        pytest.param(timedelta(hours=6), 60, Resolution("1m", 60), id="a rollup that fits"),
        pytest.param(timedelta(hours=6), 1, Resolution("1m", 60), id="as without choice"),
    ],
)
def test_a_step_is_found_however_few_rows_there_should_be(
    span: timedelta, interval_seconds: int, expected: Resolution
) -> None:
    assert choose_step(START, START + span, 500, interval_seconds, kept()) == expected


@pytest.mark.parametrize(
    ("span_s", "points_max", "message"),
    [(0, 500, "end is after its start"), (-1, 500, "end is after its start"), (60, 1, "points_max of at least 2")],
)
def test_choose_refuses(span_s: int, points_max: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        choose(START, START + timedelta(seconds=span_s), points_max, 1, kept())


@given(
    offset_s=st.floats(0, 90_000),
    span_s=st.floats(0.001, 10 * 365 * 86_400),
    points_max=st.integers(2, 10_000),
    interval_seconds=st.integers(1, 60),
    chosen_by=st.sampled_from([choose, choose_step]),
)
def test_never_more_points_than_asked_for(
    offset_s: float, span_s: float, points_max: int, interval_seconds: int, chosen_by: Callable[..., Resolution]
) -> None:
    start = START + timedelta(seconds=offset_s)
    end = start + timedelta(seconds=span_s)
    if end <= start:
        return
    chosen = chosen_by(start, end, points_max, interval_seconds, kept())
    step_s = chosen.step_seconds or interval_seconds
    if chosen.step_seconds is None:
        first, last = math.ceil(start.timestamp() / step_s), math.ceil(end.timestamp() / step_s) - 1
    else:
        first, last = math.floor(start.timestamp() / step_s), math.ceil(end.timestamp() / step_s) - 1
    assert last - first + 1 <= points_max
    assert step_s % (LEVEL_SECONDS[chosen.level] or interval_seconds) == 0


@pytest.mark.parametrize(
    ("age", "span", "interval_seconds", "levels", "expected"),
    [
        pytest.param(timedelta(days=8), timedelta(minutes=5), 1, EVERY, Resolution("1m", 60), id="few, but not raw"),
        pytest.param(
            timedelta(days=31), timedelta(minutes=5), 1, EVERY, Resolution("5m", 300), id="older than minutes"
        ),
        pytest.param(timedelta(days=400), timedelta(hours=1), 1, EVERY, Resolution("1h", 3600), id="older than all"),
        pytest.param(timedelta(days=31), timedelta(days=30), 1, EVERY, Resolution("1h", 7200), id="coarse anyway"),
        pytest.param(
            timedelta(days=8), timedelta(days=8), 5, ("raw",), Resolution("raw", 1800), id="churning, too old"
        ),
        pytest.param(timedelta(days=8), timedelta(minutes=9), 5, ("raw",), Resolution("raw", None), id="churning, few"),
    ],
)
def test_choose_reads_what_is_still_there(
    age: timedelta, span: timedelta, interval_seconds: int, levels: tuple[Level, ...], expected: Resolution
) -> None:
    start = START - age
    assert choose(start, start + span, 500, interval_seconds, kept_until(START, levels)) == expected


@pytest.mark.parametrize(
    ("age_days", "step_seconds", "levels", "expected"),
    [
        (0, 1, EVERY, Resolution("raw", 1)),
        (0, 7, EVERY, Resolution("raw", 7)),
        (0, 60, EVERY, Resolution("1m", 60)),
        (0, 90, EVERY, Resolution("raw", 90)),
        (7, 90, EVERY, Resolution("raw", 90)),
        (0, 300, EVERY, Resolution("5m", 300)),
        (0, 3_660, EVERY, Resolution("1m", 3_660)),
        (0, 7_200, EVERY, Resolution("1h", 7_200)),
        (8, 120, EVERY, Resolution("1m", 120)),
        (400, 3_600, EVERY, Resolution("1h", 3_600)),
        (99, 3_600, ("raw",), Resolution("raw", 3_600)),
    ],
)
def test_a_step_is_answered_by_the_coarsest_level_that_divides_it(
    age_days: int, step_seconds: int, levels: tuple[Level, ...], expected: Resolution
) -> None:
    start = START - timedelta(days=age_days)
    assert with_step(start, START + timedelta(hours=1), step_seconds, kept_until(START, levels)) == expected


@pytest.mark.parametrize(
    ("age_days", "step_seconds", "says"),
    [
        (8, 30, r"expected a multiple of 60 s \(1m\), the finest that is kept of 2026-11-13T00:00:00Z, got 30 s"),
        (8, 90, r"expected a multiple of 60 s \(1m\)"),
        (31, 60, r"expected a multiple of 300 s \(5m\)"),
        (91, 300, r"expected a multiple of 3600 s \(1h\)"),
        (400, 5_400, r"expected a multiple of 3600 s \(1h\)"),
    ],
)
def test_a_step_that_nothing_divides_is_told_the_finest(age_days: int, step_seconds: int, says: str) -> None:
    with pytest.raises(StepError, match=says):
        with_step(START - timedelta(days=age_days), START, step_seconds, kept_until(START))


def test_a_step_needs_a_range_too() -> None:
    with pytest.raises(ValueError, match="end is after its start"):
        with_step(START, START, 60, kept())


@pytest.mark.parametrize(
    ("resolution", "is_stored"),
    [
        (Resolution("raw", None), True),
        (Resolution("raw", 1), False),
        (Resolution("1m", 60), True),
        (Resolution("1m", 120), False),
        (Resolution("1h", 3600), True),
    ],
)
def test_rows_are_points_where_the_step_is_a_bucket(resolution: Resolution, is_stored: bool) -> None:
    assert resolution.is_stored is is_stored


@pytest.mark.parametrize(
    ("start", "end", "step_seconds", "first", "after"),
    [
        ("2026-11-21T09:00:00", "2026-11-21T10:00:00", 60, "2026-11-21T09:00:00", "2026-11-21T10:00:00"),
        ("2026-11-21T09:00:01", "2026-11-21T10:00:00.000001", 60, "2026-11-21T09:00:00", "2026-11-21T10:01:00"),
        ("2026-11-21T09:00:59.999999", "2026-11-21T09:59:59", 60, "2026-11-21T09:00:00", "2026-11-21T10:00:00"),
        ("2026-11-21T09:00:00", "2026-11-21T10:00:00", 604_800, "2026-11-16T00:00:00", "2026-11-23T00:00:00"),
        ("1999-12-31T23:00:00", "2000-01-01T01:00:00", 86_400, "1999-12-31T00:00:00", "2000-01-02T00:00:00"),
    ],
)
def test_whole_steps_contain_the_range_and_are_counted_from_a_monday(
    start: str, end: str, step_seconds: int, first: str, after: str
) -> None:
    found = whole_steps(_utc(start), _utc(end), step_seconds)
    assert found == (_utc(first), _utc(after))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
