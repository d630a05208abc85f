"""How hard rollups are computed: gently while on time, without rests once late, with full force in a backlog."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.pace import FULL, GENTLE, STEADY, Effort, Pace, pace, turn
from shared.rollups import ROLLUP_LEVELS

BEFORE = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("is_gentle", "age", "expected"),
    [
        pytest.param(True, timedelta(0), GENTLE, id="just ended"),
        pytest.param(True, MINUTE, GENTLE, id="the minute that ended last, to its end"),
        pytest.param(True, MINUTE * 1.01, STEADY, id="the minute before waits still"),
        pytest.param(True, MINUTE * 5, STEADY, id="some minutes wait"),
        pytest.param(True, MINUTE * 5.01, FULL, id="a backlog"),
        pytest.param(True, timedelta(hours=72), FULL, id="a spool was drained"),
        pytest.param(False, timedelta(0), FULL, id="nobody is to be spared"),
    ],
)
def test_pace(is_gentle: bool, age: timedelta, expected: Pace) -> None:
    assert pace(Effort(is_gentle=is_gentle), BEFORE - age, BEFORE, MINUTE) == expected


def test_a_finer_level_leaves_time_to_the_coarser_ones_and_rests_end_before_the_first_turn_does() -> None:
    effort = Effort(seconds_max=60, is_gentle=True)
    rests, ends = zip(*(turn(effort, level) for level in ROLLUP_LEVELS), strict=True)
    assert set(rests) == {30}
    assert ends == (42, 54, 60)


def test_without_a_bound_no_turn_ends() -> None:
    assert {turn(Effort(), level) for level in ROLLUP_LEVELS} == {(float("inf"), float("inf"))}
