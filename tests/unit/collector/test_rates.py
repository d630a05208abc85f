"""Counters become rates, and nothing is made up where there is none."""

from __future__ import annotations

import pytest

from services.collector.rates import Meter, deltas, share_percent


@pytest.mark.parametrize(
    ("readings", "rates"),
    [
        pytest.param([(10.0, 100)], ["."], id="a first reading"),
        pytest.param([(10.0, 100), (12.0, 300)], [".", 100.0], id="two readings"),
        pytest.param([(10.0, 100), (11.0, 100)], [".", 0.0], id="nothing moved"),
        pytest.param([(10.0, 100), (11.0, 50), (12.0, 60)], [".", ".", 10.0], id="a reset gives no rate, then one"),
        pytest.param([(10.0, 100), (10.0, 200)], [".", "."], id="no time passed"),
        pytest.param([(10.0, 100), (9.0, 200), (10.0, 300)], [".", ".", 100.0], id="time went back"),
        pytest.param([(10.0, 100), (11.0, None), (12.0, 300)], [".", ".", "."], id="what was gone starts anew"),
    ],
)
def test_rates(readings: list[tuple[float, int | None]], rates: list[float | str]) -> None:
    meter: Meter[str] = Meter()
    found = [meter.step(at_s, {} if count is None else {"disk": (count,)}) for at_s, count in readings]
    assert [changes["disk"].per_second(0) if changes else "." for changes in found] == rates


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param((1, 2), (3, 2), (2, 0), id="forward"),
        pytest.param((1, 2), (3, 1), None, id="one went back"),
        pytest.param((1,), (3, 1), None, id="a counter appeared"),
        pytest.param((), (), (), id="nothing"),
    ],
)
def test_deltas(before: tuple[int, ...], after: tuple[int, ...], expected: tuple[int, ...] | None) -> None:
    assert deltas(before, after) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(1, 4, 25.0), (5, 4, 100.0), (-1, 4, 0.0), (1, 0, 0.0), (0, 0, 0.0)]
)
def test_share_percent(part: float, whole: float, expected: float) -> None:
    assert share_percent(part, whole) == expected
