"""Ticks: which family when, none twice, none forgotten."""

from __future__ import annotations

import pytest

from services.collector.schedule import (
    LATE_S_MAX,
    OFFSET_MS_MAX,
    choose_intervals,
    count_skipped,
    due,
    is_now,
    next_tick,
    offset_s,
)
from shared.families import FAMILIES

INTERVALS = {"cpu": 1, "process": 5, "disk": 10}


@pytest.mark.parametrize(
    ("tick_s", "expected"),
    [(1_000, "cpu process disk"), (1_001, "cpu"), (1_005, "cpu process"), (1_010, "cpu process disk")],
)
def test_due(tick_s: int, expected: str) -> None:
    assert due(tick_s, INTERVALS) == expected.split()


@pytest.mark.parametrize(
    ("now_s", "last_s", "intervals", "expected"),
    [
        pytest.param(999.2, None, INTERVALS, 1_000, id="the first is the next full second"),
        pytest.param(1_000.0, None, INTERVALS, 1_001, id="a tick that begins now is over"),
        pytest.param(999.9999, 1_000, INTERVALS, 1_001, id="woken a little early, the tick does not come twice"),
        pytest.param(1_003.4, 1_000, INTERVALS, 1_004, id="late: what was missed is not made up for"),
        pytest.param(960.0, 1_000, INTERVALS, 1_001, id="a clock set back a little is waited for"),
        pytest.param(900.5, 1_000, INTERVALS, 901, id="a clock set back far starts anew"),
        pytest.param(1_000.5, 1_000, {"disk": 10, "process": 15}, 1_005, id="multiples of 15 s"),
        pytest.param(1_006.0, 1_005, {"disk": 10, "process": 15}, 1_010, id="multiples of 10 s"),
    ],
)
def test_next_tick(now_s: float, last_s: int | None, intervals: dict[str, int], expected: int) -> None:
    assert next_tick(now_s, last_s, intervals) == expected


@pytest.mark.parametrize(
    ("last_s", "tick_s", "intervals", "expected"),
    [
        pytest.param(None, 1_000, INTERVALS, 0, id="before the first tick there was none"),
        pytest.param(1_000, 1_001, INTERVALS, 0, id="the next one"),
        pytest.param(1_000, 1_004, INTERVALS, 3, id="three between"),
        pytest.param(1_000, 900, INTERVALS, 0, id="the clock was set back"),
        pytest.param(1_000, 1_020, {"disk": 10}, 1, id="one of 10 s"),
        pytest.param(990, 1_020, {"disk": 10, "process": 15}, 3, id="990 | 1000 1005 1010 | 1020"),
        pytest.param(60, 1_800_000_000, {"disk": 10, "process": 15}, 0, id="the clock woke in 1970"),
    ],
)
def test_count_skipped(last_s: int | None, tick_s: int, intervals: dict[str, int], expected: int) -> None:
    assert count_skipped(last_s, tick_s, intervals) == expected


@pytest.mark.parametrize(
    ("now_s", "expected"),
    [
        pytest.param(1_000.0, True, id="on time"),
        pytest.param(1_000.0 + LATE_S_MAX - 0.1, True, id="a little late"),
        pytest.param(1_000.0 + LATE_S_MAX, False, id="the machine slept, or the clock was set ahead"),
        pytest.param(999.9, False, id="woken early, or the clock was set back"),
    ],
)
def test_a_tick_is_now(now_s: float, expected: bool) -> None:
    assert is_now(1_000, now_s) is expected


def test_a_day_of_ticks_drifts_nowhere() -> None:
    last_s, ticks = None, []
    now_s = 1_000.25
    for _ in range(1_000):
        last_s = next_tick(now_s, last_s, INTERVALS)
        ticks.append(last_s)
        now_s = last_s + 0.3  # each tick takes some time
    assert ticks == list(range(1_001, 2_001))


def test_intervals_follow_the_definitions_the_fast_one_and_the_family() -> None:
    assert choose_intervals(FAMILIES, 1, {}) == {name: family.interval_seconds for name, family in FAMILIES.items()}
    chosen = choose_intervals(FAMILIES, 5, {"disk": 60, "cpu": 2})
    assert (chosen["cpu"], chosen["memory"], chosen["disk"], chosen["process"]) == (2, 5, 60, 5)


def test_offsets_spread_hosts_over_half_a_second() -> None:
    offsets = [offset_s(f"web-{number}") for number in range(1_000)]
    assert min(offsets) >= 0
    assert max(offsets) <= OFFSET_MS_MAX / 1000
    assert sum(offset < 0.25 for offset in offsets) == pytest.approx(500, abs=60)
    assert offset_s("web-1") == offset_s("web-1")
