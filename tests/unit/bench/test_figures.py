"""What measurements of the bench come to."""

from __future__ import annotations

import pytest

from tests.bench.alerting.figures import memory, percentile, slope, spread

MB = 1e6


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([3.0], 50, 3.0),
        ([3.0], 99, 3.0),
        ([4.0, 1.0, 3.0, 2.0], 50, 2.0),
        ([4.0, 1.0, 3.0, 2.0], 100, 4.0),
        ([4.0, 1.0, 3.0, 2.0], 0, 1.0),
        (list(map(float, range(1, 101))), 99, 99.0),
        (list(map(float, range(1, 100))), 99, 99.0),
        (list(map(float, range(1, 201))), 99, 198.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], percent: float, expected: float) -> None:
    assert percentile(values, percent) == expected


def test_a_spread_counts_what_it_is_of() -> None:
    assert spread([1.0, 3.0, 2.0]) == {"n": 3, "p50": 2.0, "p99": 3.0, "max": 3.0}
    assert spread([]) == {"n": 0}


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0.0, 5.0)], 0.0),
        ([(1.0, 5.0), (1.0, 9.0)], 0.0),
        ([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)], 2.0),
        ([(0.0, 5.0), (1.0, 3.0), (2.0, 1.0)], -2.0),
        ([(0.0, 0.0), (1.0, 3.0), (2.0, 0.0)], 0.0),
    ],
)
def test_a_slope_is_that_of_least_squares(points: list[tuple[float, float]], expected: float) -> None:
    assert slope(points) == pytest.approx(expected)


@pytest.mark.parametrize(("mb_a_minute", "is_flat"), [(0.0, True), (0.49, True), (0.51, False), (-1.0, True)])
def test_memory_is_flat_where_it_grows_by_a_twentieth_in_ten_minutes_at_most(mb_a_minute: float, is_flat: bool) -> None:
    # What it grows by in the first two minutes, while everything is new, does not count.
    begin = [(second, 50 * MB + second * MB / 2) for second in range(0, 120, 10)]
    # Symmetric about 100 MB, which so is the middle.
    later = [(second, 100 * MB + (second - 360) / 60 * mb_a_minute * MB) for second in range(120, 601, 10)]
    found = memory([*begin, *later], 120)
    assert found["resident_is_flat"] is is_flat
    assert found["resident_bytes_a_minute"] == pytest.approx(mb_a_minute * MB)


def test_of_a_short_run_memory_is_not_judged() -> None:
    assert memory([(0, 1.0), (10, 2.0)], 120) == {"resident_bytes_end": 2.0, "resident_is_flat": None}
