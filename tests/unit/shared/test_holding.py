"""How long a stream holds a message at the present rate."""

from __future__ import annotations

import pytest

from shared.holding import minutes_held


@pytest.mark.parametrize(
    ("stored_bytes", "span_s", "bytes_max", "age_s_max", "minutes"),
    [
        pytest.param(600, 60, 6_000, 86_400, 10, id="bounded by size"),
        pytest.param(600, 60, 6_000_000, 120, 2, id="bounded by age"),
        pytest.param(600, 60, 6_000, 0, 10, id="no age"),
        pytest.param(0, 0, 6_000, 120, 2, id="nothing stored"),
        pytest.param(0, 0, 6_000, 0, None, id="nothing known"),
        pytest.param(600, 0.5, 6_000, 0, None, id="too short a span to tell a rate"),
        pytest.param(600, 60, -1, 0, None, id="unbounded"),
    ],
)
def test_minutes_held(
    stored_bytes: int, span_s: float, bytes_max: int, age_s_max: float, minutes: float | None
) -> None:
    assert minutes_held(stored_bytes, span_s, bytes_max, age_s_max) == minutes
