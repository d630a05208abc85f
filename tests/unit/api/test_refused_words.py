"""What a caller may write as an instant, a range and a frame, at and beyond each limit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.api.errors import BadParameterError
from services.api.live.wishes import EXPECTED, FRAME_BYTES_MAX, FrameError, SubscribeFrame, read_frame, wish_of
from services.api.metrics.times import DAYS_MAX, parse_instant, parse_range

CLOSE_REASON_BYTES_MAX = 123
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(f"-{DAYS_MAX + 1}d", "days back", id="further back than is kept"),
        pytest.param("2026-11-21T09:00:00", "time zone", id="no time zone"),
        pytest.param("1969-12-31T23:59:59Z", "expected an instant", id="before 1970"),
        pytest.param("2040-01-01T00:00:00Z", "expected an instant", id="too far ahead"),
        pytest.param("9999-12-31T23:59:59-23:00", "expected an instant", id="beyond the calendar"),
        pytest.param("yesterday", "expected an instant", id="a word"),
    ],
)
def test_an_instant_is_refused_with_what_is_accepted(text: str, says: str) -> None:
    with pytest.raises(BadParameterError, match=says):
        parse_instant("start", text, NOW)


def test_now_is_an_instant() -> None:
    assert parse_instant("end", "now", NOW) == NOW


def test_a_range_is_not_longer_than_the_limit() -> None:
    end = "2036-11-21T09:00:00Z"
    parse_range("2026-12-21T09:00:00Z", end, NOW)
    with pytest.raises(BadParameterError, match="range of at most"):
        parse_range("2026-01-21T09:00:00Z", end, NOW)


def test_a_frame_is_refused_just_above_the_limit() -> None:
    frame = '{"type":"pong"}'
    read_frame(frame + " " * (FRAME_BYTES_MAX - len(frame)))
    with pytest.raises(FrameError, match="at most"):
        read_frame(frame + " " * (FRAME_BYTES_MAX - len(frame) + 1))


@pytest.mark.parametrize("frame", ["", "{}", '{"type":"x"}', '{"type":"subscribe","hosts":5}', b"\xc1", "[" * 5_000])
def test_a_frame_that_is_none_is_told_what_was_expected_in_one_close_frame(frame: str | bytes) -> None:
    with pytest.raises(FrameError) as refused:
        read_frame(frame)
    assert str(refused.value) == EXPECTED
    assert len(EXPECTED.encode()) <= CLOSE_REASON_BYTES_MAX


def test_a_wish_for_an_unknown_family_names_it() -> None:
    with pytest.raises(FrameError, match="there is no 'cpus'"):
        wish_of(SubscribeFrame(types=["cpu", "cpus"]))
