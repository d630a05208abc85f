"""Which times are accepted, judged against the time of arrival."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.window import Place, ahead_reason, place

ARRIVED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        pytest.param(ARRIVED, Place.INSIDE, id="now"),
        pytest.param(ARRIVED + timedelta(minutes=5), Place.INSIDE, id="exactly five minutes ahead"),
        pytest.param(ARRIVED + timedelta(minutes=5) + TICK, Place.AHEAD, id="a tick more"),
        pytest.param(ARRIVED + timedelta(minutes=10), Place.AHEAD, id="ten minutes ahead"),
        pytest.param(datetime(9999, 12, 31, tzinfo=UTC), Place.AHEAD, id="the last year"),
        pytest.param(ARRIVED - timedelta(days=7), Place.INSIDE, id="exactly as old as rows are kept"),
        pytest.param(ARRIVED - timedelta(days=7) - TICK, Place.TOO_OLD, id="a tick older"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), Place.TOO_OLD, id="1970"),
    ],
)
def test_the_window(time: datetime, expected: Place) -> None:
    assert place(time, ARRIVED, timedelta(days=7)) is expected


def test_the_reason_shows_the_offset() -> None:
    assert ahead_reason(ARRIVED + timedelta(minutes=10), ARRIVED).startswith("clock ahead by 600.0 s")
