"""Times on their way to PostgreSQL: microseconds since 2000, to the microsecond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.ingest.timestamps import Microseconds

DAY = 86_400_000_000


@pytest.mark.parametrize(
    ("time", "microseconds"),
    [
        (datetime(2000, 1, 1, tzinfo=UTC), 0),
        (datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 1),
        (datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(2000, 1, 2, 9, tzinfo=timezone(timedelta(hours=9))), DAY),
        (datetime(1, 1, 1, tzinfo=UTC), -730_119 * DAY),
        (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 2_921_940 * DAY - 1),
    ],
)
def test_both_ways(time: datetime, microseconds: int) -> None:
    assert Microseconds().encode(time) == (microseconds,)
    assert Microseconds.decode((microseconds,)) == time


def test_another_time_is_another_number_and_the_first_again_the_first() -> None:
    first, second = datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 26, 0, 0, 1, tzinfo=UTC)
    microseconds = Microseconds()
    found = [microseconds.encode(time)[0] for time in (first, first, second, first)]
    assert [number - found[0] for number in found] == [0, 0, 1_000_000, 0]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        Microseconds().encode(datetime(2026, 11, 26))  # noqa: DTZ001
